// Signing out: by the button of every page, and as apps ask for it (OpenID Connect RP-Initiated Logout). Connections go on.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import compose from 'koa-compose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { seeOther, showPage } from '../http/pages/frame.ts';
import { signedOutPage, signOutPage } from '../pages/sign-out.ts';
import { readWayBack } from './account/way-back.ts';
import type { AccountSessions } from './account-session.ts';

interface LogoutState {
  secret?: string;
  clientId?: string | undefined;
  postLogoutRedirectUri?: string;
  state?: string;
}

/** The library has put its own token against cross-site posts into the session; the form gives it back. */
export async function logoutSource(ctx: KoaContextWithOIDC): Promise<void> {
  const state = stateOf(ctx);
  // Cancel changes nothing; with this the library would end what the app holds of the session.
  if (state) state.clientId = undefined;
  const hiddenFields = { xsrf: String(state?.secret ?? ''), back: ctx.get('Referer') };
  showPage(ctx, signOutPage, { action: ctx.oidc.urlFor('end_session_confirm'), hiddenFields });
}

export async function postLogoutSuccessSource(ctx: KoaContextWithOIDC): Promise<void> {
  showPage(ctx, signedOutPage, {});
}

interface SignOutParts {
  readonly sessions: AccountSessions;
  readonly issuer: string;
  readonly issuerPath: string;
  /** Body parsing and the refusal of foreign forms. */
  readonly form: Middleware;
}

export function createSignOutRoutes(parts: SignOutParts): Middleware {
  const router = new Router();
  router.post('/account/sign-out', parts.form, async (ctx) => {
    await parts.sessions.end(ctx);
    seeOther(ctx, `${parts.issuerPath}/session/end/success`);
  });
  return compose([router.routes() as Middleware, amendLibrary(parts)]);
}

/** What the library answers around its own sign-out, where it is not so or not seen. */
function amendLibrary({ sessions, issuer, issuerPath }: SignOutParts): Middleware {
  const account = `${issuerPath}/account`;
  return async (ctx, next) => {
    if (ctx.path === '/session/end/success' && (await sessions.find(ctx)))
      return seeOther(ctx, account, { code: 'stillSignedIn' });
    await next();
    const { oidc } = ctx as unknown as KoaContextWithOIDC;
    if (ctx.path === '/session/end' && ctx.status === 200 && oidc.session?.accountId === undefined)
      return goOnSignedOut(ctx, issuerPath);
    if (ctx.path !== '/session/end/confirm' || ctx.status !== 303 || oidc.params?.['logout']) return;
    seeOther(ctx, readWayBack(oidc.body?.['back'], issuer, account), { code: 'stillSignedIn' });
  };
}

// Where nobody is signed in the library answers with a form that sends itself by a script, which no page of ours may run.
function goOnSignedOut(ctx: ParameterizedContext, issuerPath: string): void {
  const { postLogoutRedirectUri, state } = stateOf(ctx as unknown as KoaContextWithOIDC) ?? {};
  const next = new URL(postLogoutRedirectUri ?? 'about:blank');
  if (state !== undefined) next.searchParams.set('state', state);
  ctx.body = '';
  seeOther(ctx, postLogoutRedirectUri === undefined ? `${issuerPath}/session/end/success` : next.href);
}

function stateOf(ctx: KoaContextWithOIDC): LogoutState | undefined {
  return (ctx.oidc.session as { state?: LogoutState } | undefined)?.state;
}
