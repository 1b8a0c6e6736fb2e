// A consistent copy of a SQLite database while it is in use, and putting such a copy in the place of another.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';

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

/** Copies the database at `from` to the new file `to` and verifies the copy. Throws BackupRefused. */
export function backUp(from: string, to: string, now: number): BackupFacts {
  if (!existsSync(from)) throw new BackupRefused(`there is no database at ${from}; check AUTH_DATABASE_URL`);
  if (existsSync(to)) throw new BackupRefused(`${to} exists already; backups are never overwritten`);
  const unfinished = `${to}.unfinished`;
  rmSync(unfinished, { force: true });
  try {
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
      const [verdict] = copy.pragma('integrity_check(1)') as Array<{ integrity_check: string }>;
      if (verdict?.integrity_check !== 'ok') throw new Error(verdict?.integrity_check);
      const count = (table: string): number =>
        Number(copy.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
      const madeAt = Number(copy.prepare('SELECT max(made_at) FROM backups').pluck().get());
      return { madeAt, accounts: count('accounts'), clients: count('clients'), grants: count('grants') };
    } finally {
      copy.close();
    }
  } catch (cause) {
    throw new BackupRefused(`${path} is not a backup of loop-auth, or it is damaged`, { cause });
  }
}

/**
 * Puts a verified copy in the place of the database at `to`. What was there is kept beside it under the name that is
 * returned (undefined where there was nothing). Throws BackupRefused while any process has that database open.
 */
export async function restoreBackup(from: string, to: string, now: number): Promise<string | undefined> {
  readBackup(from);
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

/**
 * Throws BackupRefused while any process has the database open. Leaving WAL mode needs the file for itself and folds
 * the -wal file in.
 */
export function assertUnused(path: string): void {
  try {
    const connection = new Sqlite(path, { timeout: 0 });
    try {
      connection.pragma('journal_mode = DELETE');
    } finally {
      connection.close();
    }
  } catch (cause) {
    const isDamaged = /^SQLITE_(NOTADB|CORRUPT)/.test(String((cause as { code?: unknown }).code));
    if (!isDamaged) throw new BackupRefused(`${path} is in use: stop loop-auth first`, { cause });
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  }
}

function settle(unfinished: string, path: string): void {
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
