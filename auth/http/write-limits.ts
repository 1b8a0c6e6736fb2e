// How often one address, one account and all together may try: registrations, sign-ins begun, and passwords.
import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Middleware } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { DocumentLimit } from '../clients/lookup.ts';

const minute = 60;
const hour = 60 * minute;
// Timers of the limiter's can't wait longer than 24 days.
const remembered = 14 * 24 * hour;

/** 429 with Retry-After for what strangers can ask too often: each of these requests leaves a row behind. */
export function limitWrites(): Middleware {
  // A person who sets up clients makes a handful; some clients register anew at every connection.
  const perMinute = new RateLimiterMemory({ points: 30, duration: minute });
  const perHour = new RateLimiterMemory({ points: 200, duration: hour });
  const overAll = new RateLimiterMemory({ points: 600, duration: hour });
  const visits = new RateLimiterMemory({ points: 600, duration: 10 * minute });
  const register = async (network: string): Promise<number | undefined> =>
    (await consume(perMinute, network)) ??
    (await consume(perHour, network)) ??
    (await consume(overAll, 'all'));
  const visit = (network: string): Promise<number | undefined> => consume(visits, network);
  const limited: Readonly<Record<string, typeof visit>> = {
    'POST /reg': register,
    'GET /auth': visit,
    'GET /session/end': visit,
  };
  return async (ctx, next) => {
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    const wait = await limited[`${method} ${ctx.path}`]?.(networkOf(ctx.state['address']));
    if (wait === undefined) return next();
    ctx.set('Retry-After', String(wait));
    return ctx.throw(429, `too many requests from this network; try again in ${wait} seconds`, {
      error: 'too_many_requests',
    });
  };
}

export function createDocumentLimit(): DocumentLimit {
  const perMinute = new RateLimiterMemory({ points: 20, duration: minute });
  const overAll = new RateLimiterMemory({ points: 600, duration: hour });
  return async (address) => (await consume(perMinute, networkOf(address))) ?? (await consume(overAll, 'all'));
}

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

async function consume(limiter: RateLimiterMemory, key: string): Promise<number | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
    throw refusal;
  }
}

// One household or attacker has a whole /64 of IPv6 addresses.
function networkOf(address: unknown): string {
  const text = String(address);
  if (!isIPv6(text)) return text;
  const [head = '', tail] = text.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups.slice(0, 4).join(':');
}
