// The statements that write the index: one note in all its tables, one folder's entries.

import type { Stats } from 'node:fs';
import type Database from 'better-sqlite3';
import { kindOf } from '../documents/kind.ts';
import type { HiddenFiles } from '../hidden/hidden-files.ts';
import { findConflictOf } from '../names/conflict-name.ts';
import { parseTwinId } from '../names/forms.ts';
import { keyOfLink, upwardKey } from '../naming/link-meaning.ts';
import type { NoteContent } from '../notes/content.ts';
import { describeFile, type NoteFile } from '../notes/file.ts';
import { listTagLevels } from '../notes/markdown/tags.ts';
import { folderOf, foldName, nameOf, withoutExtension } from '../notes/name.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { NoteLengths } from './weighing/lengths.ts';
import type { IndexWords } from './words.ts';

/** Characters of a note that are kept for snippets; all of it is searched. */
const snippetSource = 256 * 1024;

export interface KnownNote {
  number: number;
  id: string;
  revision: string;
  stamp: string;
  /** Which file it was (notes/file.ts). */
  file: string;
}

export type IndexedNote = NoteFile<{ content: NoteContent; words: IndexWords }>;

export interface EntryRow {
  rank: number;
  path: string;
  /** 1 for a folder whose name is there in several Unicode forms, and for a file whose path another one has too. */
  hasForms: number;
}

/** UTF-16 units of all names, or all headings, of a note that a search compares with what was asked for. */
const longestNames = 4000;

type StoredEntry = EntryRow & { folder: string };

/** Pages per step: a few milliseconds of work. */
const mergePages = 200;

/** The same. */
const shrinkPages = 200;

/** FTS5's own defaults (sections 6.1 and 6.2). */
const usualAutomerge = 4;
const usualCrisismerge = 16;

/** `hidden`: something in the folder is hidden. Such an entry is the folder's own, and is shown to nobody. */
export const ranks = { folder: 0, note: 1, file: 2, hidden: 3 } as const;

const columns =
  'id, kind, folder, upward, conflict_of, title, tags, front_matter, stated_at, revision, stamp, file, unread, modified_at, size_bytes, born_at';
const values =
  ':id, :kind, :folder, :upward, :conflictOf, :title, :tags, :frontMatter, :statedAt, :revision, :stamp, :file, :isUnread, :modifiedAt, :sizeBytes';
// Our own change of a note makes a new file, as many editors and all sync programs do: the earliest time is kept.
const born = 'min(born_at, :bornAt)';

const sql = {
  notesIn: 'SELECT number, id, revision, stamp, file FROM notes WHERE folder = ?',
  findFile: 'SELECT number, id FROM notes WHERE revision = ? AND file = ?',
  findNote: 'SELECT number, id, revision, stamp, file FROM notes WHERE id = ?',
  noteNumber: 'SELECT number FROM notes WHERE id = ?',
  entriesIn: 'SELECT rank, path, forms AS hasForms FROM entries WHERE folder = ? ORDER BY rank, path',
  clearEntries: 'DELETE FROM entries WHERE folder = ?',
  addEntry: 'INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?)',
  addNote: `INSERT INTO notes(${columns}) VALUES (${values}, :bornAt)`,
  setNote: `UPDATE notes SET (${columns}) = (${values}, ${born}) WHERE number = :number`,
  touchNote: `UPDATE notes SET (born_at, modified_at, size_bytes, stamp, file)
    = (${born}, :modifiedAt, :sizeBytes, :stamp, :file) WHERE number = :number`,
  noteFolders: 'SELECT DISTINCT folder FROM notes',
  setText: 'INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?)',
  allNotes: 'SELECT number, id FROM notes',
  allFolders: `SELECT folder, rank, path FROM entries WHERE rank = ${ranks.folder}`,
  allFiles: `SELECT folder, rank, path FROM entries WHERE rank IN (${ranks.note}, ${ranks.file})`,
  removeEntry: 'DELETE FROM entries WHERE folder = ? AND rank = ? AND path = ?',
  setWords:
    'INSERT OR REPLACE INTO words(rowid, title, aliases, tags, headings, path, body, filters) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  addField: 'INSERT OR IGNORE INTO fields VALUES (?)',
  addLink: 'INSERT OR IGNORE INTO links VALUES (:target, :number, :near, :written)',
  addTag: 'INSERT OR IGNORE INTO tags VALUES (?, ?, ?)',
  clearTags: 'DELETE FROM tags WHERE note = ?',
  clearLinks: 'DELETE FROM links WHERE note = ?',
  setUnread: 'UPDATE notes SET unread = ? WHERE number = ?',
  removeNote: 'DELETE FROM notes WHERE number = ?',
  removeText: 'DELETE FROM texts WHERE note = ?',
  removeWords: 'DELETE FROM words WHERE rowid = ?',
  removePdf: 'DELETE FROM pdfs WHERE note = ?',
  // '0' follows '/': the range holds what lies below a folder.
  foldersBelow:
    "SELECT DISTINCT folder FROM entries WHERE folder = :path OR (folder > :path || '/' AND folder < :path || '0')",
  // A number is bound as REAL, which FTS5 refuses here.
  configure: 'INSERT INTO words(words, rank) VALUES (?, CAST(? AS INTEGER))',
  merge: "INSERT INTO words(words, rank) VALUES('merge', ?)",
  changes: 'SELECT total_changes() AS count',
  emptyPages: 'PRAGMA freelist_count',
};

