// The server's own address, and how apps are connected: the two pages that anybody may see.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Account } from '../../adapters/stores/accounts.ts';
import type { ConnectionStore } from '../../adapters/stores/connections.ts';
import { showPage } from '../http/pages/frame.ts';
import { connectPage, type Progress } from '../pages/connect.ts';
import { doorPage } from '../pages/door.ts';
import { reachabilityOf } from '../reachability.ts';
import type { AccountSessions } from './account-session.ts';

export interface DoorParts {
  readonly sessions: Pick<AccountSessions, 'find'>;
  readonly connections: ConnectionStore;
  readonly issuerPath: string;
  readonly mcpUrl: string;
}

// Often enough to be seen, seldom enough to read in between.
const lookSeconds = 10;

export function createDoorRoutes(parts: DoorParts): Middleware {
  const { sessions, issuerPath, mcpUrl } = parts;
  const [connectUrl, accountUrl] = [`${issuerPath}/connect`, `${issuerPath}/account`];
  const router = new Router();
  router.get('/', async (ctx, next) => {
    // Programs find here what they always found: nothing, in JSON.
    if (ctx.accepts('json', 'html') !== 'html') return next();
    const isSignedIn = (await sessions.find(ctx)) !== undefined;
    showPage(ctx, doorPage, { mcpUrl, connectUrl, accountUrl, isSignedIn });
  });
  router.get('/connect', async (ctx) => {
    const account = await sessions.find(ctx);
    const progress = account && (await readProgress(parts, ctx, account));
    // A header and no element: a page that is asked for again can be stopped, and is, by a link on it.
    if (progress?.isLooking) ctx.set('Refresh', String(lookSeconds));
    const data = { mcpUrl, reachability: reachabilityOf(mcpUrl), accountUrl, progress };
    showPage(ctx, connectPage, data);
  });
  return router.routes() as Middleware;
}

/** How far a person has come with their first app. */
async function readProgress(
  { connections }: DoorParts,
  ctx: ParameterizedContext,
  account: Account,
): Promise<Progress> {
  const list = await connections.listOfAccount(account.id);
  return {
    connections: list.map(({ client, clientId, since }) => ({
      clientName: client?.client_name ?? clientId,
      since,
    })),
    isLooking: list.length === 0 && ctx.query['look'] !== 'no',
  };
}
