// The database of the settings, opened where it is and closed, and faults said plainly.
// The room: what the operator's scripts share. Not a command: those are the files above it.
import { resolve } from 'node:path';
import type { Database } from '../../adapters/database/database.ts';
import { DatabaseDamaged, DatabaseNewer, DatabaseUnavailable } from '../../adapters/database/errors.ts';
import { findDatabase } from '../../adapters/database/inspection.ts';
import { openDatabase } from '../../adapters/database/open.ts';
import { SeedRefused } from '../../auth/clients/seeded.ts';
import { type AuthConfig, parseConfig } from '../../auth/config.ts';
import { KeysUnreadable } from '../../auth/keys/seal.ts';
import { storeTold } from './trail.ts';

/** Whether a script may be the first to use the database, which is then made. */
export interface FirstUse {
  readonly mayBeFirst?: boolean;
}

const explained = [DatabaseDamaged, DatabaseNewer, DatabaseUnavailable, KeysUnreadable, SeedRefused];

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
 * the script plainly, also that there is no database, unless this one may be the first to use it.
 */
export async function withDatabase(
  work: (database: Database, config: AuthConfig) => Promise<void>,
  { mayBeFirst = false }: FirstUse = {},
): Promise<void> {
  // Files that a first use makes are for this user only, as loop-auth's own are.
  process.umask(0o077);
  const config = readAuthConfig();
  try {
    await requireDatabase(config, { mayBeFirst });
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

/** Ends the script where the setting names a database that is not there, or a file of something else; nothing is made of it. */
export async function requireDatabase(
  { databaseUrl }: AuthConfig,
  { mayBeFirst = false, mayBeDamaged = false } = {},
): Promise<void> {
  const found = await findDatabase(databaseUrl).catch((error: unknown) => {
    if (error instanceof DatabaseDamaged && mayBeDamaged) return 'ours';
    const isKnown = error instanceof DatabaseDamaged || error instanceof DatabaseUnavailable;
    return isKnown ? fail(`AUTH_DATABASE_URL: ${error.message}`) : Promise.reject(error);
  });
  if (found === 'ours' || (found === 'none' && mayBeFirst)) return;
  const isFile = databaseUrl.startsWith('sqlite:');
  const path = resolve(databaseUrl.slice('sqlite:'.length));
  const what = isFile ? path : `the PostgreSQL database ${new URL(databaseUrl).pathname.slice(1)}`;
  if (found === 'other')
    fail(`AUTH_DATABASE_URL: ${what} is a database of something else, not of loop-auth; it was not changed`);
  fail(
    `AUTH_DATABASE_URL: there is no database of loop-auth ${isFile ? 'at' : 'in'} ${what}; nothing was made. ` +
      'loop-auth makes it at its first start: run this with the settings of loop-auth, in the folder where it runs ' +
      '(in containers: docker compose exec loop-auth node scripts/…)',
  );
}
