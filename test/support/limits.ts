// Limits as tests count against them.
import type { Database } from '../../adapters/database/database.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { DeviceStore } from '../../adapters/stores/browsers/devices.ts';
import { KeyStore } from '../../adapters/stores/keys.ts';
import { type Asking, createDevices } from '../../auth/http/limits/devices.ts';
import { openLimits } from '../../auth/http/limits/limits.ts';
import { createSignInLimits } from '../../auth/people/sign-in-limits.ts';

export const counterSalt = 'the same in every test';

/**
 * Gives a new database the salt by which addresses and names have their counters (auth/http/limits/limit.ts), so that
 * the same ones share a counter each time, or never: with one made at random two of a hundred do every other run.
 */
export async function fixCounters(database: Database): Promise<void> {
  const store = new KeyStore(database);
  if ((await store.findSecret('limits')) === undefined) {
    await store.replaceSecret('limits', undefined, { hash: counterSalt });
  }
}

interface Place {
  readonly database: Database;
  readonly issuer: string;
}

/** Uses up the tries that the whole world has at an account within an hour. */
export async function lockOut({ database, issuer }: Place, username: string): Promise<void> {
  const accounts = new AccountStore(database);
  const devices = createDevices(new DeviceStore(database), issuer);
  const limits = createSignInLimits({ limits: await openLimits(database), devices, accounts });
  const cookies = { get: () => undefined };
  for (let n = 0; n < 120; n += 1) {
    const asking = { state: { address: `192.0.2.${n}` }, cookies } as unknown as Asking;
    await limits.attempt(asking, username);
  }
}

interface Refused<Answer> {
  readonly refusal: Answer;
  /** Before the refusal, in all. */
  readonly taken: number;
  /** Of these, within the last minute before it. */
  readonly takenInAMinute: number;
}

/** Sends, some at once, until one is answered with that status: a busy machine may begin the minute of a limit anew. */
export async function untilRefused<Answer extends { readonly status: number }>(
  ask: (n: number) => Promise<Answer>,
  { status = 429, atOnce = 20, atMost = 10_000 } = {},
): Promise<Refused<Answer>> {
  const takenAt: number[] = [];
  for (let n = 0; n < atMost; n += atOnce) {
    const answers = await Promise.all(Array.from({ length: atOnce }, (_, m) => ask(n + m)));
    const refusal = answers.find((answer) => answer.status === status);
    takenAt.push(...answers.filter((answer) => answer.status !== status).map(() => performance.now()));
    if (refusal === undefined) continue;
    const minuteAgo = performance.now() - 60_000;
    return {
      refusal,
      taken: takenAt.length,
      takenInAMinute: takenAt.filter((at) => at > minuteAgo).length,
    };
  }
  throw new Error(`none of ${atMost} was answered with ${status}`);
}
