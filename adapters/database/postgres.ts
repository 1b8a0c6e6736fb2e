// PostgreSQL behind the Database interface: pooled connections, prepared statements, locks that hold across processes.
import knex from 'knex';
import pg from 'pg';
import { migrate } from '../migrations/migrate.ts';
import type { Database, Lock } from './database.ts';
import { DatabaseNewer, DatabaseUnavailable } from './errors.ts';
import { hashOpaque } from './hash.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import { isUndone, isUnstorable, translate, unavailable } from './postgres-errors.ts';
import { bind, type Row, type Statement, type Values, type Write } from './statement.ts';

const bigint = 20;

// Every wait ends: for a connection, for another's lock, for an answer (the last one for a server that vanished).
// A process that stands still in the middle of an exchange loses its lock rather than keeping the family waiting.
const settings: pg.PoolConfig = {
  connectionTimeoutMillis: 5000,
  lock_timeout: 5000,
  statement_timeout: 10_000,
  query_timeout: 12_000,
  idle_in_transaction_session_timeout: 30_000,
  keepAlive: true,
  application_name: 'loop-auth',
  // Times are bigint, which the driver would hand over as text; they are far below the numbers' limit.
  types: {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === bigint ? Number : pg.types.getTypeParser(oid, format),
  } as pg.CustomTypesConfig,
};

// Counts wait for each other, many of them for one row: on connections of their own, so that nothing else waits with
// them, and not for long, since the process can count by itself (stores/limiters.ts).
const countersSettings: pg.PoolConfig = { max: 4, connectionTimeoutMillis: 2000, lock_timeout: 2000 };

// Another process may be at a migration that takes its time.
const migrationSettings = {
  connectionTimeoutMillis: 5000,
  lock_timeout: 120_000,
  application_name: 'loop-auth',
};

const attempts = 3;
const claimMigrations = "select pg_advisory_xact_lock(hashtextextended('loop migrations', 0))";
const takeLock = 'select pg_advisory_xact_lock(hashtextextended($1, 0))';

/** Connects and migrates; the caller closes. Throws DatabaseNewer, DatabaseUnavailable. */
export async function openPostgresDatabase(url: string): Promise<Database> {
  const location = withoutPassword(url);
  try {
    await migrateServer(url, location);
  } catch (cause) {
    throw cause instanceof DatabaseNewer ? cause : unavailable(`${location} can't be opened`, cause);
  }
  return createPostgresDatabase(url);
}

function createPostgresDatabase(url: string): Database {
  const pool = createPool(url);
  // Locks are kept while their requests read through the other pool: with one pool, as many locks as it has
  // connections would wait for each other for ever.
  const locks = createPool(url);
  const counters = createPool(url, countersSettings);
  const mutex = createKeyedMutex();
  const all = async (statement: Statement, values: Values): Promise<Row[]> => {
    try {
      return (await pool.query<Row>(prepared(statement, values))).rows;
    } catch (error) {
      if (isUnstorable(error)) return [];
      throw translate(error);
    }
  };
  const commit = (writes: readonly Write[]): Promise<number> => commitOn(pool, writes);
  return {
    builder: knex({ client: 'pg' }),
    counters: { engine: 'postgres', client: counters },
    first: async (statement, values) => (await all(statement, values))[0],
    all,
    commit,
    // The server shows nothing that its disk does not have.
    settled: async () => {},
    lock: async (name) => {
      // The requests of this process queue here, so that each family takes one connection and not one a request.
      const leave = await mutex(name);
      try {
        return await createLock(await connect(locks), name, { commit, leave });
      } catch (error) {
        leave();
        throw error;
      }
    },
    isThere: async () => {
      try {
        await pool.query('select 1');
        return true;
      } catch {
        return false;
      }
    },
    close: async () => {
      await Promise.all([pool, locks, counters].map((one) => one.end()));
    },
  };
}

