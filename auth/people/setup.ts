// The first account: a one-time link at start, a form that creates the account, signs its owner in and ends the link.
import { randomBytes } from 'node:crypto';
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import { type Account, type AccountStore, UsernameTaken } from '../../adapters/stores/accounts.ts';
import { SetupLinkEnded, type SetupLinkStore } from '../../adapters/stores/setup-links.ts';
import { seeOther, showPage } from '../http/pages/frame.ts';
import type { Trail } from '../http/trail.ts';
import { type SetupProvider, setupOverPage, setupPage } from '../pages/setup.ts';
import type { AccountSessions } from './account-session.ts';
import { findCredentialFault } from './credential-rules.ts';
import { findPlace } from './factors/passkeys/place.ts';
import { byPassword } from './factors/shown.ts';
import { type FormRefused, readCredentials, refuseFull } from './password-check.ts';
import { hashPassword, PasswordUnchecked } from './passwords.ts';
import type { Upstream } from './upstream/upstream.ts';

const validSeconds = 24 * 3600;

/** A new link while no account exists; the one before it ends. Undefined once there is an account. */
export async function renewSetupLink(
  accounts: AccountStore,
  links: SetupLinkStore,
  issuer: string,
): Promise<string | undefined> {
  if (await accounts.hasAny()) return undefined;
  const token = randomBytes(32).toString('base64url');
  await links.renew(token, Math.floor(Date.now() / 1000) + validSeconds);
  return `${issuer}/setup?token=${token}`;
}

export interface SetupParts {
  readonly links: SetupLinkStore;
  readonly issuer: string;
  readonly issuerPath: string;
  readonly accounts: AccountStore;
  readonly sessions: Pick<AccountSessions, 'begin'>;
  readonly form: Middleware;
  readonly trail: Trail;
  readonly upstream: Upstream | undefined;
}

/** An unknown or ended link is 404, with a page that says how to go on. */
export function createSetupRoutes(parts: SetupParts): Middleware {
  const { links, issuerPath, sessions, form } = parts;
  const provider = providerFor(parts);
  const router = new Router();
  const actionOf = (token: string): string => `${issuerPath}/setup?token=${encodeURIComponent(token)}`;
  router.get('/setup', async (ctx) => {
    const token = String(ctx.query['token'] ?? '');
    if (!(await links.isLive(token))) return showOver(parts, ctx);
    showPage(ctx, setupPage, { action: actionOf(token), provider });
  });
  router.post('/setup', form, async (ctx) => {
    const token = String(ctx.query['token'] ?? '');
    if (!(await links.isLive(token))) return showOver(parts, ctx);
    const outcome = await createAccount(parts, token, ctx);
    if (outcome === 'ended') return showOver(parts, ctx);
    if ('account' in outcome) {
      await sessions.begin(ctx, outcome.account, byPassword);
      // So that a reload, or Back, finds a page and not a form that was sent.
      const isOffered = !('whyNot' in findPlace(parts.issuer));
      return seeOther(ctx, `${issuerPath}/connect`, isOffered ? { code: 'accountMade' } : undefined);
    }
    const action = actionOf(token);
    showPage(ctx, setupPage, { action, provider, ...outcome }, { address: action });
  });
  return router.routes() as Middleware;
}

/** Whoever comes in by it first has the first account, and this link is over. */
function providerFor({ upstream, issuerPath }: SetupParts): SetupProvider | undefined {
  if (!upstream) return undefined;
  const { settings, isOnlyWay } = upstream;
  const ways = { action: `${issuerPath}/account/sign-in`, back: `${issuerPath}/connect` };
  return { name: settings.name, isOnlyWay, ...ways };
}

// The address is not repeated: where another link is live, this one may be cut off from it.
async function showOver({ accounts, issuerPath }: SetupParts, ctx: ParameterizedContext): Promise<void> {
  const urls = { accountUrl: `${issuerPath}/account`, connectUrl: `${issuerPath}/connect` };
  showPage(ctx, setupOverPage, { ...urls, hasAccount: await accounts.hasAny() }, { isSwitched: false });
  ctx.status = 404;
}

/** Made, not made because the link ended meanwhile, or what is to be said (the status is then set). */
async function createAccount(
  { links, trail, upstream }: SetupParts,
  token: string,
  ctx: ParameterizedContext,
): Promise<{ account: Account } | 'ended' | FormRefused> {
  const { username, password } = readCredentials(ctx);
  if (upstream?.isOnlyWay) {
    ctx.status = 403;
    return { username, fault: { code: 'localOff', values: { provider: upstream.settings.name } } };
  }
  const fault = await findCredentialFault(username, password);
  if (fault !== undefined) {
    ctx.status = 422;
    return { username, fault };
  }
  try {
    const account = await links.createAccount(token, username, await hashPassword(password));
    trail.tell(ctx, 'account.created', { accountId: account.id });
    return { account };
  } catch (error) {
    if (error instanceof PasswordUnchecked) return refuseFull(ctx, username).refused;
    if (error instanceof SetupLinkEnded || error instanceof UsernameTaken) return 'ended';
    throw error;
  }
}
