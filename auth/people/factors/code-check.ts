// Whether what was typed as a second factor is one of the account's, within the limits of guessing.
// The room: what an account shows beside its password. Not the password itself: ../password-check.ts; nor how a page looks: pages/.
import type { ParameterizedContext } from 'koa';
import type { Logger } from 'pino';
import type { Account } from '../../../adapters/stores/accounts.ts';
import type { FactorStores } from '../../../adapters/stores/factors/factors.ts';
import type { Fault } from '../../../pages/words.ts';
import type { KeySeal } from '../../keys/seal.ts';
import { type PasswordCheckParts, refuseLocked } from '../password-check.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { findStep, isUnreadable, openSecret, readCode } from './one-time-codes.ts';
import type { Challenges } from './passkeys/challenges.ts';
import { readRecoveryCode } from './recovery-codes.ts';

export interface FactorParts extends PasswordCheckParts, FactorStores {
  readonly seal: KeySeal;
  readonly issuer: string;
  readonly challenges: Challenges;
  /** The identity provider beside us, if there is one. */
  readonly upstream: Upstream | undefined;
  readonly log: Pick<Logger, 'error' | 'warn'>;
}

/** By which of both it was, or why not (the status and Retry-After are then set on the answer). */
export type CodeCheck = { readonly by: 'code' | 'recovery' } | { readonly fault: Fault };

const faults = { wrong: 'wrongCode', wrongRecovery: 'wrongRecovery', used: 'codeUsed' } as const;

type Outcome = 'code' | 'recovery' | keyof typeof faults;

/** The limits are told of a right one by whoever asks: `succeeded`. */
export async function checkCode(
  parts: FactorParts,
  ctx: ParameterizedContext,
  account: Account,
  { typed, clientId }: { readonly typed: string; readonly clientId?: string | undefined },
): Promise<CodeCheck> {
  const facts = { accountId: account.id, clientId };
  const code = readCode(typed);
  const secret = code === undefined ? undefined : await readSecret(parts, account.id);
  // Before the try is counted: by our outage nobody is locked out.
  if (secret === 'unreadable') {
    ctx.status = 503;
    return { fault: { code: 'codeUnreadable' } };
  }
  const wait = await parts.limits.attempt(ctx, account.username);
  if (wait !== undefined) {
    parts.trail.warn(ctx, 'sign_in.locked_out', facts);
    return { fault: refuseLocked(ctx, account.username, wait).refused.fault };
  }
  const outcome =
    code === undefined
      ? await tryRecovery(parts, account.id, typed)
      : await tryOneTimeCode(parts, account.id, { code, secret: secret?.opened });
  if (outcome === 'code' || outcome === 'recovery') return { by: outcome };
  parts.trail.warn(ctx, 'sign_in.failed', { ...facts, reason: 'code' });
  ctx.status = 401;
  return { fault: { code: faults[outcome] } };
}

/** Undefined where the account has no codes. */
async function readSecret(
  { oneTimeCodes, seal, log }: FactorParts,
  accountId: string,
): Promise<{ opened: string } | 'unreadable' | undefined> {
  const stored = await oneTimeCodes.find(accountId);
  try {
    return stored && { opened: await openSecret(seal, stored) };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    log.error({ err: error, accountId }, 'the secret of an account’s one-time codes can’t be read');
    return 'unreadable';
  }
}

async function tryOneTimeCode(
  { oneTimeCodes }: FactorParts,
  accountId: string,
  { code, secret }: { readonly code: string; readonly secret: string | undefined },
): Promise<Outcome> {
  const found = secret === undefined ? undefined : findStep(secret, code);
  if (found === undefined) return 'wrong';
  return (await oneTimeCodes.takeStep(accountId, found.step, found.newest)) ? 'code' : 'used';
}

/** Found by its hash alone, so that it helps also where the secret can't be read. */
async function tryRecovery(
  { recoveryCodes }: FactorParts,
  accountId: string,
  typed: string,
): Promise<Outcome> {
  const recovery = readRecoveryCode(typed);
  if (recovery === undefined) return /[a-z]/i.test(typed) ? 'wrongRecovery' : 'wrong';
  return (await recoveryCodes.take(accountId, recovery)) ? 'recovery' : 'wrongRecovery';
}
