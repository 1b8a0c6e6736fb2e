// /account: a person sees which apps are connected, and revokes them. Signed in here for half an hour at a time.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import { hashOpaque } from '../../adapters/database/hash.ts';
import type { Account } from '../../adapters/stores/accounts.ts';
import type { ConnectionStore } from '../../adapters/stores/connections.ts';
import { documentHost } from '../clients/document.ts';
import { redirectHost } from '../clients/metadata.ts';
import { accountPage, signInPage } from '../pages/pages.ts';
import { checkPassword, type PasswordCheckParts, readForm } from './password-check.ts';

export interface AccountPageParts extends PasswordCheckParts {
  readonly connections: ConnectionStore;
  readonly issuerPath: string;
  readonly form: Middleware;
}

const cookieName = 'loop_account';
const validMs = 30 * 60 * 1000;

export function createAccountRoutes(parts: AccountPageParts): Middleware {
  const router = new Router();
  const page = `${parts.issuerPath}/account`;
  router.get('/account', async (ctx) => {
    const account = await findSignedIn(parts, ctx);
    ctx.type = 'html';
    ctx.body = account ? await renderAccount(parts, account) : signInPage({ action: `${page}/sign-in` });
  });
  router.post('/account/sign-in', parts.form, async (ctx) => {
    const check = await checkPassword(parts, ctx);
    if ('refused' in check) {
      ctx.type = 'html';
      ctx.body = signInPage({ action: `${page}/sign-in`, ...check.refused });
      return;
    }
    setCookie(ctx, page, cookieValue(check.account, Date.now()));
    seeOther(ctx, page);
  });
  router.post('/account/revoke', parts.form, async (ctx) => {
    const account = await findSignedIn(parts, ctx);
    const own = account ? await parts.connections.listOfAccount(account.id) : [];
    await parts.connections.revoke(own.filter(({ grantId }) => grantId === readForm(ctx)['id']));
    seeOther(ctx, page);
  });
  router.post('/account/sign-out', parts.form, async (ctx) => {
    setCookie(ctx, page, null);
    seeOther(ctx, page);
  });
  return router.routes() as Middleware;
}

async function renderAccount(
  { connections, issuerPath }: AccountPageParts,
  account: Account,
): Promise<string> {
  const list = await connections.listOfAccount(account.id);
  return accountPage({
    username: account.username,
    revokeAction: `${issuerPath}/account/revoke`,
    signOutAction: `${issuerPath}/account/sign-out`,
    connections: list.map(({ grantId, client, clientId, since, lastUsed }) => ({
      id: grantId,
      clientName: client?.client_name ?? clientId,
      redirectHost: redirectHost(client?.redirect_uris?.[0] ?? 'about:blank'),
      describedAt: documentHost(clientId),
      since: readable(since),
      lastUsed: readable(lastUsed),
    })),
  });
}

/** The signed cookie names account, time and password: another password, or half an hour, ends it. */
function cookieValue(account: Account, now: number): string {
  return [account.id, now, hashOpaque(account.passwordHash)].join(' ');
}

async function findSignedIn(
  parts: AccountPageParts,
  ctx: ParameterizedContext,
): Promise<Account | undefined> {
  const value = ctx.cookies.get(cookieName, { signed: true });
  const [id, since] = decodeURIComponent(value ?? '').split(' ');
  if (!id || !(Number(since) + validMs > Date.now())) return undefined;
  const account = await parts.accounts.findById(id);
  const isStill =
    account && !account.isDisabled && decodeURIComponent(value ?? '') === cookieValue(account, Number(since));
  return isStill ? account : undefined;
}

function setCookie(ctx: ParameterizedContext, path: string, value: string | null): void {
  const encoded = value === null ? null : encodeURIComponent(value);
  ctx.cookies.set(cookieName, encoded, {
    signed: true,
    httpOnly: true,
    sameSite: 'strict',
    path,
    maxAge: validMs,
  });
}

function seeOther(ctx: ParameterizedContext, path: string): void {
  ctx.redirect(path);
  ctx.status = 303;
}

function readable(epochSeconds: number): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' }).format(
    new Date(epochSeconds * 1000),
  );
}
