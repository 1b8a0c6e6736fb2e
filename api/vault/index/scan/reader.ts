// Going through all notes, a page at a time, in one of three orders. What may disturb each is said in answers.ts.
import type Database from 'better-sqlite3';
import { BadCursor } from '../../errors.ts';
import { parseVaultPath } from '../../notes/path.ts';
import { matchField } from '../../search/query.ts';
import { describeCopy, type NoteSummary, type ScanOptions, type ScanOrder } from '../answers.ts';
import { type CursorParts, createCursor, parseCursor } from '../cursor.ts';
import { prepareStatements, type Statements } from '../statements.ts';

const columns =
  'n.id, n.title, n.front_matter, n.tags, coalesce(n.stated_at, n.born_at) AS created_at, n.modified_at, n.size_bytes, n.revision, n.number, n.conflict_of';
// '0' follows '/': the range holds what lies below a folder.
const filter =
  "n.kind = 'note' AND (:folder = '' OR (n.id > :folder || '/' AND n.id < :folder || '0')) AND n.modified_at >= :since";
// With the plus SQLite walks along the order's index and looks each number up among those that match; without, it reads all
// that match and sorts them, for each page: 400 ms at 100,000 notes, where this takes 40.
const matching = '+n.number IN (SELECT rowid FROM words WHERE words MATCH :match)';
const select = (after: string, order: string, more = ''): string =>
  `SELECT ${columns} FROM notes n WHERE ${after} AND ${filter}${more && ` AND ${more}`} ORDER BY ${order}`;
// Few that changed since then are read by the index of times and put in order; many come often enough in any order. For a
// page of 50 among 100,000 notes both take about as long at this number.
const fewRecent = 1000;
const recent = (column: string): string =>
  `n.${column} IN (SELECT ${column} FROM notes WHERE kind = 'note' AND modified_at >= :since)`;
const orders = {
  path: ['n.id > :id', 'n.id'],
  modified: ['(n.modified_at, n.id) < (:time, :id)', 'n.modified_at DESC, n.id DESC'],
} as const;

const sql = {
  number: select('n.number > :number', 'n.number'),
  numberMatching: `SELECT ${columns} FROM words JOIN notes n ON n.number = words.rowid
    WHERE words MATCH :match AND words.rowid > :number AND ${filter} ORDER BY words.rowid`,
  path: select(...orders.path),
  pathMatching: select(...orders.path, matching),
  modified: select(...orders.modified),
  modifiedMatching: select(...orders.modified, matching),
  numberRecent: select('n.number > :number', 'n.number', recent('number')),
  numberMatchingRecent: select('n.number > :number', 'n.number', `${recent('number')} AND ${matching}`),
  pathRecent: select(...orders.path, recent('id')),
  pathMatchingRecent: select(...orders.path, `${recent('id')} AND ${matching}`),
  oneOfMany: `SELECT 1 FROM notes WHERE kind = 'note' AND modified_at >= ? LIMIT 1 OFFSET ${fewRecent}`,
  generation: "SELECT value FROM facts WHERE name = 'generation'",
};

interface NoteRow {
  number: number;
  id: string;
  title: string;
  front_matter: string;
  tags: string;
  created_at: number;
  modified_at: number;
  size_bytes: number;
  revision: string;
  conflict_of: string | null;
}

/** Where a page begins: after what has these values. */
type Place = { number: number } | { id: string } | { time: number; id: string };

/** Bytes of JSON: front matter of 60 KB in each of 1,000 notes would be more than this process may hold. */
const longestPage = 1024 * 1024;

