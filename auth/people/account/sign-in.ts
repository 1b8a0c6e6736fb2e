// Signing in at a page of our own, without an app: then one goes on where one wanted to go.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import { seeOther, showPage } from '../../http/pages/frame.ts';
import { signInPage } from '../../pages/sign-in.ts';
import type { AccountSessions } from '../account-session.ts';
import type { FactorParts } from '../factors/code-check.ts';
import { showCode } from '../factors/code-form.ts';
import { markBrowser } from '../factors/passkeys/challenges.ts';
import { checkSignIn, type SignInCheck } from '../factors/two-steps.ts';
import { type FormRefused, readForm } from '../password-check.ts';
import { goToUpstream } from '../upstream/sign-in.ts';
import { keepsNone, setProbe } from './kept-cookies.ts';
import { readWayBack } from './way-back.ts';
import { offerWays } from './ways.ts';

export interface OwnSignInParts extends FactorParts {
  readonly sessions: AccountSessions;
  readonly issuer: string;
  readonly issuerPath: string;
  /** Body parsing and the refusal of foreign forms, in front of every POST. */
  readonly form: Middleware;
}

interface Asked {
  /** The path and query to go on at. */
  readonly back: string;
  readonly failed?: FormRefused;
}

export function createOwnSignInRoutes(parts: OwnSignInParts): Middleware {
  const { sessions, issuer, issuerPath } = parts;
  const router = new Router();
  router.post('/account/sign-in', parts.form, async (ctx) => {
    const form = readForm(ctx);
    const back = readWayBack(form['back'], issuer, `${issuerPath}/account`);
    if (form['cookies'] !== undefined && keepsNone(ctx)) {
      ctx.status = 400;
      const username = typeof form['username'] === 'string' ? form['username'] : '';
      return askToSignIn(parts, ctx, { back, failed: { username, fault: { code: 'cookiesBlocked' } } });
    }
    if (form['upstream'] !== undefined) return leave(parts, ctx, back, form['upstream'] === 'anew');
    await goOn(parts, ctx, back, await checkSignIn(parts, ctx, { signedIn: await sessions.find(ctx) }));
  });
  return router.routes() as Middleware;
}

/** Signed in and on the way to `back`, or what comes before that. */
export async function goOn(
  parts: OwnSignInParts,
  ctx: ParameterizedContext,
  back: string,
  check: SignInCheck,
): Promise<void> {
  if ('refused' in check) return askToSignIn(parts, ctx, { back, failed: check.refused });
  const action = `${parts.issuerPath}/account/sign-in`;
  if ('asked' in check) return showCode(ctx, { action, back, ...check.asked }, { address: back });
  await parts.sessions.begin(ctx, check.account, check.shown);
  seeOther(ctx, back);
}

/** To the provider, or the form with why not. */
async function leave(
  parts: OwnSignInParts,
  ctx: ParameterizedContext,
  back: string,
  isAnew: boolean,
): Promise<void> {
  const fault = await goToUpstream(parts, ctx, { back }, { isAnew });
  if (fault) await askToSignIn(parts, ctx, { back, failed: { username: '', fault } });
}

/** Answers with the form to sign in with; where there is no way but the provider, with the way there. */
export async function askToSignIn(
  parts: OwnSignInParts,
  ctx: ParameterizedContext,
  { back, failed }: Asked,
): Promise<void> {
  if (parts.upstream?.isOnlyWay && !failed) return leave(parts, ctx, back, false);
  setProbe(ctx);
  const action = `${parts.issuerPath}/account/sign-in`;
  const ways = await offerWays(parts, { bound: () => markBrowser(ctx), failed });
  showPage(ctx, signInPage, { action, back, ...ways, ...failed }, { address: back });
}

/**
 * Before something dangerous: whether the password was checked in the last five minutes. Else answers with the question
 * for it, and the person comes to `back` afterwards.
 */
export async function requireRecentPassword(
  parts: OwnSignInParts,
  ctx: ParameterizedContext,
  back: string,
): Promise<boolean> {
  if (await parts.sessions.isRecent(ctx)) return true;
  const account = await parts.sessions.find(ctx);
  const data = { action: `${parts.issuerPath}/account/sign-in`, back, username: account?.username };
  setProbe(ctx);
  const ways = await offerWays(parts, { bound: () => markBrowser(ctx), account });
  showPage(ctx, signInPage, { ...data, ...ways, isAgain: account !== undefined }, { address: back });
  return false;
}
