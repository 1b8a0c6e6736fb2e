// One limit: how often something may happen within a time, counted in a bounded number of counters.
// The room: how often, how much and how many of what strangers and clients send. Not the answer's words: errors.ts.
import { createHmac } from 'node:crypto';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { countersPerLimit } from '../../../adapters/bounds.ts';

export interface Limit {
  /** Counts one; seconds to wait where there were too many. */
  readonly take: (key: string) => Promise<number | undefined>;
  /** Takes one back that turned out not to count. */
  readonly giveBack: (key: string) => Promise<void>;
  readonly forget: (key: string) => Promise<void>;
  /** Whether anything was counted there lately. */
  readonly has: (key: string) => Promise<boolean>;
}

/** Which of a limit's counters a key has; strangers choose keys, so that without this they could fill the table. */
export type Counter = (key: string) => string;

/** `salt` keeps strangers from choosing an address or name that shares somebody's counter. */
export function createCounter(salt: string): Counter {
  return (key) => String(createHmac('sha256', salt).update(key).digest().readUInt32BE() % countersPerLimit);
}

export function createLimit(limiter: RateLimiterAbstract, counter: Counter): Limit {
  const consume = async (key: string): Promise<number | undefined> => {
    try {
      await limiter.consume(key);
      return undefined;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return refusal.msBeforeNext;
      throw refusal;
    }
  };
  return {
    take: async (key) => {
      const at = counter(key);
      let waitMs = await consume(at);
      // Counted before the clock went back: nobody waits for the hours by which it was ahead.
      if (waitMs !== undefined && waitMs > limiter.duration * 1000) {
        await limiter.delete(at);
        waitMs = await consume(at);
      }
      return waitMs === undefined ? undefined : Math.max(1, Math.ceil(waitMs / 1000));
    },
    giveBack: async (key) => void (await limiter.reward(counter(key))),
    forget: async (key) => void (await limiter.delete(counter(key))),
    has: async (key) => ((await limiter.get(counter(key)))?.consumedPoints ?? 0) > 0,
  };
}