export class ScanReader {
  readonly #statements: Statements<typeof sql>;
  readonly #generation: string;

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database, sql);
    const { value } = this.#statements.generation.get() as { value: string };
    this.#generation = value.slice(0, 8);
  }

  /** A page ends with the last note that `limit` and `longestPage` allow, with one at least. Throws BadCursor. */
  scan(options: ScanOptions, limit: number): { notes: NoteSummary[]; nextCursor?: string } {
    const folder = parseFolder(options.folder ?? '');
    const place = this.#readCursor(options.order, options.cursor);
    if (folder === undefined) {
      return { notes: [] };
    }
    const notes: NoteSummary[] = [];
    let length = 0;
    let last: NoteRow | undefined;
    for (const row of this.#rows(options, { ...place, folder })) {
      length += lengthOf(row);
      if (last !== undefined && (notes.length === limit || length > longestPage)) {
        return { notes, nextCursor: createCursor(this.#placeOf(options.order, last)) };
      }
      notes.push(createSummary(row));
      last = row;
    }
    return { notes };
  }

  #rows(options: ScanOptions, place: Place & { folder: string }): Iterable<NoteRow> {
    const match = matchOf(options);
    const { order = 'number', modifiedSince: since = Number.MIN_SAFE_INTEGER } = options;
    const values = { ...place, since, ...(match !== '' && { match }) };
    const name = match === '' ? order : (`${order}Matching` as const);
    // The order of times itself ends where they are too old.
    const isByTime = order !== 'modified' && options.modifiedSince !== undefined && this.#areFew(since);
    const statement = isByTime ? this.#statements[`${name as 'path'}Recent`] : this.#statements[name];
    return statement.iterate(values) as Iterable<NoteRow>;
  }

  #areFew(since: number): boolean {
    return this.#statements.oneOfMany.get(since) === undefined;
  }

  // Numbers grow and are never given twice, so a note written meanwhile comes later or not again, never in between. They
  // say nothing in an index that was made anew, as paths and times do.
  #placeOf(order: ScanOrder | undefined, { number, id, modified_at }: NoteRow): CursorParts {
    if (order === undefined) {
      return [this.#generation, number];
    }
    return order === 'path' ? [order, id] : [order, modified_at, id];
  }

  #readCursor(order: ScanOrder | undefined, cursor: string | undefined): Place {
    if (order === 'path') {
      return cursor === undefined ? { id: '' } : { id: readPlace(cursor, ['path', ''])[1] };
    }
    if (order === 'modified') {
      const [, time, id] =
        cursor === undefined ? [order, Number.MAX_SAFE_INTEGER, ''] : readPlace(cursor, ['modified', 0, '']);
      return { time, id };
    }
    return { number: cursor === undefined ? 0 : readPlace(cursor, [this.#generation, 0])[1] };
  }
}

/** Throws BadCursor for one of another order. */
function readPlace<Parts extends [string, ...(string | number)[]]>(cursor: string, like: Parts): Parts {
  const parts = parseCursor(cursor, like);
  if (parts[0] !== like[0]) {
    throw new BadCursor();
  }
  return parts;
}

function createSummary(row: NoteRow): NoteSummary {
  return {
    id: row.id,
    path: row.id,
    title: row.title,
    frontMatter: JSON.parse(row.front_matter) as Record<string, unknown>,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    sizeBytes: row.size_bytes,
    revision: row.revision,
    tags: JSON.parse(row.tags) as string[],
    ...describeCopy(row.conflict_of),
  };
}

// A slash before or after it is how many write a folder.
export function parseFolder(folder: string): string | undefined {
  const segments = folder.split('/');
  const first = segments.findIndex((segment) => segment !== '');
  const last = segments.findLastIndex((segment) => segment !== '');
  return first < 0 ? '' : parseVaultPath(segments.slice(first, last + 1).join('/'))?.join('/');
}

/** Bytes of what a note has in a page, about. */
function lengthOf({ id, title, front_matter, tags }: NoteRow): number {
  return 2 * id.length + title.length + Buffer.byteLength(front_matter) + Buffer.byteLength(tags) + 200;
}

function matchOf({ tag, field }: ScanOptions): string {
  const terms: string[] = [];
  if (tag !== undefined) {
    terms.push(matchField('tag', tag.replace(/^#/, '')));
  }
  if (field !== undefined) {
    terms.push(matchField(field.name.toLowerCase(), field.value));
  }
  return terms.join(' AND ');
}
