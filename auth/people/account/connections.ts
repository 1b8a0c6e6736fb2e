// /account: a person sees which apps are connected, and takes connections away or makes them read only.
// The room: what a person does with their own account. Not how they are known: account-session.ts, password-check.ts.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import type {
  AccountConnection,
  AccountConnectionStore,
  Place,
} from '../../../adapters/stores/account-connections.ts';
import type { Account } from '../../../adapters/stores/accounts.ts';
import type { ConnectionStore } from '../../../adapters/stores/connections.ts';
import { documentHost } from '../../clients/document.ts';
import { redirectHost } from '../../clients/metadata.ts';
import { seeOther, showPage } from '../../http/pages/frame.ts';
import { accountPage, type ShownApp, type ShownConnection } from '../../pages/account.ts';
import { questionPage } from '../../pages/account-question.ts';
import { resourcesOf, vaultDetail, withholdWriting } from '../../vault/access.ts';
import { readForm } from '../password-check.ts';
import { askToSignIn, type OwnSignInParts, requireRecentPassword } from './sign-in.ts';

export interface AccountPageParts extends OwnSignInParts {
  readonly provider: Provider;
  readonly connections: ConnectionStore;
  readonly accountConnections: AccountConnectionStore;
}

const actions = ['revoke', 'read-only', 'revoke-all', 'revoke-unused'] as const;
type Action = (typeof actions)[number];

interface Wish {
  readonly action: Action;
  /** Of the connection, where the action is about one. */
  readonly id: string;
}

const unusedSeconds = 30 * 24 * 3600;

export function createAccountRoutes(parts: AccountPageParts): Middleware {
  const router = new Router();
  const page = `${parts.issuerPath}/account`;
  router.get('/account', async (ctx) => {
    const account = await parts.sessions.find(ctx);
    if (!account) return askToSignIn(parts, ctx, { back: ctx.search === '' ? page : `${page}${ctx.search}` });
    const wish = readWish(ctx.query);
    if (wish) return ask(parts, ctx, account, wish);
    showPage(ctx, accountPage, await readAccount(parts, account, readPlace(ctx.query['before'])));
  });
  router.post('/account', parts.form, async (ctx) => {
    const form = readForm(ctx);
    const wish = readWish(form);
    if (!wish) return ctx.throw(400, `action must be one of ${actions.join(', ')}`);
    const account = await parts.sessions.find(ctx);
    // Whoever was signed out meanwhile comes back to the question.
    if (!account) return askToSignIn(parts, ctx, { back: addressOf(parts, wish) });
    if (form['confirm'] === 'yes') await fulfil(parts, ctx, account, wish);
    else await ask(parts, ctx, account, wish);
  });
  return router.routes() as Middleware;
}

function readWish({ action, id }: Readonly<Record<string, unknown>>): Wish | undefined {
  const known = actions.find((one) => one === action);
  return known && { action: known, id: typeof id === 'string' ? id : '' };
}

function addressOf({ issuerPath }: AccountPageParts, { action, id }: Wish): string {
  return `${issuerPath}/account?${new URLSearchParams(id === '' ? { action } : { action, id })}`;
}

/** Asks once; what there is nothing to ask about is said at once. */
async function ask(
  parts: AccountPageParts,
  ctx: ParameterizedContext,
  account: Account,
  wish: Wish,
): Promise<void> {
  const address = addressOf(parts, wish);
  const page = `${parts.issuerPath}/account`;
  if (wish.action === 'revoke-all' && !(await requireRecentPassword(parts, ctx, address))) return;
  const found = await findWished(parts, account, wish);
  if (found.length === 0) return seeOther(ctx, page, { code: nothingTo[wish.action] });
  const [one] = found;
  const about = wish.id !== '' && one ? { ...showConnection(parts, one), ...showApp(one) } : undefined;
  const data = { ...wish, formAction: page, count: found.length, about };
  showPage(ctx, questionPage, data, { address });
}

const nothingTo = {
  revoke: 'alreadyGone',
  'read-only': 'alreadyReadOnly',
  'revoke-all': 'nothingConnected',
  'revoke-unused': 'nothingUnused',
} as const;

