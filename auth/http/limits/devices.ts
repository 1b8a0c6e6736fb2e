// The cookie of a browser in which somebody signed in with the right password: guesses from elsewhere don't count there.
import { randomBytes } from 'node:crypto';
import type { ParameterizedContext } from 'koa';
import { epochSeconds } from '../../../adapters/database/time.ts';
import type { DeviceStore } from '../../../adapters/stores/browsers/devices.ts';

/** As much of a request as tells whose browser it is. */
export type Asking = Pick<ParameterizedContext, 'cookies' | 'state'>;

export interface Devices {
  /** Of the browser that asks: a name for its limits and whose it is. Undefined where nobody signed in there. */
  readonly find: (ctx: Asking) => Promise<{ key: string; accountId: string } | undefined>;
  /** With the request that signed in. */
  readonly remember: (ctx: Asking, accountId: string) => Promise<void>;
}

// Browsers keep no cookie longer than 400 days; from each sign-in on it is as long again.
const validSeconds = 365 * 24 * 3600;

export function createDevices(store: DeviceStore, issuer: string): Devices {
  const { protocol, pathname } = new URL(issuer);
  const path = pathname.replace(/(?<=.)\/$/, '');
  const name = protocol === 'https:' && path === '/' ? '__Host-loop_device' : 'loop_device';
  // Not signed: the value is 256 random bits, and only its hash is stored.
  const read = (ctx: Asking): string | undefined => {
    const value = ctx.cookies.get(name, { signed: false });
    return value && /^[\w-]{43}$/.test(value) ? value : undefined;
  };
  const find: Devices['find'] = async (ctx) => {
    const value = read(ctx);
    const accountId = value && (await store.findAccountId(value));
    return accountId ? { key: value, accountId } : undefined;
  };
  return {
    find,
    remember: async (ctx, accountId) => {
      const known = await find(ctx);
      // A value that is not this account's already may be one that somebody else put there.
      const value = known?.accountId === accountId ? known.key : randomBytes(32).toString('base64url');
      await store.save(value, accountId, epochSeconds() + validSeconds);
      ctx.cookies.set(name, value, {
        signed: false,
        httpOnly: true,
        sameSite: 'lax',
        path,
        maxAge: validSeconds * 1000,
        overwrite: true,
      });
    },
  };
}
