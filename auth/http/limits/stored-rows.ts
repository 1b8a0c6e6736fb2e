// In front of the adapters of what a stranger's request leaves: whether it is small enough, and whether there is room.
import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { reservedRows, strangersRows } from '../../../adapters/bounds.ts';
import type { KnownClients } from '../../../adapters/stores/known-clients.ts';
import type { Filled, TableCounts } from '../../../adapters/sweep/rows.ts';
import { askLater, refuseStranger } from '../../too-many.ts';
import type { Devices } from './devices.ts';
import type { Limits } from './limits.ts';
import { networkOf } from './network.ts';

export interface RowLimitParts {
  readonly limits: Limits;
  readonly counts: TableCounts;
  readonly clients: KnownClients;
  readonly devices: Devices;
}

/** The library's names of routes where a sign-in begins. */
const beginning = new Set(['authorization', 'code_verification']);

/** Looks at a row before it is stored; resolves to false for one that is of no use. Throws what the library answers with. */
type Look = (payload: AdapterPayload) => Promise<boolean>;

/** Some apps put all they know into `state`. */
const longestParameter = 4096;
const mostBytes = 10 * 1024;
// Room comes back as sign-ins end and the sweep runs.
const retryAfterSeconds = 60;
const full = 'too many sign-ins are under way';

/** The adapter of that model, or the same one behind a look. */
export function withinBounds(name: string, adapter: Adapter, parts: RowLimitParts): Adapter {
  const look = lookFor(name, parts);
  return look ? behind(look, adapter) : adapter;
}

function behind(look: Look, adapter: Adapter): Adapter {
  return {
    upsert: async (id, payload, expiresIn) => {
      if (await look(payload)) await adapter.upsert(id, payload, expiresIn);
    },
    find: (id) => adapter.find(id),
    destroy: (id) => adapter.destroy(id),
    consume: (id) => adapter.consume(id),
    findByUid: (uid) => adapter.findByUid(uid),
    findByUserCode: (userCode) => adapter.findByUserCode(userCode),
    revokeByGrantId: (grantId) => adapter.revokeByGrantId(grantId),
  };
}

function lookFor(name: string, parts: RowLimitParts): Look | undefined {
  const looks: Readonly<Record<string, Look>> = {
    Interaction: async ({ params, session }) => {
      checkSize(params);
      const isBegun = beginning.has(String(Provider.ctx?.oidc?.route)) && !session?.accountId;
      if (isBegun) await findRoom(parts, 'interactions', params?.['client_id']);
      return true;
    },
    DeviceCode: async ({ params }) => {
      checkSize(params);
      const isBegun = Provider.ctx?.oidc?.route === 'device_authorization';
      if (isBegun) await findRoom(parts, 'device_codes', params?.['client_id']);
      return true;
    },
    Session: async ({ accountId, state, authorizations }) => {
      checkSize(state);
      if (accountId !== undefined || authorizations !== undefined) return true;
      // Whoever lost a session gets an empty one with each request, which says no more than none.
      if (state === undefined) return false;
      await findRoom(parts, 'anonymous sessions', undefined);
      return true;
    },
    AuthorizationCode: async ({ nonce, scope, redirectUri }) => {
      checkSize({ nonce, scope, redirect_uri: redirectUri });
      return true;
    },
    ReplayDetection: async ({ iss }) => {
      await countAssertion(parts, String(iss));
      return true;
    },
  };
  return looks[name];
}

function checkSize(parameters: Readonly<Record<string, unknown>> | undefined): void {
  const sizes = Object.entries(parameters ?? {}).map(([name, value]) => ({ name, text: textOf(value) }));
  const long = sizes.find(({ text }) => text.length > longestParameter);
  if (long) throw new errors.InvalidRequest(`${long.name} must have at most ${longestParameter} characters`);
  const bytes = sizes.reduce((sum, { text }) => sum + Buffer.byteLength(JSON.stringify(text)), 0);
  if (bytes > mostBytes) throw new errors.InvalidRequest('the parameters must have at most 10 KB together');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

const boundOf = {
  interactions: 'interactions',
  'anonymous sessions': 'sessions',
  device_codes: 'deviceCodes',
} as const satisfies Record<Filled, keyof typeof strangersRows>;

async function findRoom(
  { counts, clients, devices }: RowLimitParts,
  what: Filled,
  clientId: unknown,
): Promise<void> {
  const { ctx } = Provider;
  const strangers = strangersRows[boundOf[what]];
  const filled = await counts.filled(what);
  const known = strangers + reservedRows.knownClients;
  const hasRoom =
    filled < strangers ||
    (filled < known && typeof clientId === 'string' && (await clients.isKnown(clientId))) ||
    (filled < known + reservedRows.ownDevices && ctx && (await devices.find(ctx)) !== undefined);
  if (!hasRoom) refuseStranger(ctx, retryAfterSeconds, full);
  counts.added(what);
}

/** Called once the assertion was found good: nobody else can use up a client's. */
async function countAssertion(
  { limits: { assertions }, clients }: RowLimitParts,
  clientId: string,
): Promise<void> {
  const { ctx } = Provider;
  const what = 'too many assertions of this app';
  if (await clients.isKnown(clientId)) {
    const wait = await assertions.ofClient.take(clientId);
    if (wait !== undefined) askLater(ctx, wait, what);
    return;
  }
  const wait =
    (await assertions.ofStranger.take(clientId)) ??
    (await assertions.ofStrangersNetwork.take(networkOf(ctx?.state['address']))) ??
    (await assertions.ofStrangers.take('all'));
  if (wait !== undefined) refuseStranger(ctx, wait, what);
}
