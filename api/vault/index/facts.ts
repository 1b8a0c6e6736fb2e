// Single facts in the index beside what its reader answers: which folder it was made of, how far it is, and since when
// a note exists.
import type Database from 'better-sqlite3';
import { upwardKey } from '../naming/link-meaning.ts';
import type { KnownNames } from '../naming/named-notes.ts';
import { readAliases } from '../notes/content.ts';
import { foldName } from '../notes/name.ts';
import { segmentText } from '../search/tokens.ts';
import type { ConflictCopy, IndexProgress } from './answers.ts';
import { createCursor, parseCursor } from './cursor.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { ranks } from './writer.ts';

const sql = {
  home: "SELECT value FROM facts WHERE name = 'home'",
  setHome: "INSERT OR REPLACE INTO facts VALUES ('home', ?)",
  hidden: "SELECT value FROM facts WHERE name = 'hidden'",
  setHidden: "INSERT OR REPLACE INTO facts VALUES ('hidden', ?)",
  bornAt: 'SELECT born_at AS value FROM notes WHERE id = ?',
  counts: `SELECT (SELECT count(*) FROM entries WHERE rank = ${ranks.note}) AS notes,
    (SELECT count(*) FROM notes) - (SELECT count(*) FROM notes WHERE kind <> 'note') AS indexed,
    (SELECT count(*) FROM notes WHERE unread = 1) AS unread,
    (SELECT count(*) FROM entries WHERE forms = 1) AS forms,
    (SELECT count(*) FROM notes WHERE conflict_of IS NOT NULL) AS conflicts`,
  conflicts:
    'SELECT id, conflict_of AS conflictOf FROM notes WHERE conflict_of IS NOT NULL AND id > ? ORDER BY id LIMIT ?',
  forms: 'SELECT path FROM entries WHERE forms = 1 ORDER BY path',
  unread: 'SELECT id FROM notes WHERE unread = 1 ORDER BY id',
  pdfText: `SELECT p.text, p.warnings FROM pdfs p JOIN notes n ON n.number = p.note
    WHERE n.id = ? AND n.revision = ? AND p.text IS NOT NULL`,
  isUnread: 'SELECT 1 AS value FROM notes WHERE id = ? AND revision = ? AND unread = 1',
  // What fits the end of a path is a range of `upward`, since '0' follows '/'.
  endingWith: `SELECT id, count(*) OVER () AS count FROM notes WHERE upward >= :upward AND upward < :end
    ORDER BY upward = :upward DESC, length(id), id LIMIT 1000`,
  aliased: `SELECT n.id, n.front_matter AS frontMatter FROM words JOIN notes n ON n.number = words.rowid
    WHERE words MATCH ? LIMIT 200`,
  // What is nothing but the words of a title is shorter than what has them in it. As many are looked at as take some 20 ms:
  // all titles of a vault may have a word, and what names nothing is asked for often.
  titled: `SELECT n.id, n.title FROM (SELECT rowid FROM words WHERE words MATCH ? LIMIT 10000) f
    JOIN notes n ON n.number = f.rowid ORDER BY length(n.title), n.id LIMIT 1000`,
};

type IndexCounts = Omit<IndexProgress, 'building' | 'isAway' | 'excludedFaults'>;

export class IndexFacts implements KnownNames {
  readonly #statements: Statements<typeof sql>;

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database, sql);
  }

  /** The identity of the folder that had the notes (folder/home.ts). */
  home(): string | undefined {
    return this.#find<string>(this.#statements.home.get());
  }

  setHome(identity: string): void {
    this.#statements.setHome.run(identity);
  }

  /** What was hidden when the index was last brought in step (HiddenFiles.key). */
  hidden(): string | undefined {
    return this.#find<string>(this.#statements.hidden.get());
  }

  setHidden(key: string): void {
    this.#statements.setHidden.run(key);
  }

  /** Epoch seconds: the earliest time known of the note's files. */
  bornAt(id: string): number | undefined {
    return this.#find<number>(this.#statements.bornAt.get(id));
  }

  /** How many notes the folders have, how many of them can be found, and what IndexProgress tells of those. */
  counts(): IndexCounts {
    return this.#statements.counts.get() as IndexCounts;
  }

  /** What IndexProgress counts as `forms`, in order. */
  listForms(): string[] {
    return (this.#statements.forms.all() as Array<{ path: string }>).map(({ path }) => path);
  }

  /** The ids of the notes and other files whose text could not be read, in order. */
  unreadNotes(): string[] {
    return (this.#statements.unread.all() as Array<{ id: string }>).map(({ id }) => id);
  }

  /** In the order of ids. Throws BadCursor. */
  listConflicts(
    cursor: string | undefined,
    limit: number,
  ): { conflicts: ConflictCopy[]; nextCursor?: string } {
    const [after] = cursor === undefined ? [''] : parseCursor(cursor, [''] as [string]);
    const rows = this.#statements.conflicts.all(after, limit + 1) as ConflictCopy[];
    const conflicts = rows.slice(0, limit);
    const last = conflicts.at(-1);
    return rows.length > limit && last !== undefined
      ? { conflicts, nextCursor: createCursor([last.id]) }
      : { conflicts };
  }

  isUnread(id: string, revision: string): boolean {
    return this.#find<number>(this.#statements.isUnread.get(id, revision)) !== undefined;
  }

  /** The text of the PDF `id`, when it had this revision; undefined while it waits to be read. */
  pdfText(id: string, revision: string): { text: string; warnings: string[] } | undefined {
    const row = this.#statements.pdfText.get(id, revision) as { text: string; warnings: string } | undefined;
    return row && { text: row.text, warnings: JSON.parse(row.warnings) };
  }

  endingWith(path: string): { ids: string[]; count: number } {
    const upward = upwardKey(path);
    const range = { upward, end: `${upward.slice(0, -1)}0` };
    const rows = this.#statements.endingWith.all(range) as Array<{ id: string; count: number }>;
    return { ids: rows.map(({ id }) => id), count: rows[0]?.count ?? 0 };
  }

  aliased(alias: string): string[] {
    const phrase = segmentText(alias).replaceAll('"', ' ');
    const rows = this.#statements.aliased.all(`aliases : "${phrase}"`) as Record<string, string>[];
    const key = foldName(alias);
    // The words of an alias may be a part of another one.
    return rows
      .filter(({ frontMatter = '{}' }) =>
        readAliases(JSON.parse(frontMatter)).some((one) => foldName(one) === key),
      )
      .map(({ id = '' }) => id);
  }

  titled(title: string): string[] {
    const phrase = segmentText(title).replaceAll('"', ' ');
    const rows = this.#statements.titled.all(`title : "${phrase}"`) as Record<'id' | 'title', string>[];
    const key = foldName(title);
    return rows.filter((row) => foldName(row.title) === key).map(({ id }) => id);
  }

  #find<Value>(row: unknown): Value | undefined {
    return (row as { value: Value } | undefined)?.value;
  }
}
