// What every store in this room runs on: statements, transactions of writes, and a lock. How one is opened: open.ts.
// The room: statements, both engines, transactions, locks. Not what is stored: models/, stores/; nor copies of it: backups/.
import type { Statement as SqliteStatement } from 'better-sqlite3';
import type { Knex } from 'knex';
import type { Pool } from 'pg';
import type { Row, Statement, Values, Write } from './statement.ts';

export interface Database {
  /** Builds queries in this engine's dialect. Compile once with `compile`; never awaited after the migrations. */
  readonly builder: Knex;
  first(statement: Statement, values: Values): Promise<Row | undefined>;
  all(statement: Statement, values: Values): Promise<Row[]>;
  /** All of the writes or none. Throws DatabaseUnavailable, or what a write's `otherwise` gives. Resolves to rows changed. */
  commit(writes: readonly Write[]): Promise<number>;
  /**
   * Resolves when all that could be read until now is on the disk, commits of other requests too. Throws
   * DatabaseUnavailable.
   */
  settled(): Promise<void>;
  /** Waits for the lock of that name; the caller must release it. */
  lock(name: string): Promise<Lock>;
  /** For stores/limiters.ts alone, whose library brings its own statements. */
  readonly counters: Counters;
  /** Whether it answers a query now. */
  isThere(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * The engine's own client, for counts. Those of a SQLite file have a connection that does not wait for the disk: a crash
 * of the process loses none of them, a power cut the last ones.
 */
type Counters =
  | { readonly engine: 'sqlite'; readonly client: CountersOfFile }
  | { readonly engine: 'postgres'; readonly client: Pool };

/** What the library asks of better-sqlite3, which awaits what a transaction gives. */
export interface CountersOfFile {
  readonly prepare: (sql: string) => SqliteStatement;
  readonly transaction: <T>(run: () => T) => () => T | Promise<T>;
  readonly close: () => void;
}

export interface Lock {
  /** Like Database.commit, inside what the lock protects. */
  commit(writes: readonly Write[]): Promise<number>;
  release(): Promise<void>;
}
