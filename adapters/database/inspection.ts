// A look at a database that changes nothing of it: whether it is there, whether it is whole, and of which version its schema is.
import { statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import knex, { type Knex } from 'knex';
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

/**
 * Whether there is a database of loop's at that URL, whatever its state; `other` is a SQLite file of something else. Throws
 * DatabaseDamaged or DatabaseUnavailable.
 */
export async function findDatabase(url: string): Promise<'ours' | 'other' | 'none'> {
  const tables = /^postgres(ql)?:/.test(url)
    ? await askServer(url, async (server) => {
        const isThere = await server.schema.hasTable('knex_migrations');
        return isThere ? ['knex_migrations'] : [];
      })
    : tablesOf(url.replace(/^sqlite:/, ''));
  if (tables.includes('knex_migrations')) return 'ours';
  return tables.length === 0 ? 'none' : 'other';
}

function tablesOf(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || (found.isFile() && found.size === 0)) return [];
  if (!found.isFile()) throw new DatabaseUnavailable(`${path} is no file`);
  return lookInto(path, (file) => file.prepare('SELECT name FROM sqlite_schema').pluck().all() as string[]);
}

function readFile(path: string): string[] {
  return lookInto(path, (file) => {
    const [verdict] = file.pragma('integrity_check(1)') as Array<{ integrity_check: string }>;
    if (verdict?.integrity_check !== 'ok') throw new DatabaseDamaged(path, {});
    return file.prepare('SELECT name FROM knex_migrations').pluck().all() as string[];
  });
}

function lookInto(path: string, look: (file: Sqlite.Database) => string[]): string[] {
  try {
    const file = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: patienceMs });
    try {
      return look(file);
    } finally {
      file.close();
    }
  } catch (cause) {
    if (cause instanceof DatabaseDamaged) throw cause;
    if (isDamage(cause)) throw new DatabaseDamaged(path, { cause });
    throw new DatabaseUnavailable(`${path}: ${(cause as Error).message}`, { cause });
  }
}

function readServer(url: string): Promise<string[]> {
  return askServer(url, async (server) => {
    const rows: Array<{ name: string }> = await server('knex_migrations').select('name');
    return rows.map(({ name }) => name);
  });
}

async function askServer(url: string, ask: (server: Knex) => Promise<string[]>): Promise<string[]> {
  const server = knex({
    client: 'pg',
    connection: url,
    pool: { min: 0, max: 1 },
    acquireConnectionTimeout: patienceMs,
  });
  try {
    return await ask(server);
  } catch (cause) {
    // The message of a driver may quote the address with its password.
    const { code = 'no answer' } = cause as { code?: string };
    throw new DatabaseUnavailable(`the PostgreSQL server did not answer (${code})`, { cause });
  } finally {
    await server.destroy();
  }
}
