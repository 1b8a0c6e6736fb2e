// Signing in with a passkey: nothing is typed, and no code is asked for.
// The room: how a passkey is asked for, added and believed. Not what else an account shows: the folder above; nor pages: pages/factors/.
import type { ParameterizedContext } from 'koa';
import type { Account } from '../../../../adapters/stores/accounts.ts';
import type { Passkey } from '../../../../adapters/stores/factors/passkeys.ts';
import type { Fault } from '../../../../pages/words.ts';
import { noteSignIn, readForm } from '../../password-check.ts';
import type { FactorParts } from '../code-check.ts';
import { byPasskey, type Shown } from '../shown.ts';
import { type Asking, followChallenge } from './challenges.ts';
import { optionsToSignIn, userHandleOf } from './options.ts';
import { findPlace } from './place.ts';

/** For the page: what the browser is asked with. Undefined where passkeys can't be, or nobody has one. */
export async function offerPasskey(
  { passkeys, issuer, challenges }: Pick<FactorParts, 'passkeys' | 'issuer' | 'challenges'>,
  bound: () => string,
): Promise<string | undefined> {
  const place = findPlace(issuer);
  if ('whyNot' in place || !(await passkeys.hasAny())) return undefined;
  return optionsToSignIn(place, challenges.make({ purpose: 'sign-in', bound: bound() }));
}

export function isPasskeySent(ctx: ParameterizedContext): boolean {
  const { passkey } = readForm(ctx);
  return typeof passkey === 'string' && passkey !== '';
}

export type PasskeyCheck = { readonly account: Account; readonly shown: Shown } | { readonly fault: Fault };

interface Sent {
  readonly id: string;
  readonly response: { readonly userHandle?: unknown; readonly clientDataJSON?: unknown };
}

/** The status is set on the answer where it is refused. */
export async function checkPasskey(
  parts: FactorParts,
  ctx: ParameterizedContext,
  { bound, clientId }: { readonly bound: string; readonly clientId?: string | undefined },
): Promise<PasskeyCheck> {
  const sent = parseSent(readForm(ctx)['passkey']);
  const passkey = sent && (await parts.passkeys.find(sent.id));
  const account = passkey && (await parts.accounts.findById(passkey.accountId));
  const refuse = (code: Fault['code']): PasskeyCheck => {
    parts.trail.warn(ctx, 'sign_in.failed', { accountId: account?.id, clientId, reason: 'passkey' });
    ctx.status = 401;
    return { fault: { code } };
  };
  if (!sent || !passkey || !account) return refuse('passkeyUnknown');
  const used = await useOnce(parts, sent, passkey, { purpose: 'sign-in', bound });
  if (!used || account.isDisabled) return refuse('passkeyRefused');
  // Its owner is here, whatever others have used up: what is taken is given back with the sign-in.
  await parts.limits.attempt(ctx, account.username);
  await noteSignIn(parts, ctx, account, { clientId, reason: 'passkey' });
  return { account, shown: byPasskey(used.isSynced) };
}

/** Undefined where it is not to be believed: for another place or asking, sent before, or by a copy of the passkey. */
async function useOnce(
  parts: FactorParts,
  sent: Sent,
  passkey: Passkey,
  asking: Asking,
): Promise<{ isSynced: boolean } | undefined> {
  const place = findPlace(parts.issuer);
  const { userHandle } = sent.response;
  if ('whyNot' in place || (userHandle && userHandle !== userHandleOf({ id: passkey.accountId })))
    return undefined;
  const { isAsked, asked } = followChallenge(parts.challenges, asking);
  const { readUse } = await import('./ceremony.ts');
  const use = await readUse(sent, passkey, place, isAsked);
  if (!use || !(await takeChallenge(parts, passkey, asked()))) return undefined;
  return (await parts.passkeys.use(passkey, use)) ? use : undefined;
}

/** False where it was sent before. */
export async function takeChallenge(
  { signInSteps }: FactorParts,
  { accountId }: { readonly accountId: string },
  asked: ReturnType<ReturnType<typeof followChallenge>['asked']>,
): Promise<boolean> {
  return asked !== undefined && signInSteps.takeOnce(`challenge:${asked.challenge}`, accountId, asked.until);
}

/** Undefined for what no browser sends. */
export function parseSent(value: unknown): Sent | undefined {
  try {
    const sent = JSON.parse(String(value)) as Partial<Sent> | null;
    const isWhole = typeof sent?.id === 'string' && typeof sent.response === 'object' && sent.response;
    return isWhole ? (sent as Sent) : undefined;
  } catch {
    return undefined;
  }
}
