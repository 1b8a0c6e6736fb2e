// Signing in at a page of our own, without an app: then one goes on where one wanted to go.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import { seeOther, showPage } from '../../http/pages/frame.ts';
import { signInPage } from '../../pages/sign-in.ts';
import type { AccountSessions } from '../account-session.ts';
import { checkPassword, type FormRefused, type PasswordCheckParts, readForm } from '../password-check.ts';
import { keepsNone, setProbe } from './kept-cookies.ts';
import { readWayBack } from './way-back.ts';

export interface OwnSignInParts extends PasswordCheckParts {
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
    const check = await checkPassword(parts, ctx);
    if ('refused' in check) return askToSignIn(parts, ctx, { back, failed: check.refused });
    await sessions.begin(ctx, check.account);
    seeOther(ctx, back);
  });
  return router.routes() as Middleware;
}

/** Answers with the form to sign in with. */
export function askToSignIn(
  { issuerPath }: Pick<OwnSignInParts, 'issuerPath'>,
  ctx: ParameterizedContext,
  { back, failed }: Asked,
): void {
  setProbe(ctx);
  const action = `${issuerPath}/account/sign-in`;
  showPage(ctx, signInPage, { action, back, ...failed }, { address: back });
}

/**
 * Before something dangerous: whether the password was checked in the last five minutes. Else answers with the question
 * for it, and the person comes to `back` afterwards.
 */
export async function requireRecentPassword(
  { sessions, issuerPath }: Pick<OwnSignInParts, 'sessions' | 'issuerPath'>,
  ctx: ParameterizedContext,
  back: string,
): Promise<boolean> {
  if (await sessions.isRecent(ctx)) return true;
  const account = await sessions.find(ctx);
  const data = { action: `${issuerPath}/account/sign-in`, back, username: account?.username };
  setProbe(ctx);
  showPage(ctx, signInPage, { ...data, isAgain: account !== undefined }, { address: back });
  return false;
}
