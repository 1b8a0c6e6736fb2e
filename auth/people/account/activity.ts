// /account/activity: a person sees what happened to their account, and why an app did not connect.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import type { AccessKeyStore } from '../../../adapters/stores/access-keys/access-keys.ts';
import type { AccountEvent, AccountEventStore } from '../../../adapters/stores/timeline/account-events.ts';
import type { LedgerRow, LedgerStore } from '../../../adapters/stores/timeline/ledger.ts';
import { type ListedTry, stepNames, type TryStore } from '../../../adapters/stores/timeline/tries.ts';
import { showPage } from '../../http/pages/frame.ts';
import {
  type ActivityData,
  activityPage,
  type ShownEvent,
  type ShownLedgerLine,
  type ShownTry,
} from '../../pages/account/activity.ts';
import { diagnose } from '../../timeline/diagnosis.ts';
import { clientIdOf, isClientIdOfKey } from '../../vault/access-keys/value.ts';
import { askToSignIn, type OwnSignInParts } from './sign-in.ts';

export interface ActivityParts extends OwnSignInParts {
  readonly tries: TryStore;
  readonly events: AccountEventStore;
  readonly ledger: LedgerStore;
  readonly accessKeys: Pick<AccessKeyStore, 'listOfAccount' | 'listRevoked'>;
}

const mostOfPage = 50;
const daySeconds = 24 * 3600;

export function createActivityRoutes(parts: ActivityParts): Middleware {
  const router = new Router();
  const page = `${parts.issuerPath}/account/activity`;
  router.get('/account/activity', async (ctx) => {
    const account = await parts.sessions.find(ctx);
    if (!account) return askToSignIn(parts, ctx, { back: `${page}${ctx.search}` });
    showPage(ctx, activityPage, await readActivity(parts, account.id, readAsked(ctx)));
  });
  return router.routes() as Middleware;
}

interface Asked {
  readonly code?: string | undefined;
  readonly before?: number | undefined;
}

function readAsked(ctx: ParameterizedContext): Asked {
  const { code: typed, before } = ctx.query;
  const code = /^[\w-]{1,64}$/.exec(String(typed ?? '').trim())?.[0];
  if (code !== undefined || before === undefined) return { code };
  if (!/^\d{1,12}$/.test(String(before)))
    return ctx.throw(400, 'before must be a time in epoch seconds, as the link to older entries has it');
  return { before: Number(before) };
}

async function readActivity(
  parts: ActivityParts,
  accountId: string,
  { code, before }: Asked,
): Promise<ActivityData> {
  const { issuerPath } = parts;
  const formAction = `${issuerPath}/account/activity`;
  const shared = {
    formAction,
    accountHref: `${issuerPath}/account`,
    code,
    isLaterPage: before !== undefined,
  };
  if (code !== undefined) {
    const items = await readByCode(parts, accountId, code);
    return { ...shared, items, ledger: [], olderHref: undefined };
  }
  const { items, next } = await readPage(parts, accountId, before);
  const ledger = before === undefined ? toLedgerLines(await parts.ledger.list(accountId)) : [];
  return {
    ...shared,
    items,
    ledger,
    olderHref: next === undefined ? undefined : `${formAction}?before=${next}`,
  };
}

type Item = ShownTry | ShownEvent;

/** What one second holds is never parted by the end of a page. */
async function readPage(
  parts: ActivityParts,
  accountId: string,
  before: number | undefined,
): Promise<{ items: Item[]; next: number | undefined }> {
  const { accounts, tries, events } = parts;
  const names = await readKeyNames(parts, accountId);
  const show = createShowTry(names);
  // Where there is one account, a try of nobody can only have been its owner's, or an attack on it.
  const ofNobody = (await accounts.isOnly(accountId)) ? await tries.listOfNobody(before) : [];
  const own = await tries.list(accountId, before);
  const nameOf = createNameOf(names, own);
  const all: Item[] = [
    ...own.map(show),
    ...ofNobody.map(show),
    ...(await events.list(accountId, before)).map((event) => showEvent(event, nameOf(event.clientId))),
  ].sort((one, other) => other.at - one.at);
  const last = all[mostOfPage - 1]?.at;
  const items = last === undefined ? all : all.filter(({ at }) => at >= last);
  return { items, next: items.length < all.length ? last : undefined };
}

/** One's own, and what nobody signed in for: the code was shown to whoever has it. */
async function readByCode(parts: ActivityParts, accountId: string, code: string): Promise<Item[]> {
  const found = await parts.tries.listByCode(code);
  const own = found.filter((one) => (one.accountId ?? accountId) === accountId);
  return own.map(createShowTry(await readKeyNames(parts, accountId)));
}

type Names = ReadonlyMap<string, string>;

/** By the client ids of programs that come with an access key: they are called as its owner called the key, also one that is no more. */
async function readKeyNames({ accessKeys }: ActivityParts, accountId: string): Promise<Names> {
  const keys = [...(await accessKeys.listRevoked(accountId)), ...(await accessKeys.listOfAccount(accountId))];
  return new Map(keys.map((key) => [clientIdOf(key), key.name]));
}

const createShowTry =
  (names: Names) =>
  (one: ListedTry): ShownTry =>
    showTry(one, names.get(String(one.clientId)));

/** Of a key that was revoked before names were kept its id is left, by which what was told of it before is found. */
function createNameOf(keys: Names, tries: readonly ListedTry[]) {
  const apps = new Map(tries.map(({ clientId, clientName }) => [clientId, clientName]));
  return (clientId: string | undefined): string | undefined => {
    const name = keys.get(String(clientId)) ?? apps.get(clientId);
    return name ?? (isClientIdOfKey(String(clientId)) ? clientId : undefined);
  };
}

function showTry(one: ListedTry, keyName: string | undefined): ShownTry {
  const steps = stepNames.flatMap((name) => {
    const step = one.steps[name];
    return step
      ? [{ name, at: step.at, network: step.network, isDone: step.result === 'done', count: step.count }]
      : [];
  });
  return {
    kind: 'try',
    isNobodys: one.accountId === undefined,
    at: one.updatedAt,
    clientName: one.clientName ?? keyName ?? one.clientId,
    network: one.network,
    isGuessed: one.isGuessed,
    steps,
    cause: diagnose(one, Math.floor(Date.now() / 1000)),
    code: one.code,
  };
}

const sayingHow = ['sign_in.succeeded', 'sign_in.failed', 'consent.allowed'];
const howReasons = ['code', 'recovery', 'passkey', 'device', 'upstream'];

/** The trail's words as those of the page: `sign_in.failed` is `signInFailed`, by a code `signInFailedCode`. */
function showEvent(
  { at, event, network, isRefusal, reason }: AccountEvent,
  clientName: string | undefined,
): ShownEvent {
  const how = sayingHow.includes(event) && howReasons.includes(reason ?? '') ? `.${reason}` : '';
  const name = `${event}${how}`.replace(/[._](\w)/g, (_, letter: string) => letter.toUpperCase());
  const isByOperator = reason === 'operator';
  return { kind: 'event', at, name, clientName, network, isBad: isRefusal, isByOperator };
}

function toLedgerLines(rows: readonly LedgerRow[]): ShownLedgerLine[] {
  const now = Math.floor(Date.now() / 1000);
  return Object.entries(Object.groupBy(rows, ({ app }) => app)).map(([app, ofApp = []]) => ({
    app,
    days: Math.floor((now - (ofApp.at(-1)?.at ?? now)) / daySeconds),
    signIns: ofApp.length,
  }));
}
