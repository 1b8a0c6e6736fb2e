// Whether any process has a SQLite file open: what replaces or moves it must know.
import { rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { DatabaseInUse, isDamage } from './errors.ts';

/**
 * Throws DatabaseInUse while any process has the database open. Leaving WAL mode needs the file for itself and folds
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
    if (!isDamage(cause)) throw new DatabaseInUse(path, { cause });
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  }
}
