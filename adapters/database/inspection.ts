// A look at a database that changes nothing of it: whether it is whole, and of which version its schema is.
import Sqlite from 'better-sqlite3';
import knex from 'knex';
import { migrationNames } from '../migrations/migrate.ts';
import { DatabaseDamaged, DatabaseNewer, DatabaseUnavailable, isDamage } from './errors.ts';

const patienceMs = 5000;

/**
 * Resolves to the migrations that are still to be made; an open of loop-auth makes them. Throws DatabaseDamaged, DatabaseNewer
 * or DatabaseUnavailable. All of a SQLite file is read, which takes seconds where it is large.
 */
export async function inspectDatabase(url: string): Promise<readonly string[]> {
  const isServer = /^postgres(ql)?:/.test(url);
  const applied = isServer ? await readServer(url) : readFile(url.replace(/^sqlite:/, ''));
  const unknown = applied.find((name) => !migrationNames.includes(name));
  if (unknown) throw new DatabaseNewer(isServer ? '' : url.replace(/^sqlite:/, ''), unknown);
  return migrationNames.filter((name) => !applied.includes(name));
}

function readFile(path: string): string[] {
  try {
    const file = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: patienceMs });
    try {
      const [verdict] = file.pragma('integrity_check(1)') as Array<{ integrity_check: string }>;
      if (verdict?.integrity_check !== 'ok') throw new DatabaseDamaged(path, {});
      return file.prepare('SELECT name FROM knex_migrations').pluck().all() as string[];
    } finally {
      file.close();
    }
  } catch (cause) {
    if (cause instanceof DatabaseDamaged) throw cause;
    if (isDamage(cause)) throw new DatabaseDamaged(path, { cause });
    throw new DatabaseUnavailable(`${path}: ${(cause as Error).message}`, { cause });
  }
}

async function readServer(url: string): Promise<string[]> {
  const server = knex({
    client: 'pg',
    connection: url,
    pool: { min: 0, max: 1 },
    acquireConnectionTimeout: patienceMs,
  });
  try {
    const rows: Array<{ name: string }> = await server('knex_migrations').select('name');
    return rows.map(({ name }) => name);
  } catch (cause) {
    // The message of a driver may quote the address with its password.
    const { code = 'no answer' } = cause as { code?: string };
    throw new DatabaseUnavailable(`the PostgreSQL server did not answer (${code})`, { cause });
  } finally {
    await server.destroy();
  }
}
