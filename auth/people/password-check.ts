// Whether a posted username and password open an account, within the limits of guessing.
import type { ParameterizedContext } from 'koa';
import { DatabaseUnavailable } from '../../adapters/database/errors.ts';
import type { Account, AccountStore } from '../../adapters/stores/accounts.ts';
import type { Fault } from '../../pages/words.ts';
import type { Trail } from '../http/trail.ts';
import { hashPassword, isCheaperThanToday, isPassword, isQueueFull, PasswordUnchecked } from './passwords.ts';
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

/** As it was sent, for fields that come many times. */
export function rawBody({ request }: Pick<ParameterizedContext, 'request'>): string {
  return String((request as { rawBody?: unknown }).rawBody ?? '');
}

/** What the form says for `username` and `password`. A blank around the name, as phones add it, is none of it. */
export function readCredentials(ctx: ParameterizedContext): { username: string; password: string } {
  const { username, password } = readForm(ctx);
  return {
    username: typeof username === 'string' ? username.trim() : '',
    password: typeof password === 'string' ? password : '',
  };
}

interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly clientId?: string | undefined;
}

/** A right one is noted as a sign-in. */
export async function checkCredentials(
  parts: PasswordCheckParts,
  ctx: ParameterizedContext,
  credentials: Credentials,
): Promise<PasswordCheck> {
  const check = await checkPasswordAlone(parts, ctx, credentials);
  if ('account' in check) await noteSignIn(parts, ctx, check.account, { clientId: credentials.clientId });
  return check;
}

/** That the owner is here: once all is right that was asked for, since it opens the limits to this browser. */
export async function noteSignIn(
  { limits, trail }: PasswordCheckParts,
  ctx: ParameterizedContext,
  account: Account,
  facts: { readonly clientId?: string | undefined; readonly reason?: string },
): Promise<void> {
  await limits.succeeded(ctx, account);
  trail.tell(ctx, 'sign_in.succeeded', { accountId: account.id, ...facts });
}

/** Whoever has a second factor is not signed in by it. */
export async function checkPasswordAlone(
  parts: PasswordCheckParts,
  ctx: ParameterizedContext,
  { username, password, clientId }: Credentials,
): Promise<PasswordCheck> {
  const isKnown = await parts.limits.isOwnBrowser(ctx, username);
  // Before the try is counted: who is turned away has not guessed.
  if (isQueueFull(isKnown)) return refuseFull(ctx, username);
  const wait = await parts.limits.attempt(ctx, username);
  const account = await parts.accounts.findByUsername(username);
  const facts = { accountId: account?.id, clientId };
  if (wait !== undefined) {
    parts.trail.warn(ctx, 'sign_in.locked_out', facts);
    return refuseLocked(ctx, username, wait);
  }
  const isRight = await isPasswordOf(account, password, { ctx, isKnown });
  if (isRight === undefined) return refuseFull(ctx, username);
  if (!account || !isRight || (await isClosed(parts, account))) {
    parts.trail.warn(ctx, 'sign_in.failed', { ...facts, reason: reasonFor(account, isRight) });
    return refuse(ctx, 401, { username, fault: { code: 'wrongPassword' } });
  }
  return { account: await renewHash(parts.accounts, account, password) };
}

// Clocks on pages show minutes: the one that is shown must not be too early.
function minuteAfter(seconds: number): Date {
  return new Date(Math.ceil((Date.now() / 1000 + seconds) / 60) * 60_000);
}

/** Undefined where it could not be checked. Who closes the connection leaves the queue. */
async function isPasswordOf(
  account: Account | undefined,
  password: string,
  { ctx, isKnown }: { readonly ctx: ParameterizedContext; readonly isKnown: boolean },
): Promise<boolean | undefined> {
  const gone = new AbortController();
  ctx.res.once('close', () => gone.abort());
  try {
    return await isPassword(password, account?.passwordHash, { gone: gone.signal, isKnown });
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

/** Hashed anew where hashing costs more today. What stands in the way of that is in nobody's way. */
async function renewHash(accounts: AccountStore, account: Account, password: string): Promise<Account> {
  if (!isCheaperThanToday(account.passwordHash)) return account;
  try {
    const passwordHash = await hashPassword(password);
    const isRenewed = await accounts.renewHash(account, passwordHash);
    return isRenewed ? { ...account, passwordHash } : account;
  } catch (error) {
    if (error instanceof PasswordUnchecked || error instanceof DatabaseUnavailable) return account;
    throw error;
  }
}

function reasonFor(account: Account | undefined, isRight: boolean): string {
  if (!account) return 'unknown';
  return isRight ? 'disabled' : 'password';
}

/** For whoever has no try left for so many seconds. */
export function refuseLocked(ctx: ParameterizedContext, username: string, wait: number): Refused {
  const fault: Fault = { code: 'tooManyTries', values: { until: minuteAfter(wait) } };
  return refuse(ctx, 429, { username, fault }, wait);
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
