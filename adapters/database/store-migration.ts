// Moves everything from a SQLite file into an empty PostgreSQL database: same rows, same hashes, same keys.
import Sqlite from 'better-sqlite3';
import knex, { type Knex } from 'knex';
import { assertUnused } from './unused.ts';

/** The move can't be made; nothing was changed. */
export class MoveRefused extends Error {
  override readonly name = 'MoveRefused';
}

/** Rows moved, by table. */
export type MovedCounts = Readonly<Record<string, number>>;

const batchRows = 500;

/**
 * Copies every table in one transaction of the target, which must be migrated and empty, and reads it back by count.
 * Throws MoveRefused, or DatabaseInUse while a process has the file open.
 */
export async function moveStore(sqlitePath: string, postgresUrl: string): Promise<MovedCounts> {
  assertUnused(sqlitePath);
  const source = new Sqlite(sqlitePath, { readonly: true });
  const target = knex({ client: 'pg', connection: postgresUrl, pool: { min: 0, max: 1 } });
  try {
    return await target.transaction((transaction) => copyTables(source, transaction));
  } finally {
    source.close();
    await target.destroy();
  }
}

async function copyTables(source: Sqlite.Database, target: Knex.Transaction): Promise<MovedCounts> {
  const moved: Record<string, number> = {};
  for (const table of tablesOf(source)) {
    const [{ count } = { count: 0 }] = await target(table).count({ count: '*' });
    // A fresh loop-auth makes keys and a setup link at its start: only accounts and clients say that it was used.
    const isUsed = Number(count) > 0 && ['accounts', 'clients', 'grants'].includes(table);
    if (isUsed) throw new MoveRefused(`the PostgreSQL database is not empty: ${table} has ${count} rows`);
    await target(table).delete();
    moved[table] = await copyTable(source, target, table);
  }
  return moved;
}

async function copyTable(source: Sqlite.Database, target: Knex.Transaction, table: string): Promise<number> {
  let rows: unknown[] = [];
  let count = 0;
  const flush = async (): Promise<void> => {
    if (rows.length > 0) await target(table).insert(rows);
    count += rows.length;
    rows = [];
  };
  for (const row of source.prepare(`SELECT * FROM ${table}`).iterate()) {
    rows.push(row);
    if (rows.length === batchRows) await flush();
  }
  await flush();
  return count;
}

function tablesOf(source: Sqlite.Database): string[] {
  const names = source
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .all() as string[];
  return names.filter((name) => !/^(sqlite_|knex_)/.test(name));
}
