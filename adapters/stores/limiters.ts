// Counters of limits that outlive the process and hold over all processes on one database (table `limits`).
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterSQLite,
  type RateLimiterStoreAbstract,
} from 'rate-limiter-flexible';
import type { Database } from '../database/database.ts';

export interface LimiterRule {
  /** Tells its keys from those of other limits. */
  readonly name: string;
  readonly points: number;
  /** At most 24 days: the counter in memory waits on a timer. */
  readonly seconds: number;
}

/** Where the database can't count (locked, full, away) the process counts by itself: nobody is refused for it. */
export function createStoredLimiter(
  { counters }: Database,
  { name, points, seconds }: LimiterRule,
): RateLimiterStoreAbstract {
  const rule = { keyPrefix: name, points, duration: seconds };
  const options = {
    ...rule,
    tableName: 'limits',
    tableCreated: true,
    // The sweep does it.
    clearExpiredByTimeout: false,
    // What is refused anyway is refused without asking the database again.
    inMemoryBlockOnConsumed: points + 1,
    insuranceLimiter: new RateLimiterMemory(rule),
    storeClient: counters.client,
  };
  return counters.engine === 'sqlite'
    ? new RateLimiterSQLite({ ...options, storeType: 'better-sqlite3' })
    : new RateLimiterPostgres({ ...options, storeType: 'pool' });
}
