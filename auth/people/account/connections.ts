// /account: a person sees which apps are connected, and takes connections away or makes them read only.
// The room: what a person does with their own account. Not how they are known: account-session.ts, password-check.ts.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import type { AccessKey, AccessKeyStore } from '../../../adapters/stores/access-keys/access-keys.ts';
import type {
  AccountConnection,
  AccountConnectionStore,
  NamedConnection,
} from '../../../adapters/stores/account-connections.ts';
import type { Account } from '../../../adapters/stores/accounts.ts';
import type { ConnectionStore } from '../../../adapters/stores/connections.ts';
import type { Place } from '../../../adapters/stores/listing/keyset.ts';
import { documentHost } from '../../clients/document.ts';
import { destinationOf } from '../../clients/redirects/addresses.ts';
import { isProgram } from '../../clients/seeded.ts';
import { seeOther, showPage } from '../../http/pages/frame.ts';
import { accountPage, type ShownApp, type ShownConnection } from '../../pages/account/account.ts';
import { questionPage } from '../../pages/account/question.ts';
import type { ShownDestination } from '../../pages/shown-client.ts';
import type { Resources } from '../../resources.ts';
import { resourcesOf, vaultDetail, withholdWriting } from '../../vault/access.ts';
import { readForm } from '../password-check.ts';
import { askToSignIn, type OwnSignInParts, requireRecentPassword } from './sign-in.ts';

export interface AccountPageParts extends OwnSignInParts {
  readonly provider: Provider;
  readonly connections: ConnectionStore;
  readonly accountConnections: AccountConnectionStore;
  readonly resources: Pick<Resources, 'findServed'>;
  readonly accessKeys: Pick<AccessKeyStore, 'listOfAccount'>;
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
    showPage(ctx, accountPage, await readAccount(parts, account, readPlace(ctx)));
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
  const one = isAboutMany(wish) ? undefined : await findOne(parts, account, wish);
  const count = isAboutMany(wish) ? (await findMany(parts, account, wish)).length : Number(one !== undefined);
  if (count === 0) return seeOther(ctx, page, { code: nothingTo[wish.action] });
  const about = one && { ...(await showConnection(parts, one)), ...showApp(one) };
  const data = { ...wish, formAction: page, count, about };
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
async function findWished(parts: AccountPageParts, account: Account, wish: Wish): Promise<NamedConnection[]> {
  if (isAboutMany(wish)) return findMany(parts, account, wish);
  const found = await findOne(parts, account, wish);
  return found ? [found] : [];
}

function isAboutMany({ action }: Wish): boolean {
  return action === 'revoke-all' || action === 'revoke-unused';
}

/** However many there are, not those of one page alone. */
function findMany(
  { accountConnections }: AccountPageParts,
  { id: accountId }: Account,
  { action }: Wish,
): Promise<NamedConnection[]> {
  return action === 'revoke-all'
    ? accountConnections.listAll(accountId)
    : accountConnections.listUnused(accountId, unusedSeconds);
}

async function findOne(
  { accountConnections, provider }: AccountPageParts,
  { id: accountId }: Account,
  { action, id }: Wish,
): Promise<AccountConnection | undefined> {
  const found = await accountConnections.find(accountId, id);
  return found && (action === 'revoke' || mayWrite(provider, found)) ? found : undefined;
}

function mayWrite(provider: Provider, { grant }: AccountConnection): boolean {
  return withholdWriting(new provider.Grant(grant as never));
}

/** Tokens that are out lose it, too: what a grant gives is read whenever loop-api asks (vault/answers.ts). */
async function makeReadOnly(
  { provider, trail }: AccountPageParts,
  ctx: ParameterizedContext,
  { grantId, clientId, accountId }: NamedConnection,
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
  const { rows, next } = await parts.accountConnections.page(account.id, place);
  const apps = new Map<string, ShownApp & { connections: ShownConnection[] }>();
  for (const connection of rows) {
    const app = showApp(connection);
    const key =
      app.describedAt ?? `${app.clientName} ${app.isProgram ? connection.clientId : app.destination?.name}`;
    const shown = apps.get(key) ?? { ...app, connections: [] };
    shown.connections.push(await showConnection(parts, connection));
    apps.set(key, shown);
  }
  const page = `${parts.issuerPath}/account`;
  return {
    formAction: page,
    apps: [...apps.values()],
    isLaterPage: place !== undefined,
    newestHref: page,
    activityHref: `${page}/activity`,
    securityHref: `${page}/security`,
    keysHref: `${page}/keys`,
    keys: (await parts.accessKeys.listOfAccount(account.id)).filter(isLive),
    olderHref: next && `${page}?before=${next.since}.${encodeURIComponent(next.id)}`,
  };
}

function isLive({ expiresAt = Number.POSITIVE_INFINITY }: AccessKey): boolean {
  return expiresAt * 1000 > Date.now();
}

function showApp({ client, clientId }: AccountConnection): ShownApp {
  return {
    clientName: client?.client_name ?? clientId,
    destination: findDestination(client),
    describedAt: documentHost(clientId),
    isProgram: isProgram(client),
  };
}

/** An app in a terminal sends nobody anywhere (RFC 8628). */
function findDestination(client: AccountConnection['client']): ShownDestination | undefined {
  const [redirectUri] = client?.redirect_uris ?? [];
  if (redirectUri !== undefined) return destinationOf(redirectUri);
  return client && { kind: 'terminal', name: '' };
}

async function showConnection(
  { provider, resources }: AccountPageParts,
  connection: AccountConnection,
): Promise<ShownConnection> {
  const { grantId, since, madeFrom, lastCalledAt, callsThisWeek } = connection;
  const grant = new provider.Grant(connection.grant as never);
  // The two names of the one vault are given together (resources.ts).
  const served = await Promise.all(resourcesOf(grant).map(resources.findServed));
  const names = served.flatMap((one) => one?.names ?? []);
  const [detail] = resourcesOf(grant).flatMap((resource) => vaultDetail(grant, resource) ?? []);
  return { id: grantId, since, madeFrom, lastCalledAt, callsThisWeek, detail, served: names };
}

/** Of the link to older ones; undefined without it. */
function readPlace(ctx: ParameterizedContext): Place | undefined {
  const { before } = ctx.query;
  if (before === undefined) return undefined;
  const [, since, id] = /^(\d{1,12})\.([\w-]{1,100})$/.exec(String(before)) ?? [];
  if (since === undefined || id === undefined)
    return ctx.throw(400, 'before must be a time and an id, as the link to older connections has them');
  return { since: Number(since), id };
}
