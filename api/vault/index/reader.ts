// The questions that the index answers: scan, one folder's entries; searches and links have files of their own.
import type Database from 'better-sqlite3';
import { BadCursor } from '../errors.ts';
import { nameOf } from '../notes/name.ts';
import { parseVaultPath } from '../notes/path.ts';
import { matchField } from '../search/query.ts';
import { describeCopy, type FolderEntry, type NoteSummary, type ScanOptions } from './answers.ts';
import { createCursor, parseCursor } from './cursor.ts';
import { IndexSearch } from './finding/search.ts';
import { LinkReader } from './links.ts';
import { ListReader } from './lists/lists.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { ranks } from './writer.ts';

const noteColumns =
  'n.id, n.title, n.front_matter, n.tags, coalesce(n.stated_at, n.born_at) AS created_at, n.modified_at, n.size_bytes, n.revision, n.number, n.conflict_of';
// '0' follows '/': the range holds what lies below a folder.
const scanFilter =
  "(:folder = '' OR (n.id > :folder || '/' AND n.id < :folder || '0')) AND n.modified_at >= :since";

// A folder in which something is hidden and nothing else is: as if it were not there.
const below = "(b.folder = e.path OR (b.folder > e.path || '/' AND b.folder < e.path || '0'))";
const isHollow = `(e.rank = ${ranks.folder}
    AND EXISTS (SELECT 1 FROM entries b WHERE b.rank = ${ranks.hidden} AND ${below})
    AND NOT EXISTS (SELECT 1 FROM entries b WHERE b.rank IN (${ranks.note}, ${ranks.file}) AND ${below}))`;

const sql = {
  scan: `SELECT ${noteColumns} FROM notes n WHERE n.number > :after AND ${scanFilter} ORDER BY n.number`,
  scanMatching: `SELECT ${noteColumns} FROM words JOIN notes n ON n.number = words.rowid
    WHERE words MATCH :match AND words.rowid > :after AND ${scanFilter} ORDER BY words.rowid`,
  entries: `SELECT e.rank, e.path, n.title FROM entries e LEFT JOIN notes n ON e.rank = ${ranks.note} AND n.id = e.path
    WHERE e.folder = ? AND (e.rank, e.path) > (?, ?) AND e.rank < ${ranks.hidden} AND NOT ${isHollow}
    ORDER BY e.rank, e.path LIMIT ?`,
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

/** Bytes of JSON: front matter of 60 KB in each of 1,000 notes would be more than this process may hold. */
const longestPage = 1024 * 1024;

const kinds = ['folder', 'note', 'file'] as const;

export class IndexReader {
  readonly links: LinkReader;
  readonly lists: ListReader;
  readonly search: IndexSearch;
  readonly #statements: Statements<typeof sql>;
  readonly #generation: string;

  constructor(database: Database.Database) {
    this.links = new LinkReader(database);
    this.lists = new ListReader(database, this.links);
    this.search = new IndexSearch(database);
    this.#statements = prepareStatements(database, sql);
    this.#generation = (this.#statements.generation.get() as { value: string }).value;
  }

  /** A page ends with the last note that `limit` and `longestPage` allow, with one at least. */
  scan(options: ScanOptions, limit: number): { notes: NoteSummary[]; nextCursor?: string } {
    const folder = parseFolder(options.folder ?? '');
    if (folder === undefined) {
      return { notes: [] };
    }
    const notes: NoteSummary[] = [];
    let length = 0;
    let last = 0;
    for (const row of this.#scanRows(options, folder)) {
      length += lengthOf(row);
      if (notes.length === limit || (length > longestPage && notes.length > 0)) {
        return { notes, nextCursor: createCursor([this.#generation.slice(0, 8), last]) };
      }
      notes.push(createSummary(row));
      last = row.number;
    }
    return { notes };
  }

  #scanRows(options: ScanOptions, folder: string): Iterable<NoteRow> {
    const since = options.modifiedSince ?? Number.MIN_SAFE_INTEGER;
    const values = { folder, since, after: this.#readScanCursor(options.cursor) };
    const match = matchOf(options);
    return (
      match === ''
        ? this.#statements.scan.iterate(values)
        : this.#statements.scanMatching.iterate({ ...values, match })
    ) as Iterable<NoteRow>;
  }

  // Numbers grow and are never given twice, so a note written meanwhile comes later or not again, never in between.
  #readScanCursor(cursor: string | undefined): number {
    if (cursor === undefined) {
      return 0;
    }
    const [generation, number] = parseCursor(cursor, ['', 0] as [string, number]);
    if (generation !== this.#generation.slice(0, 8)) {
      throw new BadCursor();
    }
    return number;
  }

  listFolder(
    folder: string,
    cursor: string | undefined,
    limit: number,
  ): { entries: FolderEntry[]; nextCursor?: string } {
    const path = parseFolder(folder);
    const [rank, after] = cursor === undefined ? [-1, ''] : parseCursor(cursor, [0, ''] as [number, string]);
    if (path === undefined) {
      return { entries: [] };
    }
    const rows = this.#statements.entries.all(path, rank, after, limit + 1) as EntryRow[];
    const entries = rows.slice(0, limit).map(createEntry);
    const last = rows[limit - 1];
    return rows.length > limit && last !== undefined
      ? { entries, nextCursor: createCursor([last.rank, last.path]) }
      : { entries };
  }
}

interface EntryRow {
  rank: number;
  path: string;
  title: string | null;
}

function createEntry({ rank, path, title }: EntryRow): FolderEntry {
  const kind = kinds[rank] ?? 'file';
  return kind === 'note' ? { kind, path, title: title ?? nameOf(path) } : { kind, path };
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
function parseFolder(folder: string): string | undefined {
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
