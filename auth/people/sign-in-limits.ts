// How often a password may be tried: from one place, against one account, in a browser that its owner used before.
import { hash } from 'node:crypto';
import { type Account, type AccountStore, foldUsername } from '../../adapters/stores/accounts.ts';
import type { Asking, Devices } from '../http/limits/devices.ts';
import type { Limits } from '../http/limits/limits.ts';
import { networkOf } from '../http/limits/network.ts';

export interface SignInLimits {
  /** Whether that account signed in before in the browser that asks. */
  readonly isOwnBrowser: (ctx: Asking, username: string) => Promise<boolean>;
  /** Seconds to wait before the next try, or undefined when one is free now. Counts the try. */
  readonly attempt: (ctx: Asking, username: string) => Promise<number | undefined>;
  /** A right password shows that the tries before it were its owner's, and that the browser is. */
  readonly succeeded: (ctx: Asking, account: Account) => Promise<void>;
  /** The same of a way back from an identity provider: `attempt` before it is asked, `succeeded` once it was good. */
  readonly upstream: {
    readonly attempt: (ctx: Asking) => Promise<number | undefined>;
    readonly succeeded: (ctx: Asking) => Promise<void>;
  };
}

export interface SignInLimitParts {
  readonly limits: Limits;
  readonly devices: Devices;
  readonly accounts: AccountStore;
}

export function createSignInLimits({ limits, devices, accounts }: SignInLimitParts): SignInLimits {
  const { ofPair, ofNetwork, ofAccount, ofDevice, places } = limits.passwords;
  const findDevice = async (ctx: Asking, account: Account | undefined): Promise<string | undefined> => {
    const device = account && (await devices.find(ctx));
    return device && device.accountId === account.id ? device.key : undefined;
  };
  return {
    isOwnBrowser: async (ctx, username) =>
      (await findDevice(ctx, await accounts.findByUsername(username))) !== undefined,
    attempt: async (ctx, username) => {
      // Guesses from elsewhere, however many, don't count in the owner's own browser (the "device cookie" of OWASP).
      const account = await accounts.findByUsername(username);
      const device = await findDevice(ctx, account);
      if (device !== undefined) return ofDevice.take(device);
      const { at, who, both, place } = keysOf(ctx, username, account);
      const wait = (await ofNetwork.take(at)) ?? (await ofPair.take(both));
      // Nor where the owner signed in lately, though their browser keeps no cookie.
      if (wait !== undefined || (await places.has(place))) return wait;
      return ofAccount.take(who);
    },
    succeeded: async (ctx, account) => {
      const { at, who, both, place } = keysOf(ctx, account.username, account);
      const device = await findDevice(ctx, account);
      // Only what the try has taken is given back, or guessers elsewhere would get more.
      if (device !== undefined) await ofDevice.forget(device);
      else await Promise.all([ofNetwork.giveBack(at), ofPair.forget(both)]);
      if (device === undefined && !(await places.has(place))) await ofAccount.giveBack(who);
      await places.take(place);
      await devices.remember(ctx, account.id);
    },
    upstream: {
      attempt: (ctx) => limits.upstream.ofNetwork.take(networkOf(ctx.state['address'])),
      succeeded: (ctx) => limits.upstream.ofNetwork.giveBack(networkOf(ctx.state['address'])),
    },
  };
}

function keysOf(
  ctx: Asking,
  username: string,
  account: Account | undefined,
): { at: string; who: string; both: string; place: string } {
  const at = networkOf(ctx.state['address']);
  const who = keyOf(username);
  return { at, who, both: `${at} ${who}`, place: placeOf(at, username, account?.passwordHash) };
}

/** Where an account signed in. Where a password was right that was replaced since, its owner may not have been. */
export function placeOf(network: string, username: string, passwordHash: string | undefined): string {
  return `${network} ${keyOf(username)} ${passwordHash}`;
}

const keyOf = (username: string): string => hash('sha256', foldUsername(username));
