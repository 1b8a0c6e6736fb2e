// A consistent copy of a SQLite database while it is in use, and putting such a copy in the place of another.
// The room: copies of the database: made, sealed, kept by number, made every night. Not the commands: scripts/.
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { assertUnused } from '../database/unused.ts';
import { migrationNames } from '../migrations/migrate.ts';

/** The copy or the place for it is not usable; the message says what to do. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
}

/** What a copy is: when it was made (epoch seconds) and how much is in it. */
export interface BackupFacts {
  readonly madeAt: number;
  readonly accounts: number;
  readonly clients: number;
  readonly grants: number;
}

/** Copies the database at `from` to the new file `to`, for its owner only, and verifies the copy. Throws BackupRefused. */
export function backUp(from: string, to: string, now: number): BackupFacts {
  if (!existsSync(from)) throw new BackupRefused(`there is no database at ${from}; check AUTH_DATABASE_URL`);
  if (existsSync(to)) throw new BackupRefused(`${to} exists already; backups are never overwritten`);
  const unfinished = `${to}.unfinished`;
  rmSync(unfinished, { force: true });
  try {
    createPrivate(unfinished);
    const source = new Sqlite(from, { fileMustExist: true });
    try {
      // One read transaction: writers go on meanwhile, and none of what they write is half in the copy.
      source.prepare('VACUUM INTO ?').run(unfinished);
    } finally {
      source.close();
    }
    const copy = new Sqlite(unfinished);
    copy.prepare('INSERT INTO backups (made_at) VALUES (?)').run(now);
    copy.close();
    const facts = readBackup(unfinished);
    settle(unfinished, to);
    return facts;
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** Opens a copy without changing it and checks all of it. Throws BackupRefused. */
export function readBackup(path: string): BackupFacts {
  if (!existsSync(path)) throw new BackupRefused(`there is no file ${path}`);
  try {
    const copy = new Sqlite(path, { readonly: true });
    try {
      return readFacts(copy, path);
    } finally {
      copy.close();
    }
  } catch (cause) {
    if (cause instanceof BackupRefused) throw cause;
    throw new BackupRefused(`${path} is not a backup of loop-auth, or it is damaged`, { cause });
  }
}

function readFacts(copy: Sqlite.Database, path: string): BackupFacts {
  const [verdict] = copy.pragma('integrity_check(1)') as Array<{ integrity_check: string }>;
  if (verdict?.integrity_check !== 'ok') throw new Error(verdict?.integrity_check);
  const applied = copy.prepare('SELECT name FROM knex_migrations').pluck().all() as string[];
  const unknown = applied.find((name) => !migrationNames.includes(name));
  if (unknown) {
    throw new BackupRefused(
      `${path} was made by a newer version of loop (it holds the migration ${unknown}); restore it with that version`,
    );
  }
  const count = (table: string): number =>
    Number(copy.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  const madeAt = Number(copy.prepare('SELECT max(made_at) FROM backups').pluck().get());
  return { madeAt, accounts: count('accounts'), clients: count('clients'), grants: count('grants') };
}

/**
 * Puts a verified copy in the place of the database at `to`. What was there is kept beside it under the name that is
 * returned (undefined where there was nothing). Throws BackupRefused, or DatabaseInUse while any process has that
 * database open.
 */
export async function restoreBackup(from: string, to: string, now: number): Promise<string | undefined> {
  readBackup(from);
  makePlace(dirname(to));
  const unfinished = `${to}.unfinished`;
  await copyFile(from, unfinished);
  const kept = existsSync(to) ? `${to}.before-restore-${now}` : undefined;
  if (kept) {
    assertUnused(to);
    // Copied, not moved: at no moment is there no database, which a start would take for a fresh installation.
    await copyFile(to, kept);
  }
  settle(unfinished, to);
  return kept;
}

/** Only the folder itself: one above it that is not there is a volume that is not mounted, or a slip of the pen. */
function makePlace(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    throw new BackupRefused(
      `the folder ${folder} for the database can't be made (${code}); check AUTH_DATABASE_URL`,
      { cause },
    );
  }
}

/** Makes an empty file that only its owner reads, whatever the umask. Throws where there is one. */
export function createPrivate(path: string): void {
  closeSync(openSync(path, 'wx', 0o600));
  chmodSync(path, 0o600);
}

/** Gives a file that is written its name, once the disk has it. */
export function settle(unfinished: string, path: string): void {
  sync(unfinished);
  renameSync(unfinished, path);
  sync(dirname(path));
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
