// The database of the settings, opened and closed, and faults said plainly.
// The room: what the operator's scripts share. Not a command: those are the files above it.
import type { Database } from '../../adapters/database/database.ts';
import { DatabaseDamaged, DatabaseNewer, DatabaseUnavailable } from '../../adapters/database/errors.ts';
import { openDatabase } from '../../adapters/database/open.ts';
import { type AuthConfig, parseConfig } from '../../auth/config.ts';
import { KeysUnreadable } from '../../auth/keys/seal.ts';
import { storeTold } from './trail.ts';

const explained = [KeysUnreadable, DatabaseDamaged, DatabaseNewer, DatabaseUnavailable];

/** Ends the script with a message and exit code 1. */
export function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/** The settings of loop-auth; bad ones end the script with all their faults. */
export function readAuthConfig(): AuthConfig {
  try {
    return parseConfig(process.env);
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** The file of a SQLite database; another engine ends the script. */
export function sqlitePathOf({ databaseUrl }: AuthConfig): string {
  if (!databaseUrl.startsWith('sqlite:'))
    fail('this is for SQLite files; for PostgreSQL use pg_dump and pg_restore');
  return databaseUrl.slice('sqlite:'.length);
}

/**
 * Runs `work` on the database of the environment's settings, keeps what it told (trail.ts) and closes it; known faults end
 * the script plainly.
 */
export async function withDatabase(
  work: (database: Database, config: AuthConfig) => Promise<void>,
): Promise<void> {
  // Files that a first use makes are for this user only, as loop-auth's own are.
  process.umask(0o077);
  const config = readAuthConfig();
  try {
    const database = await openDatabase(config.databaseUrl);
    try {
      await work(database, config);
      await storeTold(database);
    } finally {
      await database.close();
    }
  } catch (error) {
    if (explained.some((known) => error instanceof known)) fail((error as Error).message);
    throw error;
  }
}
