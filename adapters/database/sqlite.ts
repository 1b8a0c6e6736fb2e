// One SQLite file behind the Database interface: a single connection, synchronous statements, one writer at a time.
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import knex, { type Knex } from 'knex';
import { migrate } from '../migrations/migrate.ts';
import { hasAllMigrations } from '../migrations/nothing-to-do.ts';
import type { CountersOfFile, Database, Lock } from './database.ts';
import { DatabaseDamaged, DatabaseUnavailable, isDamage } from './errors.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import { DurableLog, type LogFile } from './log/durable-log.ts';
import { LogKeeper } from './log/log-keeper.ts';
import { bind, type Row, type Statement, type Write } from './statement.ts';

// How long another writer is waited for. While SQLite itself waits, the whole process stands still: right while
// opening, when nobody is served yet; afterwards the patience is spent between attempts, where other requests go on.
const patienceMs = 3000;

// The log's own thread holds the file for three syncs when it shortens the log. A count that were made in memory meanwhile
// would be lost with the process; behind a program that holds it longer nobody is to wait for a count.
const countersPatienceMs = 300;

// SQLite's field for whose file this is ("loop" in ASCII). Writing it takes the file's write lock.
const markAsOurs = 'pragma application_id = 0x6c6f6f70';

// Reading a whole file that large takes seconds and would make every restart an outage.
const checkedBytes = 256 * 1024 * 1024;

// A log that long is shortened by whoever writes, which stops the process for the disk: only where the thread that does it
// (log/) can't.
const longestLogFrames = 20_000;

/** SQLite's own log of a database in this process, where it has one. */
interface Log {
  readonly assertTrusted: () => void;
  readonly wrote: () => void;
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens or creates the file and migrates it. `openLog` opens SQLite's log, to be synced. Throws DatabaseDamaged,
 * DatabaseNewer, DatabaseUnavailable.
 */
export async function openSqliteDatabase(
  path: string,
  openLog: (path: string) => Promise<LogFile> = (log) => open(log),
): Promise<Database> {
  if (path !== ':memory:') makeFolder(path);
  const connection = openConnection(path);
  const builder = knex({ client: 'better-sqlite3', useNullAsDefault: true });
  try {
    await migrateConnection(connection, path);
    connection.pragma('busy_timeout = 0');
    // A database in memory is one connection's own, and ends with it.
    if (path === ':memory:')
      return createSqliteDatabase({ connection, builder, counters: connection, log: noLog });
    const log = await openDurableLog(connection, openLog);
    return createSqliteDatabase({ connection, builder, counters: openCounters(path), log });
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** What a process that was killed has written and not synced is read and answered from now on. */
async function syncLeft(file: LogFile): Promise<void> {
  try {
    await file.datasync();
  } catch (cause) {
    await file.close();
    throw unavailable("the disk does not take the database's log", cause);
  }
}

interface Parts {
  readonly connection: Sqlite.Database;
  readonly builder: Knex;
  readonly counters: CountersOfFile;
  readonly log: Log;
}

const noLog: Log = {
  assertTrusted: () => {},
  wrote: () => {},
  settled: async () => {},
  close: async () => {},
};

/** From here on a commit of this connection is on the disk when the log is synced, and no longer when SQLite says so. */
async function openDurableLog(
  connection: Sqlite.Database,
  openLog: (path: string) => Promise<LogFile>,
): Promise<Log> {
  // Beside the file itself where the path that was given is a link.
  const [{ file: database } = { file: '' }] = connection.pragma('database_list') as Array<{ file: string }>;
  const paths = { database, log: `${database}-wal`, idleWrite: markAsOurs };
  // A journal that was deleted while the file became one with a log must not come back, and the log must be found.
  await syncFolder(dirname(database));
  const file = await openLog(paths.log);
  await syncLeft(file);
  const countFrames = connection.prepare<[], { log: number }>('pragma wal_checkpoint(NOOP)');
  const keeper: LogKeeper = new LogKeeper(paths, (error) => log.doubt(error));
  const log = new DurableLog({
    file,
    mend: () => keeper.mend(),
    onSynced: () => keeper.shorten(countFrames.get()?.log ?? 0),
  });
  connection.pragma('synchronous = NORMAL');
  connection.pragma(`wal_autocheckpoint = ${longestLogFrames}`);
  return {
    assertTrusted: () => log.assertTrusted(),
    wrote: () => log.wrote(),
    settled: () => log.settled(),
    close: async () => {
      await log.close();
      await keeper.close();
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

function createSqliteDatabase({ connection, builder, counters, log }: Parts): Database {
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
  const commit = async (writes: readonly Write[]): Promise<number> => {
    const changed = await patiently(() => {
      log.assertTrusted();
      const count = runAll.immediate(writes);
      log.wrote();
      return count;
    });
    await log.settled();
    return changed;
  };
  const mutex = createKeyedMutex();
  return {
    builder,
    counters: { engine: 'sqlite', client: counters },
    first: async (statement, values) =>
      patiently(() => prepare(statement).get(...bind(statement, values)) as Row | undefined),
    all: async (statement, values) =>
      patiently(() => prepare(statement).all(...bind(statement, values)) as Row[]),
    commit,
    settled: log.settled,
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
      await log.close();
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
  // While it is opened and migrated. What a client was told must survive a power cut, or its refresh token is dead
  // (docs/storage.md): openDurableLog sees to that afterwards.
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
  connection.pragma('trusted_schema = OFF');
}

function openCounters(path: string): CountersOfFile {
  const counters = new Sqlite(path, { timeout: 0 });
  counters.pragma('synchronous = NORMAL');
  counters.pragma(`wal_autocheckpoint = ${longestLogFrames}`);
  return {
    prepare: (sql) => counters.prepare(sql),
    transaction: (run) => () => patiently(counters.transaction(run), countersPatienceMs),
    close: () => counters.close(),
  };
}

async function migrateConnection(connection: Sqlite.Database, path: string): Promise<void> {
  try {
    // who may not write is told so by the first write, which is Knex's
    if (!hasAllMigrations(connection) || !isWritable(path)) await migrateByKnex(connection, path);
  } catch (cause) {
    throw isDamage(cause) ? new DatabaseDamaged(path, { cause }) : translate(cause);
  }
}

/** On our own connection, so that even an in-memory database is migrated. */
async function migrateByKnex(connection: Sqlite.Database, path: string): Promise<void> {
  const migrator = knex({ client: 'better-sqlite3', useNullAsDefault: true, connection: { filename: path } });
  migrator.client.acquireRawConnection = async () => connection;
  migrator.client.destroyRawConnection = async () => {};
  try {
    await migrate(migrator, markAsOurs, path);
  } finally {
    await migrator.destroy();
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a statement or transaction again while another process holds the file, without holding up other requests. */
async function patiently<T>(run: () => T, forMs = patienceMs): Promise<T> {
  const giveUpAt = performance.now() + forMs;
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
