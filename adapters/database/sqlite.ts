// One SQLite file behind the Database interface: a single connection, synchronous statements, one writer at a time.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import knex, { type Knex } from 'knex';
import { migrate } from '../migrations/migrate.ts';
import type { Database, Lock } from './database.ts';
import { DatabaseDamaged, DatabaseUnavailable, isDamage } from './errors.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import { bind, type Row, type Statement, type Write } from './statement.ts';

// How long another writer is waited for. While SQLite itself waits, the whole process stands still: right while
// opening, when nobody is served yet; afterwards the patience is spent between attempts, where other requests go on.
const patienceMs = 3000;

// SQLite's field for whose file this is ("loop" in ASCII). Writing it takes the file's write lock.
const markAsOurs = 'pragma application_id = 0x6c6f6f70';

// Reading a whole file that large takes seconds and would make every restart an outage.
const checkedBytes = 256 * 1024 * 1024;

/** Opens or creates the file and migrates it. Throws DatabaseDamaged, DatabaseNewer, DatabaseUnavailable. */
export async function openSqliteDatabase(path: string): Promise<Database> {
  if (path !== ':memory:') makeFolder(path);
  const connection = openConnection(path);
  const builder = knex({ client: 'better-sqlite3', useNullAsDefault: true });
  try {
    await migrateConnection(connection, path);
    connection.pragma('busy_timeout = 0');
  } catch (error) {
    connection.close();
    throw error;
  }
  // A database in memory is one connection's own.
  const counters = path === ':memory:' ? connection : openCounters(path);
  return createSqliteDatabase(connection, builder, counters);
}

function createSqliteDatabase(
  connection: Sqlite.Database,
  builder: Knex,
  counters: Sqlite.Database,
): Database {
  const prepared = new Map<Statement, Sqlite.Statement>();
  const prepare = (statement: Statement): Sqlite.Statement => {
    const known = prepared.get(statement);
    if (known) return known;
    const made = connection.prepare(statement.sql);
    prepared.set(statement, made);
    return made;
  };
  const runAll = connection.transaction((writes: readonly Write[]) => {
    let changed = 0;
    for (const { statement, values, otherwise } of writes) {
      const { changes } = prepare(statement).run(...bind(statement, values));
      if (changes === 0 && otherwise) throw otherwise();
      changed += changes;
    }
    return changed;
  });
  const commit = (writes: readonly Write[]): Promise<number> => patiently(() => runAll.immediate(writes));
  const mutex = createKeyedMutex();
  return {
    builder,
    counters: { engine: 'sqlite', client: counters },
    first: async (statement, values) =>
      patiently(() => prepare(statement).get(...bind(statement, values)) as Row | undefined),
    all: async (statement, values) =>
      patiently(() => prepare(statement).all(...bind(statement, values)) as Row[]),
    commit,
    // One process owns the file's tokens, so a lock inside it serializes a family; operators' scripts only revoke.
    lock: async (name): Promise<Lock> => {
      const release = await mutex(name);
      return { commit, release: async () => release() };
    },
    isThere: async () => {
      try {
        return connection.open && connection.pragma('schema_version') !== undefined;
      } catch {
        return false;
      }
    },
    close: async () => {
      counters.close();
      connection.close();
    },
  };
}

function makeFolder(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw unavailable(
      `the folder ${folder} for the database can't be made by user id ${process.getuid?.()}`,
      cause,
    );
  }
}

function openConnection(path: string): Sqlite.Database {
  try {
    const connection = new Sqlite(path, { timeout: patienceMs });
    try {
      configure(connection, path);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (cause) {
    if (isDamage(cause)) throw new DatabaseDamaged(path, { cause });
    throw unavailable(
      `the database file ${path} can't be opened for writing by user id ${process.getuid?.()}`,
      cause,
    );
  }
}

function configure(connection: Sqlite.Database, path: string): void {
  if (path !== ':memory:' && existsSync(path) && statSync(path).size <= checkedBytes) {
    const [verdict] = connection.pragma('quick_check(1)') as Array<{ quick_check: string }>;
    if (verdict?.quick_check !== 'ok') {
      throw Object.assign(new Error(verdict?.quick_check), { code: 'SQLITE_CORRUPT' });
    }
  }
  connection.pragma('journal_mode = WAL');
  // FULL: what a client was told must survive a power cut, or its refresh token is dead (docs/storage.md).
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
  connection.pragma('trusted_schema = OFF');
}

function openCounters(path: string): Sqlite.Database {
  const counters = new Sqlite(path, { timeout: 0 });
  counters.pragma('synchronous = NORMAL');
  return counters;
}

/** Knex migrates on our own connection, so that even an in-memory database is migrated. */
async function migrateConnection(connection: Sqlite.Database, path: string): Promise<void> {
  const migrator = knex({ client: 'better-sqlite3', useNullAsDefault: true, connection: { filename: path } });
  migrator.client.acquireRawConnection = async () => connection;
  migrator.client.destroyRawConnection = async () => {};
  try {
    await migrate(migrator, markAsOurs, path);
  } catch (cause) {
    throw isDamage(cause) ? new DatabaseDamaged(path, { cause }) : translate(cause);
  } finally {
    await migrator.destroy();
  }
}

/** Runs a statement or transaction again while another process holds the file, without holding up other requests. */
async function patiently<T>(run: () => T): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    try {
      return run();
    } catch (cause) {
      if (!isBusy(cause) || performance.now() > giveUpAt) throw translate(cause);
    }
    await delay(pauseMs);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

// A constraint is a rule of ours that a caller knows how to read; everything else SQLite says is an outage.
function translate(error: unknown): unknown {
  const isOutage = error instanceof Sqlite.SqliteError && !error.code.startsWith('SQLITE_CONSTRAINT');
  return isOutage ? unavailable(`the database did not answer (${error.code})`, error) : error;
}

function unavailable(message: string, cause: unknown): DatabaseUnavailable {
  return new DatabaseUnavailable(message, { cause });
}
