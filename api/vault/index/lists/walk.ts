// How a list is gone through: row by row, in steps that let others have their turn, into pages of a bounded size.

export interface ListPage<Row> {
  entries: Row[];
  nextCursor?: string;
}

export type Place = readonly [string | number, string];
/** A row, where there is one, and the place after it; undefined at the end. */
export type Found<Row> = { row: Row | undefined; place: Place } | undefined;

export interface Walk<Row> {
  start: Place;
  next: (place: Place) => Generator<void, Found<Row>>;
}

/** Characters of JSON, of which an answer may have 50,000. */
const longestPage = 40_000;

export class Page<Row> {
  readonly entries: Row[] = [];
  readonly #limit: number;
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False where there is no room for it. The first row always has some. */
  add(row: Row): boolean {
    this.#length += JSON.stringify(row).length + 1;
    if (this.entries.length === this.#limit || (this.#length > longestPage && this.entries.length > 0)) {
      return false;
    }
    this.entries.push(row);
    return true;
  }
}

// biome-ignore lint/correctness/useYield: its caller lets others have their turn after each row
export function* inOneStep<Answer>(answer: Answer): Generator<void, Answer> {
  return answer;
}

/** Over rows that are read some at a time. */
export function walkRows<Read, Row>(
  start: Place,
  read: (place: Place) => Read[],
  {
    placeOf,
    createRow,
  }: { placeOf: (row: Read) => Place; createRow: (row: Read) => Generator<void, Row | undefined> },
): Walk<Row> {
  let rows: Read[] = [];
  let at = 0;
  return {
    start,
    *next(place) {
      if (at === rows.length) {
        rows = read(place);
        at = 0;
      }
      const found = rows[at];
      at += 1;
      return found === undefined ? undefined : { row: yield* createRow(found), place: placeOf(found) };
    },
  };
}
