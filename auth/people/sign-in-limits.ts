// How often a password may be tried: from one place, against one account, by all together.
import { hash } from 'node:crypto';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { consume, networkOf } from '../http/limiter.ts';

const minute = 60;
const hour = 60 * minute;
// Timers of the limiter's can't wait longer than 24 days.
const remembered = 14 * 24 * hour;

export interface SignInLimits {
  /** Seconds to wait before the next try, or undefined when one is free now. Counts the try. */
  readonly attempt: (address: string, username: string) => Promise<number | undefined>;
  /** A right password shows that the tries before it were its owner's. */
  readonly succeeded: (address: string, username: string) => Promise<void>;
}

export function createSignInLimits(): SignInLimits {
  // From one place against one account: a person's slips. From all places against it: a guesser with many
  // addresses is slowed. Where the owner has signed in lately that limit does not hold, so that nobody can lock them
  // out by guessing.
  const pair = new RateLimiterMemory({ points: 10, duration: 15 * minute });
  const account = new RateLimiterMemory({ points: 100, duration: hour });
  const network = new RateLimiterMemory({ points: 60, duration: 15 * minute });
  const owners = new RateLimiterMemory({ points: 1, duration: remembered });
  const keys = (address: string, username: string): { at: string; who: string; both: string } => {
    const at = networkOf(address);
    const who = hash('sha256', username.normalize('NFKC').toLowerCase());
    return { at, who, both: `${at} ${who}` };
  };
  return {
    attempt: async (address, username) => {
      const { at, who, both } = keys(address, username);
      // The network first: what it refuses leaves no key for one more made-up name behind.
      const wait = (await consume(network, at)) ?? (await consume(pair, both));
      if (wait !== undefined || (await owners.get(both))) return wait;
      return consume(account, who);
    },
    succeeded: async (address, username) => {
      const { at, who, both } = keys(address, username);
      await Promise.all([
        pair.delete(both),
        network.reward(at),
        account.reward(who),
        owners.set(both, 1, remembered),
      ]);
    },
  };
}
