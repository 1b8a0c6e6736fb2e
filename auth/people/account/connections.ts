// /account: a person sees which apps are connected, and takes connections away.
// The room: what a person does with their own account. Not how they are known: account-session.ts, password-check.ts.
import Router from '@koa/router';
import type { Middleware } from 'koa';
import type { Account } from '../../../adapters/stores/accounts.ts';
import type { ConnectionStore } from '../../../adapters/stores/connections.ts';
import { documentHost } from '../../clients/document.ts';
import { redirectHost } from '../../clients/metadata.ts';
import { seeOther, showPage } from '../../http/frame.ts';
import { type AccountData, accountPage } from '../../pages/account.ts';
import { readForm } from '../password-check.ts';
import { askToSignIn, type OwnSignInParts } from './sign-in.ts';

export interface AccountPageParts extends OwnSignInParts {
  readonly connections: ConnectionStore;
}

export function createAccountRoutes(parts: AccountPageParts): Middleware {
  const { sessions } = parts;
  const router = new Router();
  const page = `${parts.issuerPath}/account`;
  router.get('/account', async (ctx) => {
    const account = await sessions.find(ctx);
    if (!account) return askToSignIn(parts, ctx, { back: page });
    showPage(ctx, accountPage, await readAccount(parts, account));
  });
  router.post('/account/revoke', parts.form, async (ctx) => {
    const account = await sessions.find(ctx);
    if (!account) return askToSignIn(parts, ctx, { back: page });
    const own = await parts.connections.listOfAccount(account.id);
    const revoked = own.filter(({ grantId }) => grantId === readForm(ctx)['id']);
    await parts.connections.revoke(revoked);
    for (const { grantId, clientId, accountId } of revoked) {
      parts.trail.tell(ctx, 'connection.revoked', { accountId, clientId, grantId, reason: 'person' });
    }
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
    revokeAction: `${issuerPath}/account/revoke`,
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
