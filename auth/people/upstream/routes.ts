// Where the provider sends browsers back to; and /account/security/upstream: one's account linked with one there, and not.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import compose from 'koa-compose';
import type { Account } from '../../../adapters/stores/accounts.ts';
import { UpstreamLinked } from '../../../adapters/stores/factors/upstream-links.ts';
import { seeOther } from '../../http/pages/frame.ts';
import { createOwnPage } from '../account/own-page.ts';
import { type SecurityParts, showSecurity } from '../account/security.ts';
import { goOn, requireRecentPassword } from '../account/sign-in.ts';
import { personOf } from './accounts.ts';
import type { Attempt } from './attempts.ts';
import {
  checkIdentity,
  checkUpstream,
  findAttempt,
  goToUpstream,
  takeAttempt,
  type UpstreamParts,
} from './sign-in.ts';
import { callbackPath, mayUnlink } from './upstream.ts';

type UpstreamRouteParts = SecurityParts & UpstreamParts;

export function createUpstreamRoutes(parts: UpstreamRouteParts): Middleware {
  const { upstream, issuerPath, sessions } = parts;
  const router = new Router();
  if (upstream) {
    router.get(callbackPath, async (ctx) => {
      const { goal } = await findAttempt(upstream, ctx);
      // The cookie of a sign-in for an app is sent below that sign-in's own address only.
      if ('interaction' in goal) {
        const page = `${issuerPath}/interaction/${encodeURIComponent(goal.interaction)}`;
        return seeOther(ctx, `${page}/upstream${ctx.search}`);
      }
      const attempt = await takeAttempt(parts, ctx);
      if ('link' in goal) return link(parts, ctx, attempt, goal.link);
      const asked = { signedIn: await sessions.find(ctx) };
      await goOn(parts, ctx, goal.back, await checkUpstream(parts, ctx, attempt, asked));
    });
  }
  const page = createOwnPage(parts, {
    path: '/account/security/upstream',
    back: '/account/security',
    show: async (_, ctx) => seeOther(ctx, `${issuerPath}/account/security`),
    actions: { link: beginLink, unlink },
  });
  return compose([router.routes() as Middleware, page]);
}

async function beginLink(
  parts: UpstreamRouteParts,
  ctx: ParameterizedContext,
  account: Account,
): Promise<void> {
  if (!(await requireRecentPassword(parts, ctx, `${parts.issuerPath}/account/security`))) return;
  const goal = { link: String(parts.sessions.seen(ctx)?.uid) };
  const fault = await goToUpstream(parts, ctx, goal, { isAnew: false });
  if (fault) await showSecurity(parts, ctx, account, { upstream: fault });
}

/** For the session that began it only: whoever else is signed in by now has asked for nothing. */
async function link(
  parts: UpstreamRouteParts,
  ctx: ParameterizedContext,
  attempt: Attempt,
  session: string,
): Promise<void> {
  const account = await parts.sessions.find(ctx);
  if (!account || parts.sessions.seen(ctx)?.uid !== session)
    return ctx.throw(400, 'another session began it', { about: 'upstreamOver' });
  const check = await checkIdentity(parts, ctx, attempt);
  if ('fault' in check) return showSecurity(parts, ctx, account, { upstream: check.fault });
  try {
    await parts.upstreamLinks.link(personOf(check.identity), account.id);
  } catch (error) {
    if (!(error instanceof UpstreamLinked)) throw error;
    ctx.status = 409;
    const provider = parts.upstream?.settings.name ?? '';
    return showSecurity(parts, ctx, account, { upstream: { code: 'upstreamTaken', values: { provider } } });
  }
  parts.trail.tell(ctx, 'upstream.linked', { accountId: account.id });
  seeOther(ctx, `${parts.issuerPath}/account/security`, { code: 'upstreamLinked' });
}

async function unlink(parts: UpstreamRouteParts, ctx: ParameterizedContext, account: Account): Promise<void> {
  const back = `${parts.issuerPath}/account/security`;
  if (!mayUnlink(parts.upstream, account)) {
    ctx.status = 409;
    return showSecurity(parts, ctx, account, { upstream: { code: 'upstreamNeeded' } });
  }
  if (!(await requireRecentPassword(parts, ctx, back))) return;
  const isRemoved = await parts.upstreamLinks.remove(account.id);
  if (isRemoved) parts.trail.tell(ctx, 'upstream.unlinked', { accountId: account.id });
  seeOther(ctx, back, { code: isRemoved ? 'upstreamUnlinked' : 'upstreamGone' });
}
