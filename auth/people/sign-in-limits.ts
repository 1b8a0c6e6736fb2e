// How often a password may be tried: from one place, against one account, in a browser that its owner used before.
import { hash } from 'node:crypto';
import { type Account, type AccountStore, foldUsername } from '../../adapters/stores/accounts.ts';
import type { Asking, Devices } from '../http/limits/devices.ts';
import type { Limits } from '../http/limits/limits.ts';
import { networkOf } from '../http/limits/network.ts';

export interface SignInLimits {
  /** Seconds to wait before the next try, or undefined when one is free now. Counts the try. */
  readonly attempt: (ctx: Asking, username: string) => Promise<number | undefined>;
  /** A right password shows that the tries before it were its owner's, and that the browser is. */
  readonly succeeded: (ctx: Asking, account: Account) => Promise<void>;
}

export interface SignInLimitParts {
  readonly limits: Limits;
  readonly devices: Devices;
  readonly accounts: AccountStore;
}

export function createSignInLimits({ limits, devices, accounts }: SignInLimitParts): SignInLimits {
  const { ofPair, ofNetwork, ofAccount, ofDevice, places } = limits.passwords;
  const findDevice = async (ctx: Asking, username: string): Promise<string | undefined> => {
    const device = await devices.find(ctx);
    const owner = device && (await accounts.findById(device.accountId));
    return owner && foldUsername(owner.username) === foldUsername(username) ? device.key : undefined;
  };
  return {
    attempt: async (ctx, username) => {
      // Guesses from elsewhere, however many, don't count in the owner's own browser (the "device cookie" of OWASP).
      const device = await findDevice(ctx, username);
      if (device !== undefined) return ofDevice.take(device);
      const { at, who, both } = keysOf(ctx, username);
      const wait = (await ofNetwork.take(at)) ?? (await ofPair.take(both));
      // Nor where the owner signed in lately, though their browser keeps no cookie.
      if (wait !== undefined || (await places.has(both))) return wait;
      return ofAccount.take(who);
    },
    succeeded: async (ctx, account) => {
      const { at, who, both } = keysOf(ctx, account.username);
      const device = await findDevice(ctx, account.username);
      // Only what the try has taken is given back, or guessers elsewhere would get more.
      if (device !== undefined) await ofDevice.forget(device);
      else await Promise.all([ofNetwork.giveBack(at), ofPair.forget(both)]);
      if (device === undefined && !(await places.has(both))) await ofAccount.giveBack(who);
      await places.take(both);
      await devices.remember(ctx, account.id);
    },
  };
}

function keysOf(ctx: Asking, username: string): { at: string; who: string; both: string } {
  const at = networkOf(ctx.state['address']);
  const who = hash('sha256', foldUsername(username));
  return { at, who, both: `${at} ${who}` };
}
