// A sign-in in one step or in two: a passkey, or something else first (the password, or an identity provider), and where
// the account has one-time codes, one of them after it.
import { randomBytes } from 'node:crypto';
import type { ParameterizedContext } from 'koa';
import { epochSeconds } from '../../../adapters/database/time.ts';
import { type Account, foldUsername } from '../../../adapters/stores/accounts.ts';
import type { Fault } from '../../../pages/words.ts';
import {
  checkPasswordAlone,
  type FormRefused,
  noteSignIn,
  readCredentials,
  readForm,
} from '../password-check.ts';
import { checkCode, type FactorParts } from './code-check.ts';
import { readMark } from './passkeys/challenges.ts';
import { checkPasskey, isPasskeySent } from './passkeys/sign-in.ts';
import { byPassword, type Shown, withCode } from './shown.ts';

/** What the page that asks for the code shows. */
interface CodeAsked {
  readonly username: string;
  /** For the form: how its answer is known again. */
  readonly step: string;
  /** A recovery code is asked for, which has letters. */
  readonly isRecovery: boolean;
  /** The identity provider that said who it is, in place of a password. */
  readonly provider?: string | undefined;
  readonly fault?: Fault;
}

interface SignedIn {
  readonly account: Account;
  /** Undefined, or only when it was, where a session goes on that has shown it. */
  readonly shown: Shown | Pick<Shown, 'ts'> | undefined;
}

/** Signed in, the first form again, or the form for the code (the status is set on the answer). */
export type SignInCheck = SignedIn | { readonly refused: FormRefused } | { readonly asked: CodeAsked };

export interface SigningIn {
  /** What the second step is found by, where the browser is known by more than its form. */
  readonly turn?: string;
  readonly clientId?: string;
  /** Of whom the session of this browser is: it has shown the second factor before. */
  readonly signedIn?: Account | undefined;
}

const stepSeconds = 10 * 60;
const nameOf = (step: string): string => `code-after-password:${step}`;

export async function checkSignIn(
  parts: FactorParts,
  ctx: ParameterizedContext,
  signingIn: SigningIn = {},
): Promise<SignInCheck> {
  const { password } = readForm(ctx);
  const isPasskey = isPasskeySent(ctx);
  if (!isPasskey && password === undefined && isCodeSent(ctx)) return checkSecondStep(parts, ctx, signingIn);
  if (parts.upstream?.isOnlyWay && !isAskedAgain(ctx, signingIn)) return refuseLocal(parts, ctx, signingIn);
  if (isPasskey) return checkByPasskey(parts, ctx, signingIn);
  const { clientId } = signingIn;
  const check = await checkPasswordAlone(parts, ctx, { ...readCredentials(ctx), clientId });
  if ('refused' in check) return check;
  return goOnAfter(parts, ctx, check.account, { ...signingIn, first: { shown: byPassword } });
}

/** Whoever is signed in shows once more that they are: nobody comes in by that. */
function isAskedAgain(ctx: ParameterizedContext, { signedIn }: SigningIn): boolean {
  const { username } = readCredentials(ctx);
  return (
    signedIn !== undefined &&
    !isPasskeySent(ctx) &&
    foldUsername(username) === foldUsername(signedIn.username)
  );
}

function refuseLocal(
  { trail, upstream }: FactorParts,
  ctx: ParameterizedContext,
  { clientId }: SigningIn,
): SignInCheck {
  trail.warn(ctx, 'sign_in.failed', { clientId, reason: 'local' });
  ctx.status = 403;
  const provider = upstream?.settings.name ?? '';
  return { refused: { username: '', fault: { code: 'localOff', values: { provider } } } };
}

/** What somebody has shown before the code. */
interface First {
  readonly shown: Shown;
  /** By whom, where it was no password. */
  readonly provider?: string | undefined;
}

/** Signed in, or the form for the code where the account has codes; the sign-in is noted once all is right. */
export async function goOnAfter(
  parts: FactorParts,
  ctx: ParameterizedContext,
  account: Account,
  { turn, clientId, signedIn, first }: SigningIn & { readonly first: First },
): Promise<SignInCheck> {
  const isKnown = signedIn?.id === account.id;
  if (isKnown || !(await parts.oneTimeCodes.find(account.id))) {
    await noteSignIn(parts, ctx, account, { clientId, ...(first.provider && { reason: 'upstream' }) });
    return { account, shown: isKnown ? againOf(first) : first.shown };
  }
  const step = turn ?? randomBytes(32).toString('base64url');
  const expiresAt = epochSeconds() + stepSeconds;
  const value = JSON.stringify(first);
  await parts.signInSteps.begin(nameOf(step), { accountId: account.id, value }, expiresAt);
  const asked = { step, clientId, first };
  if (!first.provider && isCodeSent(ctx)) return finishWithCode(parts, ctx, account, asked);
  return { asked: { username: account.username, step, isRecovery: false, provider: first.provider } };
}

/** A session of theirs goes on with what it has shown; where a provider says that it was earlier, it was. */
function againOf({ shown: { ts } }: First): Pick<Shown, 'ts'> | undefined {
  return ts === undefined ? undefined : { ts };
}

async function checkByPasskey(
  parts: FactorParts,
  ctx: ParameterizedContext,
  { turn, clientId }: SigningIn,
): Promise<SignInCheck> {
  const check = await checkPasskey(parts, ctx, { bound: turn ?? readMark(ctx), clientId });
  return 'fault' in check ? { refused: { username: '', fault: check.fault } } : check;
}

function isCodeSent(ctx: ParameterizedContext): boolean {
  return typeof readForm(ctx)['code'] === 'string';
}

async function checkSecondStep(
  parts: FactorParts,
  ctx: ParameterizedContext,
  { turn, clientId }: SigningIn,
): Promise<SignInCheck> {
  const { step: sent, with: wanted } = readForm(ctx);
  const step = turn ?? (typeof sent === 'string' ? sent : '');
  const found = await parts.signInSteps.find(nameOf(step));
  const account = found && (await parts.accounts.findById(found.accountId));
  if (!account || account.isDisabled) {
    ctx.status = 400;
    return { refused: { username: '', fault: { code: 'stepOver' } } };
  }
  const { username } = account;
  const first = JSON.parse(found.value || '{}') as Partial<First>;
  if (wanted === 'recovery' || wanted === 'code')
    return { asked: { username, step, isRecovery: wanted === 'recovery', provider: first.provider } };
  return finishWithCode(parts, ctx, account, { step, clientId, first: { shown: byPassword, ...first } });
}

async function finishWithCode(
  parts: FactorParts,
  ctx: ParameterizedContext,
  account: Account,
  { step, clientId, first }: { step: string; clientId: string | undefined; first: First },
): Promise<SignInCheck> {
  const typed = String(readForm(ctx)['code']);
  const check = await checkCode(parts, ctx, account, { typed, clientId });
  if ('fault' in check) {
    const isRecovery = /[a-z]/i.test(typed);
    const { provider } = first;
    return { asked: { username: account.username, step, isRecovery, provider, fault: check.fault } };
  }
  await parts.signInSteps.end(nameOf(step));
  await noteSignIn(parts, ctx, account, { clientId, reason: check.by });
  return { account, shown: withCode(first.shown) };
}
