// The questions that the index answers: one folder's entries; searches, scans, lists and links have files of their own.
import type Database from 'better-sqlite3';
import { nameOf } from '../notes/name.ts';
import type { FolderEntry, NoteSummary, ScanOptions } from './answers.ts';
import { createCursor, parseCursor } from './cursor.ts';
import { IndexSearch } from './finding/search.ts';
import { IndexNames } from './link-names.ts';
import { LinkReader } from './links.ts';
import { ListReader } from './lists/lists.ts';
import { parseFolder, ScanReader } from './scan/reader.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { ranks } from './writer.ts';

// A folder in which something is hidden and nothing else is: as if it were not there.
const below = "(b.folder = e.path OR (b.folder > e.path || '/' AND b.folder < e.path || '0'))";
const isHollow = `(e.rank = ${ranks.folder}
    AND EXISTS (SELECT 1 FROM entries b WHERE b.rank = ${ranks.hidden} AND ${below})
    AND NOT EXISTS (SELECT 1 FROM entries b WHERE b.rank IN (${ranks.note}, ${ranks.file}) AND ${below}))`;

const sql = {
  topFolders: `SELECT e.path FROM entries e WHERE e.folder = '' AND e.rank = ${ranks.folder} AND NOT ${isHollow}
    ORDER BY e.path LIMIT :limit`,
  secondFolders: `SELECT e.path FROM entries t JOIN entries e ON e.folder = t.path AND e.rank = ${ranks.folder}
    WHERE t.folder = '' AND t.rank = ${ranks.folder} AND NOT ${isHollow} ORDER BY e.path LIMIT :limit`,
  entries: `SELECT e.rank, e.path, n.title FROM entries e LEFT JOIN notes n ON e.rank = ${ranks.note} AND n.id = e.path
    WHERE e.folder = ? AND (e.rank, e.path) > (?, ?) AND e.rank < ${ranks.hidden} AND NOT ${isHollow}
    ORDER BY e.rank, e.path LIMIT ?`,
};

const kinds = ['folder', 'note', 'file'] as const;

export class IndexReader {
  readonly links: LinkReader;
  readonly names: IndexNames;
  readonly lists: ListReader;
  readonly search: IndexSearch;
  readonly #statements: Statements<typeof sql>;
  readonly #scans: ScanReader;

  constructor(database: Database.Database) {
    this.links = new LinkReader(database);
    this.names = new IndexNames(database);
    this.lists = new ListReader(database, this.links);
    this.search = new IndexSearch(database);
    this.#statements = prepareStatements(database, sql);
    this.#scans = new ScanReader(database);
  }

  /** A page of notes; see ScanReader. */
  scan(options: ScanOptions, limit: number): { notes: NoteSummary[]; nextCursor?: string } {
    return this.#scans.scan(options, limit);
  }

  /** Paths of folders at the top and one level below, sorted; those at the top before others where there are too many. */
  listTopFolders(limit: number): string[] {
    const pathsOf = (rows: unknown): string[] => (rows as Array<{ path: string }>).map(({ path }) => path);
    const top = pathsOf(this.#statements.topFolders.all({ limit }));
    const second = pathsOf(this.#statements.secondFolders.all({ limit: limit - top.length }));
    return [...top, ...second].sort();
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
