// The search index's file and schema. Nothing in it is worth keeping: it is made again from the notes.
import { chmodSync, closeSync, mkdirSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { IndexNotUsable } from '../errors.ts';

/** "loop" in ASCII, in SQLite's header: whether a file is ours to delete. */
const applicationId = 0x6c6f6f70;
/** Raise it with any change of the schema, of `search/tokens.ts` or of what is written into a row. */
const schemaVersion = 14;

// `words` holds no text (content=''): the words are in pieces that nobody could read back. How the columns weigh is
// reader.ts's matter. `notes` has the other files that can be searched too (documents/kind.ts). What may be long stands last
// in it: SQLite goes through all that is before a column. `pdfs` has the whole texts of PDFs, or none while they wait to be
// read.
const schema = `
CREATE TABLE facts(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE notes(
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, folder TEXT NOT NULL,
  upward TEXT NOT NULL, conflict_of TEXT,
  title TEXT NOT NULL, stated_at INTEGER, born_at INTEGER NOT NULL, modified_at INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
  revision TEXT NOT NULL, stamp TEXT NOT NULL, file TEXT NOT NULL, unread INTEGER NOT NULL, tags TEXT NOT NULL,
  front_matter TEXT NOT NULL
);
CREATE INDEX notes_by_folder ON notes(folder, upward);
CREATE INDEX notes_by_upward ON notes(upward, id);
CREATE INDEX notes_by_file ON notes(revision, file);
CREATE INDEX notes_by_time ON notes(modified_at, id) WHERE kind = 'note';
CREATE INDEX notes_in_conflict ON notes(id, conflict_of) WHERE conflict_of IS NOT NULL;
CREATE INDEX notes_unread ON notes(id) WHERE unread = 1;
CREATE INDEX notes_other ON notes(id) WHERE kind <> 'note';
CREATE TABLE texts(note INTEGER PRIMARY KEY, names TEXT NOT NULL, headings TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE pdfs(note INTEGER PRIMARY KEY, tries INTEGER NOT NULL, text TEXT, warnings TEXT);
CREATE INDEX pdfs_waiting ON pdfs(tries, note) WHERE text IS NULL;
CREATE TABLE entries(folder TEXT, rank INTEGER, path TEXT, upward TEXT, forms INTEGER, PRIMARY KEY(folder, rank, path)) WITHOUT ROWID;
CREATE INDEX entries_by_upward ON entries(upward) WHERE upward IS NOT NULL;
CREATE INDEX entries_hidden ON entries(folder) WHERE rank = 3;
CREATE INDEX entries_with_forms ON entries(path) WHERE forms = 1;
CREATE TABLE links(target TEXT, note INTEGER, near INTEGER, written TEXT NOT NULL, PRIMARY KEY(target, note, near)) WITHOUT ROWID;
CREATE INDEX links_by_note ON links(note);
CREATE TABLE tags(key TEXT, note INTEGER, tag TEXT NOT NULL, PRIMARY KEY(key, note)) WITHOUT ROWID;
CREATE INDEX tags_by_note ON tags(note);
CREATE TABLE fields(name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
  title, aliases, tags, headings, path, body, filters,
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE lengths(block INTEGER PRIMARY KEY, counts BLOB NOT NULL);
CREATE VIRTUAL TABLE index_words USING fts5vocab(words, row);
CREATE TABLE vocabulary(number INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, stem TEXT, notes INTEGER NOT NULL);
CREATE INDEX vocabulary_by_stem ON vocabulary(stem) WHERE stem IS NOT NULL;
CREATE VIRTUAL TABLE word_parts USING fts5(
  word, content = 'vocabulary', content_rowid = 'number', tokenize = 'trigram'
);
`;

/** `:memory:` is a file as well, gone with `remove`: two threads can't share one process's memory in SQLite's WAL mode. */
export async function findIndexFile(
  indexPath: string,
): Promise<{ indexPath: string; remove?: () => Promise<void> }> {
  if (indexPath !== ':memory:') {
    return { indexPath };
  }
  const folder = await mkdtemp(join(tmpdir(), 'loop-index-'));
  return {
    indexPath: join(folder, 'index.db'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * Opens the index of the vault at `root`, made anew where there is none, or where what lies there is damaged, of
 * another version or of another vault. A file that is not recognizably an index is moved aside, not deleted.
 * The caller closes it. Throws IndexNotUsable where no file can be made.
 */
export function openIndexFile(path: string, root: string): Database.Database {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const found = openExisting(path, root);
    return found ?? createIndexFile(path, root);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new IndexNotUsable({ indexPath: path, why }, { cause: error });
  }
}

// It holds the text of every note. SQLite gives the files beside it the same mode. Not by a umask, which new notes in the
// vault would have as well: what else keeps the folder in step could not read them.
function makePrivate(path: string): void {
  if (path === ':memory:') return;
  closeSync(openSync(path, 'a', 0o600));
  try {
    chmodSync(path, 0o600);
  } catch {
    // it belongs to another user, who has let us write it
  }
}

/** A second connection to an index that `openIndexFile` has made sure of. The caller closes it. */
export function connectToIndex(path: string): Database.Database {
  const database = new Database(path, { fileMustExist: true });
  tune(database);
  return database;
}

/** True for SQLite's ways to say that the file is no longer sound: the remedy is `removeIndexFile`. */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(codeOf(error));
}

// An error that comes from the other thread keeps its code and not its class.
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

function isMissingPart(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_ERROR';
}

export function removeIndexFile(path: string): void {
  for (const end of ['-wal', '-shm', '-journal', '']) {
    rmSync(path + end, { force: true });
  }
}

// Not by pragma(), which leaves a statement to the collector: of a thread that is ended before that has come, node takes down
// the whole process (docs/decisions/ends-of-threads.md; the order in nodejs/node#44141).
function tune(database: Database.Database): void {
  // WAL: searches go on while notes are written. NORMAL: losing the last moments costs reading a few notes again.
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  // Pages, 32 MB: a checkpoint waits for the disk, and the first index would be written several times over.
  database.exec('PRAGMA wal_autocheckpoint = 8000');
}

function createIndexFile(path: string, root: string): Database.Database {
  makePrivate(path);
  const database = new Database(path);
  // Before there is a page: what joining leaves empty can be given back (writer.ts).
  database.pragma('auto_vacuum = INCREMENTAL');
  tune(database);
  database.transaction(() => {
    database.exec(schema);
    const put = database.prepare('INSERT INTO facts VALUES (?, ?)');
    put.run('root', root);
    put.run('generation', crypto.randomUUID());
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${schemaVersion}`);
  })();
  // Out of the log and into the file: its header says from now on whose it is.
  database.pragma('wal_checkpoint(TRUNCATE)');
  return database;
}

function openExisting(path: string, root: string): Database.Database | undefined {
  const isOurs = hasOurHeader(path);
  if (isOurs === undefined) {
    // Without their file they are in the way: a process that still has all three open shares them with nobody.
    removeIndexFile(path);
    return undefined;
  }
  if (!isOurs) {
    renameSync(path, `${path}.replaced`);
    removeIndexFile(path);
    return undefined;
  }
  makePrivate(path);
  const database = new Database(path);
  try {
    if (isCurrent(database, root)) {
      tune(database);
      return database;
    }
  } catch (error) {
    if (!isDamage(error) && !isMissingPart(error)) {
      database.close();
      throw error;
    }
  }
  database.close();
  removeIndexFile(path);
  return undefined;
}

/** Undefined where there is no file. An empty one holds nothing that could be lost. */
function hasOurHeader(path: string): boolean | undefined {
  const file = openFile(path);
  if (file === undefined) {
    return undefined;
  }
  try {
    // SQLite's file format, section 1.3: the name at 0, the application id at 68.
    const header = Buffer.alloc(72);
    const length = readSync(file, header, 0, header.length, 0);
    const isSqlite = header.toString('latin1', 0, 16) === 'SQLite format 3\0';
    return length === 0 || (isSqlite && header.readUInt32BE(68) === applicationId);
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

function isCurrent(database: Database.Database, root: string): boolean {
  if (database.pragma('user_version', { simple: true }) !== schemaVersion) {
    return false;
  }
  // Reading from each part finds a file cut short; damage deeper inside shows when it is met (isDamage).
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  database.prepare('SELECT rowid FROM words LIMIT 1').get();
  return database.prepare("SELECT value FROM facts WHERE name = 'root'").pluck().get() === root;
}