function createPool(url: string, own: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ ...settings, ...own, connectionString: url });
  // A connection that breaks fails the query on it, or is replaced when there is none; unheard it would end the process.
  const ignore = (): void => {};
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  return pool;
}

/**
 * Only what the server itself has undone is tried again. After a lost connection nobody knows whether the transaction
 * happened: an exchange of a code made twice would refuse its own winner, while a client that is told to try again
 * (DatabaseUnavailable) gets the same refresh token within its grace.
 */
async function commitOn(pool: pg.Pool, writes: readonly Write[]): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const client = await connect(pool);
    try {
      const changed = await transact(client, writes);
      client.release();
      return changed;
    } catch (error) {
      await giveUp(client, error);
      if (!isUndone(error as Error) || attempt === attempts) throw error;
    }
  }
}

async function transact(client: pg.PoolClient, writes: readonly Write[]): Promise<number> {
  // One statement is a transaction of its own.
  if (writes.length === 1) return runAll(client, writes);
  await ask(client, 'begin');
  const changed = await runAll(client, writes);
  await ask(client, 'commit');
  return changed;
}

interface LockParts {
  readonly commit: Database['commit'];
  /** Lets the next one of this process in. */
  readonly leave: () => void;
}

/** The lock is held by a transaction, so it ends with whatever ends that: a commit, a lost connection, a dead process. */
async function createLock(client: pg.PoolClient, name: string, { commit, leave }: LockParts): Promise<Lock> {
  try {
    await ask(client, 'begin');
    await ask(client, { ...named(takeLock), values: [name] });
  } catch (error) {
    await giveUp(client, error);
    throw error;
  }
  let isHeld = true;
  return {
    commit: async (writes) => {
      // What is committed after a commit that failed are revocations, which hold without the lock.
      if (!isHeld) return commit(writes);
      isHeld = false;
      try {
        const changed = await runAll(client, writes);
        await ask(client, 'commit');
        client.release();
        return changed;
      } catch (error) {
        await giveUp(client, error);
        throw error;
      }
    },
    release: async () => {
      if (isHeld) await giveUp(client, undefined);
      isHeld = false;
      leave();
    },
  };
}

async function runAll(client: pg.PoolClient, writes: readonly Write[]): Promise<number> {
  let changed = 0;
  for (const { statement, values, otherwise } of writes) {
    const { rowCount } = await ask(client, prepared(statement, values));
    if (rowCount === 0 && otherwise) throw otherwise();
    changed += rowCount ?? 0;
  }
  return changed;
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw translate(error);
  }
}

async function ask(client: pg.PoolClient, query: string | pg.QueryConfig): Promise<pg.QueryResult> {
  try {
    return await client.query(query);
  } catch (error) {
    throw translate(error);
  }
}

/** Undoes what is open on a connection and gives it back; one that failed is closed, which undoes it, too. */
async function giveUp(client: pg.PoolClient, error: unknown): Promise<void> {
  if (error instanceof DatabaseUnavailable) return client.release(true);
  try {
    await client.query('rollback');
    client.release();
  } catch {
    client.release(true);
  }
}

function prepared(statement: Statement, values: Values): pg.QueryConfig {
  return { ...named(statement.sql), values: bind(statement, values) };
}

const names = new Map<string, pg.QueryConfig>();

/** A query by whose name a connection knows it again: it is parsed and planned once a connection. */
function named(text: string): pg.QueryConfig {
  const known = names.get(text);
  if (known) return known;
  const made = { name: hashOpaque(text).slice(0, 16), text };
  names.set(text, made);
  return made;
}

async function migrateServer(url: string, location: string): Promise<void> {
  const migrator = knex({
    client: 'pg',
    connection: { connectionString: url, ...migrationSettings },
    pool: { min: 0, max: 1 },
    // Knex would print what is thrown here anyway.
    log: { warn: () => {}, error: () => {} },
  });
  try {
    await migrate(migrator, claimMigrations, location);
  } finally {
    await migrator.destroy();
  }
}

function withoutPassword(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