const removals = ['removeNote', 'removeText', 'removeWords', 'removePdf', 'clearLinks', 'clearTags'] as const;

/** The writing side of an index; its caller wraps many calls in one transaction. */
export class IndexWriter {
  readonly #database: Database.Database;
  readonly #statements: Statements<typeof sql>;
  readonly #lengths: NoteLengths;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#statements = prepareStatements(database, sql);
    this.#lengths = new NoteLengths(database);
  }

  notesIn(folder: string): KnownNote[] {
    return this.#statements.notesIn.all(folder) as KnownNote[];
  }

  findNote(id: string): KnownNote | undefined {
    return this.#statements.findNote.get(id) as KnownNote | undefined;
  }

  /** The note that was this file when it had these bytes. */
  findFile(revision: string, file: string): { number: number; id: string } | undefined {
    return this.#statements.findFile.get(revision, file) as { number: number; id: string } | undefined;
  }

  entriesIn(folder: string): EntryRow[] {
    return this.#statements.entriesIn.all(folder) as EntryRow[];
  }

  /** Every folder at or below `path` that has entries. */
  foldersBelow(path: string): string[] {
    return (this.#statements.foldersBelow.all({ path }) as Array<{ folder: string }>).map(
      (row) => row.folder,
    );
  }

  putEntries(folder: string, entries: EntryRow[]): void {
    this.#statements.clearEntries.run(folder);
    for (const { rank, path, hasForms } of entries) {
      // Links lead to other files too, by the end of a path.
      const upward = rank === ranks.file ? upwardKey(path) : null;
      this.#statements.addEntry.run(folder, rank, path, upward, hasForms);
    }
  }

  /** Every folder that has notes. */
  noteFolders(): string[] {
    return (this.#statements.noteFolders.all() as Array<{ folder: string }>).map((row) => row.folder);
  }

  /**
   * Takes out at once what is hidden from now on, before any look at the disk; what is not hidden any more is met by the next
   * look.
   */
  removeHidden(hidden: HiddenFiles): void {
    const notes = this.#statements.allNotes.all() as Array<{ number: number; id: string }>;
    const hiddenNotes = hidden.findHidden(notes.map(({ id }) => namedBy(id)));
    for (const { number, id } of notes) {
      if (hiddenNotes.has(namedBy(id))) {
        this.removeNote(number);
      }
    }
    for (const { folder, rank, path } of this.#statements.allFolders.all() as StoredEntry[]) {
      if (hidden.isHiddenFolder(path)) {
        this.#statements.removeEntry.run(folder, rank, path);
        this.#statements.clearEntries.run(path);
      }
    }
    this.#removeHiddenFiles(hidden);
  }

  #removeHiddenFiles(hidden: HiddenFiles): void {
    const files = this.#statements.allFiles.all() as StoredEntry[];
    const hiddenFiles = hidden.findHidden(files.map(({ path }) => namedBy(path)));
    for (const { folder, rank, path } of files) {
      if (hiddenFiles.has(namedBy(path))) {
        this.#statements.removeEntry.run(folder, rank, path);
        this.#statements.addEntry.run(folder, ranks.hidden, folder, null, 0);
      }
    }
  }

  /**
   * Writes a note in place of the one with the number `known` (which may have had another id), or as a new one; returns
   * its number.
   */
  putNote(known: number | undefined, id: string, file: IndexedNote, stamp: string): number {
    const row = createRow(id, file, stamp);
    // Another process may keep the same index: what it wrote since the comparison is replaced, not met as a conflict.
    const there = this.findNumber(id);
    if (known !== undefined && there !== undefined && there !== known) {
      this.removeNote(known);
    }
    let number = there ?? known;
    if (number === undefined || this.#statements.setNote.run({ ...row, number }).changes === 0) {
      number = Number(this.#statements.addNote.run(row).lastInsertRowid);
    } else {
      this.#statements.clearLinks.run(number);
      this.#statements.clearTags.run(number);
    }
    this.#putWords(number, id, file.said);
    return number;
  }

  /** In place of the text that it had. */
  putText(
    { number, id }: { number: number; id: string },
    said: IndexedNote['said'],
    isUnread: boolean,
  ): void {
    this.#putWords(number, id, said);
    this.#statements.setUnread.run(isUnread ? 1 : 0, number);
  }

  findNumber(id: string): number | undefined {
    return (this.#statements.noteNumber.get(id) as { number: number } | undefined)?.number;
  }

  #putWords(number: number, id: string, { content, words }: IndexedNote['said']): void {
    const { title, aliases, tags, headings, path, body, filters } = words;
    this.#statements.setWords.run(number, title, aliases, tags, headings, path, body, filters);
    this.#lengths.put(number);
    const names = [content.title, nameOf(id), ...content.aliases];
    this.#statements.setText.run(
      number,
      joinLines(names),
      joinLines(content.headings),
      content.text.slice(0, snippetSource),
    );
    for (const name of words.fieldNames) {
      this.#statements.addField.run(name);
    }
    for (const link of content.links) {
      this.#statements.addLink.run({ ...keyOfLink(link), number, written: link.written });
    }
    for (const tag of content.tags.flatMap(listTagLevels)) {
      this.#statements.addTag.run(foldName(tag), number, tag);
    }
  }

  /** The same bytes at another time. */
  touchNote({ number }: KnownNote, stats: Stats, stamp: string): void {
    this.#statements.touchNote.run({ ...describeFile(stats), stamp, number });
  }

  removeNote(number: number): void {
    for (const name of removals) {
      this.#statements[name].run(number);
    }
  }

  /** Before very many notes at once: FTS5 joins its segments afterwards (mergeStep), not again and again. */
  startBulk(): void {
    this.#statements.configure.run('automerge', 0);
    this.#statements.configure.run('crisismerge', 1000);
  }

  endBulk(): void {
    this.#statements.configure.run('automerge', usualAutomerge);
    this.#statements.configure.run('crisismerge', usualCrisismerge);
  }

  /** One bounded step of joining the index's segments, for faster searches; false when nothing is left to join. */
  mergeStep(isFirst: boolean): boolean {
    const before = this.#countChanges();
    // A negative number makes FTS5 begin to join everything into one segment (FTS5, section 6.8).
    this.#statements.merge.run(isFirst ? -mergePages : mergePages);
    return this.#countChanges() - before >= 2;
  }

  /** One bounded step of giving back pages that are empty; false when none is left. Outside of transactions. */
  shrinkStep(): boolean {
    // It gives a row for each page, so that a statement that is run once would give back one.
    this.#database.exec(`PRAGMA incremental_vacuum(${shrinkPages})`);
    return (this.#statements.emptyPages.get() as { freelist_count: number }).freelist_count > 0;
  }

  #countChanges(): number {
    return (this.#statements.changes.get() as { count: number }).count;
  }
}

function joinLines(lines: readonly string[]): string {
  return lines
    .map((line) => line.replaceAll('\n', ' '))
    .join('\n')
    .slice(0, longestNames)
    .toWellFormed();
}

/** The vault path of a note or file. */
function namedBy(id: string): string {
  return parseTwinId(id)?.path ?? id;
}

function createRow(id: string, file: IndexedNote, stamp: string): Record<string, string | number | null> {
  const { said, statedAt = null, isUnread, ...rest } = file;
  const { title, tags, frontMatter } = said.content;
  return {
    ...rest,
    id,
    kind: kindOf(id) ?? 'note',
    folder: folderOf(id),
    upward: upwardKey(withoutExtension(id)),
    conflictOf: findConflictOf(namedBy(id)) ?? null,
    title,
    tags: JSON.stringify(tags),
    frontMatter: JSON.stringify(frontMatter),
    statedAt,
    isUnread: isUnread ? 1 : 0,
    stamp,
  };
}
