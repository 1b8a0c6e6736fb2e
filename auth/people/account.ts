// /account: a person sees which apps are connected, and revokes them. How they are signed in there: account-session.ts.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Account } from '../../adapters/stores/accounts.ts';
import type { ConnectionStore } from '../../adapters/stores/connections.ts';
import { documentHost } from '../clients/document.ts';
import { redirectHost } from '../clients/metadata.ts';
import { showPage } from '../http/frame.ts';
import { type AccountData, accountPage } from '../pages/account.ts';
import { signInPage } from '../pages/sign-in.ts';
import type { AccountSessions } from './account-session.ts';
import { checkPassword, type PasswordCheckParts, readForm } from './password-check.ts';

export interface AccountPageParts extends PasswordCheckParts {
  readonly connections: ConnectionStore;
  readonly sessions: AccountSessions;
  readonly issuerPath: string;
  readonly form: Middleware;
}

export function createAccountRoutes(parts: AccountPageParts): Middleware {
  const { sessions } = parts;
  const router = new Router();
  const page = `${parts.issuerPath}/account`;
  router.get('/account', async (ctx) => {
    const account = await sessions.find(ctx);
    if (!account) return showPage(ctx, signInPage, { action: `${page}/sign-in` });
    showPage(ctx, accountPage, await readAccount(parts, account), { accountName: account.username });
  });
  router.post('/account/sign-in', parts.form, async (ctx) => {
    const check = await checkPassword(parts, ctx);
    if ('refused' in check) {
      const data = { action: `${page}/sign-in`, ...check.refused };
      return showPage(ctx, signInPage, data, { address: page });
    }
    await sessions.begin(ctx, check.account);
    seeOther(ctx, page);
  });
  router.post('/account/revoke', parts.form, async (ctx) => {
    const account = await sessions.find(ctx);
    const own = account ? await parts.connections.listOfAccount(account.id) : [];
    const revoked = own.filter(({ grantId }) => grantId === readForm(ctx)['id']);
    await parts.connections.revoke(revoked);
    for (const { grantId, clientId, accountId } of revoked) {
      parts.trail.tell(ctx, 'connection.revoked', { accountId, clientId, grantId, reason: 'person' });
    }
    seeOther(ctx, page);
  });
  router.post('/account/sign-out', parts.form, async (ctx) => {
    await sessions.end(ctx);
    seeOther(ctx, page);
  });
  return router.routes() as Middleware;
}

async function readAccount(
  { connections, issuerPath }: AccountPageParts,
  account: Account,
): Promise<AccountData> {
  const list = await connections.listOfAccount(account.id);
  return {
    username: account.username,
    revokeAction: `${issuerPath}/account/revoke`,
    signOutAction: `${issuerPath}/account/sign-out`,
    connections: list.map(({ grantId, client, clientId, since, lastUsed }) => ({
      id: grantId,
      clientName: client?.client_name ?? clientId,
      redirectHost: redirectHost(client?.redirect_uris?.[0] ?? 'about:blank'),
      describedAt: documentHost(clientId),
      since,
      lastUsed,
    })),
  };
}

function seeOther(ctx: ParameterizedContext, path: string): void {
  ctx.redirect(path);
  ctx.status = 303;
}
