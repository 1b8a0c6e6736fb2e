// The questions that the index answers: search, scan, one folder's entries, links from and to a note.
import type Database from 'better-sqlite3';
import { BadCursor } from '../errors.ts';
import { findLinked, isLinkTo, type NamedNote } from '../notes/links.ts';
import { foldName, nameOf } from '../notes/name.ts';
import { parseVaultPath } from '../notes/path.ts';
import { matchField, parseSearchQuery } from '../search/query.ts';
import { createSnippet } from '../search/snippet.ts';
import type { FolderEntry, NoteSummary, ScanOptions, SearchResult } from './answers.ts';
import { createCursor, parseCursor } from './cursor.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { ranks } from './writer.ts';

const noteColumns =
  'n.id, n.title, n.front_matter, n.tags, n.created_at, n.modified_at, n.size_bytes, n.revision, n.number';
// '0' follows '/': the range holds what lies below a folder.
const scanFilter =
  "(:folder = '' OR (n.id > :folder || '/' AND n.id < :folder || '0')) AND n.modified_at >= :since";

// title, aliases, tags, headings, path, body, filters
const weights = '10.0, 8.0, 5.0, 4.0, 2.0, 1.0, 0.0';
// bm25() and not FTS5's column `rank`: that one prepares a statement of its own for each query and sorts every match,
// where SQLite keeps the best few. All in one statement, since each takes and gives back the lock of the file.
const best = `SELECT rowid AS number, bm25(words, ${weights}) AS rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?`;

const sql = {
  search: `SELECT n.id, n.title, f.rank FROM (${best}) f JOIN notes n ON n.number = f.number ORDER BY f.rank`,
  searchTexts: `SELECT n.id, n.title, f.rank, t.text FROM (${best}) f JOIN notes n ON n.number = f.number
    JOIN texts t ON t.note = f.number ORDER BY f.rank`,
  field: 'SELECT 1 FROM fields WHERE name = ?',
  scan: `SELECT ${noteColumns} FROM notes n WHERE n.number > :after AND ${scanFilter} ORDER BY n.number LIMIT :limit`,
  scanMatching: `SELECT ${noteColumns} FROM words JOIN notes n ON n.number = words.rowid
    WHERE words MATCH :match AND words.rowid > :after AND ${scanFilter} ORDER BY words.rowid LIMIT :limit`,
  entries: `SELECT e.rank, e.path, n.title FROM entries e LEFT JOIN notes n ON e.rank = ${ranks.note} AND n.id = e.path
    WHERE e.folder = ? AND (e.rank, e.path) > (?, ?) ORDER BY e.rank, e.path LIMIT ?`,
  named: 'SELECT id, number FROM notes WHERE name = ?',
  linksTo: 'SELECT n.id, l.target FROM links l JOIN notes n ON n.number = l.note WHERE l.name = ?',
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
}

const kinds = ['folder', 'note', 'file'] as const;

export class IndexReader {
  readonly #statements: Statements<typeof sql>;
  readonly #generation: string;
  readonly #isField = (name: string): boolean => this.#statements.field.get(name) !== undefined;

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database, sql);
    this.#generation = (this.#statements.generation.get() as { value: string }).value;
  }

  search(query: string, limit: number, withSnippets: boolean): SearchResult[] {
    const parsed = parseSearchQuery(query, this.#isField);
    if (parsed === undefined) {
      return [];
    }
    const statement = withSnippets ? this.#statements.searchTexts : this.#statements.search;
    const match = (expression: string): FoundRow[] => statement.all(expression, limit) as FoundRow[];
    let rows = match(parsed.match);
    if (rows.length === 0 && parsed.fallback !== undefined) {
      rows = match(parsed.fallback);
    }
    return rows.map(({ id, title, rank, text }) => ({
      id,
      title,
      score: -rank,
      ...(text === undefined ? {} : { snippet: createSnippet(text, parsed.words) }),
    }));
  }

  scan(options: ScanOptions, limit: number): { notes: NoteSummary[]; nextCursor?: string } {
    const folder = options.folder ? parseVaultPath(options.folder.replace(/^\/+|\/+$/g, ''))?.join('/') : '';
    if (folder === undefined) {
      return { notes: [] };
    }
    const values = {
      folder,
      since: options.modifiedSince ?? Number.MIN_SAFE_INTEGER,
      after: this.#readScanCursor(options.cursor),
      limit: limit + 1,
    };
    const match = matchOf(options);
    const rows = (
      match === ''
        ? this.#statements.scan.all(values)
        : this.#statements.scanMatching.all({ ...values, match })
    ) as NoteRow[];
    const notes = rows.slice(0, limit).map(createSummary);
    const last = rows[limit - 1];
    return rows.length > limit && last !== undefined
      ? { notes, nextCursor: createCursor([this.#generation.slice(0, 8), last.number]) }
      : { notes };
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
    const plain = folder.replace(/^\/+|\/+$/g, '');
    const path = plain === '' ? '' : parseVaultPath(plain)?.join('/');
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

  /** The ids of the notes that the links of the note `id` lead to; links to nothing are left out. */
  resolveLinks(id: string, links: string[]): string[] {
    const found = links.map((link) => findLinked(id, foldName(link), this.#named(foldName(nameOf(link)))));
    return [...new Set(found.filter((target) => target !== undefined))];
  }

  backlinks(id: string): string[] {
    const name = foldName(nameOf(id));
    const named = this.#named(name);
    const rows = this.#statements.linksTo.all(name) as Array<{ id: string; target: string }>;
    const sources = rows.filter((row) => row.id !== id && isLinkTo(id, row.id, row.target, named));
    return [...new Set(sources.map((row) => row.id))].sort();
  }

  #named(name: string): NamedNote[] {
    return this.#statements.named.all(name) as NamedNote[];
  }
}

interface FoundRow {
  id: string;
  title: string;
  rank: number;
  /** Only where it was asked for. */
  text?: string;
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
  };
}

function matchOf({ tag, field }: ScanOptions): string {
  const terms: string[] = [];
  if (tag !== undefined) {
    terms.push(matchField('tag', tag.replace(/^#/, ''), false));
  }
  if (field !== undefined) {
    terms.push(matchField(field.name.toLowerCase(), field.value ?? '', field.value === undefined));
  }
  return terms.join(' AND ');
}
