// Whether a posted username and password open an account, within the limits of guessing.
import type { ParameterizedContext } from 'koa';
import type { Account, AccountStore } from '../../adapters/stores/accounts.ts';
import type { Fault } from '../../pages/words.ts';
import type { Trail } from '../http/trail.ts';
import { isPassword, isQueueFull, PasswordUnchecked } from './passwords.ts';
import type { SignInLimits } from './sign-in-limits.ts';

export interface PasswordCheckParts {
  readonly accounts: AccountStore;
  readonly limits: SignInLimits;
  readonly trail: Trail;
}

// By then the places of today are worked off, also where each takes half a second.
const fullSeconds = 5;

/** What a form that was sent in vain shows again. */
export interface FormRefused {
  readonly username: string;
  readonly fault: Fault;
}

interface Refused {
  readonly refused: FormRefused;
}

/** An account, or why not (the status and Retry-After are then set on the answer). */
export type PasswordCheck = { readonly account: Account } | Refused;

/** The form a person posted; empty where there is none. */
export function readForm(ctx: ParameterizedContext): Record<string, unknown> {
  return ((ctx.request as { body?: unknown }).body ?? {}) as Record<string, unknown>;
}

/** What the form says for `username` and `password`. A blank around the name, as phones add it, is none of it. */
export function readCredentials(ctx: ParameterizedContext): { username: string; password: string } {
  const { username, password } = readForm(ctx);
  return {
    username: typeof username === 'string' ? username.trim() : '',
    password: typeof password === 'string' ? password : '',
  };
}

export async function checkPassword(
  parts: PasswordCheckParts,
  ctx: ParameterizedContext,
  clientId?: string,
): Promise<PasswordCheck> {
  const { username, password } = readCredentials(ctx);
  // Before the try is counted: who is turned away has not guessed.
  if (isQueueFull()) return refuseFull(ctx, username);
  const wait = await parts.limits.attempt(ctx, username);
  const account = await parts.accounts.findByUsername(username);
  const facts = { accountId: account?.id, clientId };
  if (wait !== undefined) {
    parts.trail.warn(ctx, 'sign_in.locked_out', facts);
    const fault: Fault = { code: 'tooManyTries', values: { until: minuteAfter(wait) } };
    return refuse(ctx, 429, { username, fault }, wait);
  }
  const isRight = await isPasswordOf(account, password, ctx);
  if (isRight === undefined) return refuseFull(ctx, username);
  if (!account || !isRight || (await isClosed(parts, account))) {
    parts.trail.warn(ctx, 'sign_in.failed', { ...facts, reason: reasonFor(account, isRight) });
    return refuse(ctx, 401, { username, fault: { code: 'wrongPassword' } });
  }
  await parts.limits.succeeded(ctx, account);
  parts.trail.tell(ctx, 'sign_in.succeeded', facts);
  return { account };
}

// Clocks on pages show minutes: the one that is shown must not be too early.
function minuteAfter(seconds: number): Date {
  return new Date(Math.ceil((Date.now() / 1000 + seconds) / 60) * 60_000);
}

/** Undefined where it could not be checked. Who closes the connection leaves the queue. */
async function isPasswordOf(
  account: Account | undefined,
  password: string,
  { res }: ParameterizedContext,
): Promise<boolean | undefined> {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  try {
    return await isPassword(password, account?.passwordHash, gone.signal);
  } catch (error) {
    if (error instanceof PasswordUnchecked) return undefined;
    throw error;
  }
}

/** Whether nobody signs in with that password: also where it was replaced, or the account closed, while it was checked. */
async function isClosed({ accounts }: PasswordCheckParts, { id, passwordHash }: Account): Promise<boolean> {
  const now = await accounts.findById(id);
  return now === undefined || now.isDisabled || now.passwordHash !== passwordHash;
}

function reasonFor(account: Account | undefined, isRight: boolean): string {
  if (!account) return 'unknown';
  return isRight ? 'disabled' : 'password';
}

/** For whoever found the queue of passwords full. */
export function refuseFull(ctx: ParameterizedContext, username: string): Refused {
  return refuse(ctx, 503, { username, fault: { code: 'queueFull' } }, fullSeconds);
}

function refuse(
  ctx: ParameterizedContext,
  status: number,
  refused: FormRefused,
  retryAfterSeconds?: number,
): Refused {
  ctx.status = status;
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  return { refused };
}