async function fulfil(
  parts: AccountPageParts,
  ctx: ParameterizedContext,
  account: Account,
  wish: Wish,
): Promise<void> {
  const page = `${parts.issuerPath}/account`;
  const isAll = wish.action === 'revoke-all';
  if (isAll && !(await requireRecentPassword(parts, ctx, addressOf(parts, wish)))) return;
  const found = await findWished(parts, account, wish);
  if (found.length === 0) return seeOther(ctx, page, { code: nothingTo[wish.action] });
  if (wish.action === 'read-only') {
    for (const connection of found) await makeReadOnly(parts, ctx, connection);
    return seeOther(ctx, page, { code: 'madeReadOnly' });
  }
  await parts.connections.revoke(found);
  for (const { grantId, clientId, accountId } of found) {
    parts.trail.tell(ctx, 'connection.revoked', { accountId, clientId, grantId, reason: 'person' });
  }
  seeOther(ctx, page, { code: wish.action === 'revoke' ? 'removed' : 'removedMany', count: found.length });
}

/** What the wish is about, of the account's own. */
async function findWished(
  { accountConnections, provider }: AccountPageParts,
  { id: accountId }: Account,
  { action, id }: Wish,
): Promise<AccountConnection[]> {
  if (action === 'revoke-unused') return accountConnections.listUnused(accountId, unusedSeconds);
  if (action === 'revoke-all') return accountConnections.listAll(accountId);
  const found = await accountConnections.find(accountId, id);
  if (!found) return [];
  return action === 'revoke' || mayWrite(provider, found) ? [found] : [];
}

function mayWrite(provider: Provider, { grant }: AccountConnection): boolean {
  return withholdWriting(new provider.Grant(grant as never));
}

/** Tokens that are out lose it, too: what a grant gives is read whenever loop-api asks (vault/answers.ts). */
async function makeReadOnly(
  { provider, trail }: AccountPageParts,
  ctx: ParameterizedContext,
  { grantId, clientId, accountId }: AccountConnection,
): Promise<void> {
  const grant = await provider.Grant.find(grantId);
  if (!grant || !withholdWriting(grant)) return;
  await grant.save();
  trail.tell(ctx, 'connection.narrowed', { accountId, clientId, grantId, reason: 'person' });
}

async function readAccount(
  parts: AccountPageParts,
  account: Account,
  place: Place | undefined,
): Promise<Parameters<typeof accountPage>[1]> {
  const { connections, next } = await parts.accountConnections.page(account.id, place);
  const apps = new Map<string, ShownApp & { connections: ShownConnection[] }>();
  for (const connection of connections) {
    const app = showApp(connection);
    const key = app.describedAt ?? `${app.clientName} ${app.redirectHost}`;
    const shown = apps.get(key) ?? { ...app, connections: [] };
    shown.connections.push(showConnection(parts, connection));
    apps.set(key, shown);
  }
  const page = `${parts.issuerPath}/account`;
  return {
    formAction: page,
    apps: [...apps.values()],
    isLaterPage: place !== undefined,
    newestHref: page,
    olderHref: next && `${page}?before=${next.since}.${encodeURIComponent(next.grantId)}`,
  };
}

function showApp({ client, clientId }: AccountConnection): ShownApp {
  return {
    clientName: client?.client_name ?? clientId,
    redirectHost: redirectHost(client?.redirect_uris?.[0] ?? 'about:blank'),
    describedAt: documentHost(clientId),
  };
}

function showConnection({ provider }: AccountPageParts, connection: AccountConnection): ShownConnection {
  const { grantId, since, madeFrom, lastCalledAt, callsThisWeek } = connection;
  const grant = new provider.Grant(connection.grant as never);
  // The two names of the one vault are given together (resources.ts).
  const [detail] = resourcesOf(grant).flatMap((resource) => vaultDetail(grant, resource) ?? []);
  return { id: grantId, since, madeFrom, lastCalledAt, callsThisWeek, detail };
}

function readPlace(text: unknown): Place | undefined {
  const [, since, grantId] = /^(\d{1,12})\.([\w-]{1,100})$/.exec(String(text ?? '')) ?? [];
  return since === undefined || grantId === undefined ? undefined : { since: Number(since), grantId };
}
