// Every limit with its figure. What strangers begin and guess is counted in the database: it survives a restart and holds
// over all processes. What a refresh or an introspection meets is counted in memory (docs/decisions/limits.md).
import { randomBytes } from 'node:crypto';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Database } from '../../../adapters/database/database.ts';
import { KeyStore } from '../../../adapters/stores/keys.ts';
import { createStoredLimiter } from '../../../adapters/stores/limiters.ts';
import { createCounter, createLimit, type Limit } from './limit.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

export type Limits = Awaited<ReturnType<typeof openLimits>>;

export async function openLimits(database: Database) {
  const counter = createCounter(await openSalt(database));
  const lasting = (name: string, points: number, seconds: number): Limit =>
    createLimit(createStoredLimiter(database, { name, points, seconds }), counter);
  const brief = (points: number, seconds: number): Limit =>
    createLimit(new RateLimiterMemory({ points, duration: seconds }), counter);
  return {
    // A person who sets up clients makes a handful; some clients register anew at every connection.
    registrations: {
      ofNetworkAMinute: lasting('registrations a minute', 30, minute),
      ofNetwork: lasting('registrations', 200, hour),
      /** Those that were stored. */
      all: lasting('registered', 600, hour),
      /** On top of all: a share for each redirect host that somebody let in before. */
      ofKnownHost: lasting('known hosts', 60, hour),
    },
    // Documents and key sets that are read at other hosts.
    readings: {
      ofNetworkAMinute: lasting('readings a minute', 20, minute),
      ofNetwork: lasting('readings', 100, hour),
      all: lasting('read', 600, hour),
      ofKnownHost: lasting('read of known hosts', 60, hour),
    },
    // Sign-ins and sign-outs begun.
    visits: {
      ofNetworkTenMinutes: lasting('visits of ten minutes', 600, 10 * minute),
      ofNetwork: lasting('visits', 1200, hour),
      /** Of a browser in which somebody signed in before, where its network has used up its own. */
      ofDevice: brief(600, 10 * minute),
    },
    // Terminals that ask to be let in (RFC 8628), and codes that were entered for them and are none.
    deviceCodes: { ofNetwork: lasting('device codes', 60, hour) },
    userCodes: {
      ofNetwork: lasting('user codes network', 20, 15 * minute),
      /** A code that waits is one of 20^8: all the world together guesses it once in thousands of years. */
      all: lasting('user codes', 600, hour),
      /** Of a browser in which somebody signed in before: the others then do not hold. */
      ofDevice: lasting('user codes device', 20, 15 * minute),
    },
    /** A second less than terminals are told to wait, for those on whose way time passes unevenly. */
    polls: { ofCode: brief(1, 4) },
    /** The same as a form, which only sends on to what visits counts. */
    posts: { ofNetwork: brief(1200, 10 * minute) },
    // Requests to /me.
    claims: {
      ofNetwork: brief(1200, minute),
      /** Of a token of ours, where its network has used up its own. */
      ofToken: brief(600, minute),
    },
    // Requests to /token, /token/introspection and /token/revocation.
    calls: {
      /** In the name of clients that nobody let in, or of none. */
      ofStrangers: brief(600, minute),
      /** In one known client's name from one network. */
      ofClient: brief(3000, minute),
      refreshesOfGrant: brief(500, minute),
    },
    assertions: {
      ofStranger: brief(60, 10 * minute),
      ofStrangersNetwork: brief(300, 10 * minute),
      ofStrangers: lasting('assertions', 1200, 10 * minute),
      ofClient: brief(1200, minute),
    },
    // Ways back from an identity provider that came to nothing: for each we ask there.
    upstream: { ofNetwork: lasting('upstream', 60, 15 * minute) },
    passwords: {
      /** From one place against one account: a person's slips. */
      ofPair: lasting('password pair', 10, 15 * minute),
      ofNetwork: lasting('password network', 60, 15 * minute),
      /** From all places against one account: a guesser with many addresses is slowed. */
      ofAccount: lasting('password account', 100, hour),
      /** In a browser in which that account signed in before: the others then do not hold. */
      ofDevice: lasting('password device', 10, 15 * minute),
      /** Where an account signed in lately the limit of the account does not hold. Never used up. */
      places: lasting('password places', 1_000_000, 14 * day),
    },
  };
}

/** Made on first start; several processes may start at once, and must count alike. */
async function openSalt(database: Database): Promise<string> {
  const store = new KeyStore(database);
  const lock = await database.lock('limits');
  try {
    const stored = await store.findSecret('limits');
    if (stored !== undefined) return stored.hash;
    const made = randomBytes(32).toString('base64url');
    await store.replaceSecret('limits', undefined, { hash: made });
    return made;
  } finally {
    await lock.release();
  }
}
