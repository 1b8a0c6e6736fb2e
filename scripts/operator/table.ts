// Prints rows as a table on the terminal, long lists a page at a time; what strangers chose to be called can't move the
// cursor.
import { InvalidArgumentError } from 'commander';
import { allOf, type ListPage, type Place } from '../../adapters/stores/listing/keyset.ts';
import { printable } from './printable.ts';

const longestCell = 60;

/** All rows have the first one's columns. Control and direction characters in values are shown as �. */
export function printTable(rows: readonly Readonly<Record<string, string>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [
    columns,
    ...rows.map((row) => columns.map((column) => printable(row[column] ?? '', longestCell))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  for (const row of cells) {
    console.log(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

export interface Listed<Row> {
  readonly page: (place?: Place) => Promise<ListPage<Row>>;
  readonly toRow: (row: Row) => Readonly<Record<string, string>>;
  readonly toJson: (row: Row) => object;
  /** What is said where there is none. */
  readonly none: string;
  /** What lists them. */
  readonly command: string;
}

export interface AskedOfList {
  readonly json?: true;
  readonly after?: Place;
}

/** A page as a table, with the command for the next one; as JSON all that come after, page by page. */
export async function printList<Row>(listed: Listed<Row>, { json, after }: AskedOfList): Promise<void> {
  const page = (place = after): Promise<ListPage<Row>> => listed.page(place);
  if (json) return printJson(allOf(page), listed.toJson);
  const { rows, next } = await page();
  if (rows.length === 0) return console.log(listed.none);
  printTable(rows.map(listed.toRow));
  if (next) console.log(`\nMore: ${listed.command} --after ${next.since}.${next.id}`);
}

/** For an option of Commander. */
export function readPlace(text: string): Place {
  const [, since, id] = /^(\d{1,12})\.(\S{1,200})$/.exec(text) ?? [];
  if (since === undefined || id === undefined)
    throw new InvalidArgumentError('Take it from the line below the list before.');
  return { since: Number(since), id };
}

/** As JSON.stringify would print the whole list. */
async function printJson<Row>(rows: AsyncIterable<Row>, toJson: (row: Row) => object): Promise<void> {
  let before = '[\n';
  for await (const row of rows) {
    const text = JSON.stringify(toJson(row), null, 2).replaceAll('\n', '\n  ');
    process.stdout.write(`${before}  ${text}`);
    before = ',\n';
  }
  process.stdout.write(before === '[\n' ? '[]\n' : '\n]\n');
}
