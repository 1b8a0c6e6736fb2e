// Signing in by an identity provider beside us: out to it, and what its answer becomes.
// The room: who somebody is by another server's word, and whether they may. Not what an account shows of its own: factors/; nor pages: pages/.
import type { ParameterizedContext } from 'koa';
import { epochSeconds } from '../../../adapters/database/time.ts';
import type { Account } from '../../../adapters/stores/accounts.ts';
import type { SetupLinkStore } from '../../../adapters/stores/setup-links.ts';
import type { Fault } from '../../../pages/words.ts';
import { seeOther } from '../../http/pages/frame.ts';
import { recentSeconds } from '../account-session.ts';
import type { FactorParts } from '../factors/code-check.ts';
import { byUpstream } from '../factors/shown.ts';
import { goOnAfter, type SignInCheck, type SigningIn } from '../factors/two-steps.ts';
import { refuseLocked } from '../password-check.ts';
import { findOrCreateAccount } from './accounts.ts';
import { isAllowed } from './allowed.ts';
import type { Attempt, Goal } from './attempts.ts';
import { type Identity, UpstreamAway, UpstreamRefused } from './client.ts';
import type { Upstream } from './upstream.ts';

export interface UpstreamParts extends FactorParts {
  readonly setupLinks: Pick<SetupLinkStore, 'end'>;
}

const retryAfterSeconds = 5;
// Of `authenticatedAt`, by the clock of another machine.
const longestAgoSeconds = 6 * 60;

/** Answers with the way to the provider; or resolves to why there is none (the status is then set). */
export async function goToUpstream(
  { upstream, log }: FactorParts,
  ctx: ParameterizedContext,
  goal: Goal,
  { isAnew }: { readonly isAnew: boolean },
): Promise<Fault | undefined> {
  if (!upstream) return ctx.throw(404);
  try {
    const { url, checks } = await upstream.client.begin(isAnew);
    await upstream.attempts.add(ctx, { ...checks, goal, isAnew });
    seeOther(ctx, url.href);
    return undefined;
  } catch (error) {
    if (!(error instanceof UpstreamAway)) throw error;
    log.warn({ err: error }, 'the identity provider was not reached');
    return away(upstream, ctx);
  }
}

function away({ settings }: Upstream, ctx: ParameterizedContext): Fault {
  ctx.status = 503;
  ctx.set('Retry-After', String(retryAfterSeconds));
  return { code: 'upstreamAway', values: { provider: settings.name } };
}

/** The sign-in that came back; it is over with this. Throws 400 where this browser has not begun it, or too long ago. */
export async function takeAttempt({ upstream }: FactorParts, ctx: ParameterizedContext): Promise<Attempt> {
  const attempt = await findAttempt(upstream, ctx);
  await upstream?.attempts.drop(ctx, attempt);
  return attempt;
}

export async function findAttempt(
  upstream: Upstream | undefined,
  ctx: ParameterizedContext,
): Promise<Attempt> {
  const attempt = await upstream?.attempts.find(ctx, ctx.query['state']);
  return attempt ?? ctx.throw(400, 'no sign-in of this browser', { about: 'upstreamOver' });
}

/** Who came back and may sign in, or why nobody did (the status is then set on the answer). */
export type IdentityCheck = { readonly identity: Identity } | { readonly fault: Fault };

export async function checkIdentity(
  parts: FactorParts,
  ctx: ParameterizedContext,
  attempt: Attempt,
  clientId?: string,
): Promise<IdentityCheck> {
  const { upstream, limits, trail } = parts;
  if (!upstream) return ctx.throw(404);
  const wait = await limits.upstream.attempt(ctx);
  if (wait !== undefined) return { fault: refuseLocked(ctx, '', wait).refused.fault };
  const identity = await askProvider(parts, upstream, ctx, attempt);
  if ('fault' in identity) return identity;
  const refuse = (code: Fault['code']): IdentityCheck => {
    trail.warn(ctx, 'sign_in.failed', { clientId, reason: 'upstream' });
    ctx.status = 403;
    return { fault: { code, values: { provider: upstream.settings.name, subject: identity.subject } } };
  };
  if (attempt.isAnew && isLongAgo(identity)) return refuse('upstreamNotAnew');
  if (!isAllowed(upstream.settings.allow, identity.subject, identity.claims))
    return refuse('upstreamNotAllowed');
  await limits.upstream.succeeded(ctx);
  return { identity };
}

async function askProvider(
  { log }: FactorParts,
  upstream: Upstream,
  ctx: ParameterizedContext,
  attempt: Attempt,
): Promise<Identity | { readonly fault: Fault }> {
  try {
    return await upstream.client.finish(ctx.search, attempt);
  } catch (error) {
    if (error instanceof UpstreamAway) {
      log.warn({ err: error }, 'the identity provider was not reached');
      return { fault: away(upstream, ctx) };
    }
    if (!(error instanceof UpstreamRefused)) throw error;
    if (error.why !== 'cancelled') log.warn({ err: error }, 'a sign-in by the identity provider was refused');
    ctx.status = 400;
    return { fault: { code: refusals[error.why], values: { provider: upstream.settings.name } } };
  }
}

const refusals = {
  cancelled: 'upstreamCancelled',
  refused: 'upstreamRefused',
  unfit: 'upstreamUnfit',
} as const;

function isLongAgo({ authenticatedAt }: Identity): boolean {
  return authenticatedAt !== undefined && authenticatedAt < epochSeconds() - longestAgoSeconds;
}

/** Signed in, the form for a code of ours, or why not: as after a password. */
export async function checkUpstream(
  parts: UpstreamParts,
  ctx: ParameterizedContext,
  attempt: Attempt,
  signingIn: SigningIn,
): Promise<SignInCheck> {
  const { clientId } = signingIn;
  const check = await checkIdentity(parts, ctx, attempt, clientId);
  if ('fault' in check) return { refused: { username: '', fault: check.fault } };
  const { identity } = check;
  const { account, isNew } = await findOrCreateAccount(parts, identity);
  if (isNew) parts.trail.tell(ctx, 'account.created', { accountId: account.id, reason: 'upstream' });
  if (account.isDisabled) return refuseClosed(parts, ctx, account, clientId);
  // Its owner is here, whatever others have used up: what is taken is given back with the sign-in.
  await parts.limits.attempt(ctx, account.username);
  const shown = byUpstream(identity.claims['amr'], timeOf(identity, attempt.isAnew));
  const first = { shown, provider: parts.upstream?.settings.name };
  return goOnAfter(parts, ctx, account, { ...signingIn, first });
}

/**
 * When the person was asked, in epoch seconds; never later than now, by whatever clock. A provider that does not say it has
 * asked just now where it was to, and else perhaps yesterday: what is for a person alone then asks once more.
 */
function timeOf({ authenticatedAt }: Identity, isAnew: boolean): number {
  const now = epochSeconds();
  return Math.min(now, authenticatedAt ?? (isAnew ? now : now - recentSeconds - 1));
}

function refuseClosed(
  { trail }: UpstreamParts,
  ctx: ParameterizedContext,
  { id }: Account,
  clientId: string | undefined,
): SignInCheck {
  trail.warn(ctx, 'sign_in.failed', { accountId: id, clientId, reason: 'disabled' });
  ctx.status = 403;
  return { refused: { username: '', fault: { code: 'upstreamClosed' } } };
}
