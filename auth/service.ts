// loop-auth on an open database: stores, keys, credential and provider wired into one application. main.ts and the tests open it here.
import type { RequestListener } from 'node:http';
import Provider, { type Adapter, errors } from 'oidc-provider';
import type { Logger } from 'pino';
import type { Database } from '../adapters/database/database.ts';
import { epochSeconds } from '../adapters/database/time.ts';
import { createAdapterFactory } from '../adapters/models/adapter-factory.ts';
import { RefreshTokenAdapter } from '../adapters/models/refresh-token.ts';
import { AccessKeyStore } from '../adapters/stores/access-keys/access-keys.ts';
import { KeyUseStore } from '../adapters/stores/access-keys/uses.ts';
import { AccountConnectionStore } from '../adapters/stores/account-connections.ts';
import { AccountStore } from '../adapters/stores/accounts.ts';
import { DeviceStore } from '../adapters/stores/browsers/devices.ts';
import { BrowserStore } from '../adapters/stores/browsers/signed-in.ts';
import { ClientDocumentStore } from '../adapters/stores/client-documents.ts';
import { ClientKeySetStore } from '../adapters/stores/client-key-sets.ts';
import { ClientStore } from '../adapters/stores/clients.ts';
import { ConnectionStore } from '../adapters/stores/connections.ts';
import { ConsentStore } from '../adapters/stores/consents.ts';
import { createFactorStores } from '../adapters/stores/factors/factors.ts';
import { GrantCallStore } from '../adapters/stores/grant-calls.ts';
import { KeyStore } from '../adapters/stores/keys.ts';
import { KnownClients } from '../adapters/stores/known-clients.ts';
import { ProgramStore } from '../adapters/stores/programs.ts';
import { ResourceDescriptionStore, ResourceStore } from '../adapters/stores/resources.ts';
import { SetupLinkStore } from '../adapters/stores/setup-links.ts';
import { AccountEventStore } from '../adapters/stores/timeline/account-events.ts';
import { LedgerStore } from '../adapters/stores/timeline/ledger.ts';
import { TryStore } from '../adapters/stores/timeline/tries.ts';
import { OwnedTokenStore } from '../adapters/stores/tokens/owned.ts';
import { TableCounts } from '../adapters/sweep/rows.ts';
import { type Sweep, startSweep } from '../adapters/sweep/sweep.ts';
import { createApp } from './app.ts';
import { startOwnBackups } from './backups.ts';
import { createAdmission } from './clients/admission.ts';
import { createGuardedFetch, type FetchJson } from './clients/hosts/guarded-fetch.ts';
import type { ClientLookupParts } from './clients/lookup.ts';
import { createClientStanding } from './clients/standing.ts';
import type { AuthConfig } from './config.ts';
import { createCallLimits } from './http/limits/calls.ts';
import { createDevices } from './http/limits/devices.ts';
import { type Limits, openLimits } from './http/limits/limits.ts';
import { networkOf } from './http/limits/network.ts';
import type { Metrics } from './http/metrics.ts';
import { createTrail, type Trail } from './http/trail.ts';
import { openApiCredential } from './keys/api-credential.ts';
import { followKeys } from './keys/followed-keys.ts';
import { createKeySeal, type KeySeal, sealStoredKeys } from './keys/seal.ts';
import { openKeys, readKeys, type ServerKeys } from './keys/server-keys.ts';
import { createFindAccount } from './people/claims.ts';
import { sealStoredSecrets } from './people/factors/one-time-codes.ts';
import { renewSetupLink } from './people/setup.ts';
import { createSignInLimits } from './people/sign-in-limits.ts';
import { createResources } from './resources.ts';
import { createRecorder } from './timeline/recorder.ts';
import { hearTrail } from './timeline/trail.ts';
import { createKeyUseRecorder } from './vault/access-keys/uses.ts';
import { createCallRecorder } from './vault/calls.ts';

export interface Surroundings {
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** In place of the database's own; the benchmarks put the library's memory adapter here. */
  readonly adapter?: (name: string) => Adapter;
  /** The library answers all that it can, nothing in front of it; its own storage in `adapter` needs that. */
  readonly isLibraryAlone?: boolean;
  /** Reads documents and key sets of clients; a test stands in for their hosts. */
  readonly fetchJson?: FetchJson;
}

export interface App {
  readonly listener: RequestListener;
  /** Looks for keys that were rotated meanwhile and takes them into use; runs every half minute by itself. */
  readonly refreshKeys: () => Promise<void>;
  /** Stores when apps were seen calling, and access keys used; runs every ten seconds by itself. */
  readonly storeCalls: () => Promise<void>;
  /** Makes the backup that is due, if any; runs every minute by itself. */
  readonly backUpIfDue: () => Promise<void>;
  /** Stores what was seen of tries to connect; runs every two seconds by itself. */
  readonly storeTries: () => Promise<void>;
  /** Ends what runs in the background; the database stays open. */
  readonly close: () => Promise<void>;
}

/** Makes what is missing (keys, loop-api's credential, the link for the first account). The caller closes the database. */
export async function openApp(config: AuthConfig, surroundings: Surroundings): Promise<App> {
  const { database, log } = surroundings;
  const stores = createStores(database);
  const recorder = createRecorder({ database, log, ...stores });
  const trail = createTrail(log, surroundings.metrics, hearTrail(recorder));
  const keyStore = new KeyStore(database);
  const seal = createKeySeal(config.encryptionKey);
  const keys = await openKeysAlone(database, keyStore, seal);
  const clients = new ClientStore(database);
  const standing = createClientStanding(clients);
  const seen = createCallRecorders(surroundings, trail);
  const bounded = await openLimitParts(config, surroundings, stores.accounts);
  const parts = {
    ...surroundings,
    ...bounded,
    ...stores,
    config,
    seal,
    trail,
    recorder,
    ...seen.recorders,
    standing,
    ...createModels(config, surroundings, trail),
    findAccount: createFindAccount(stores.accounts),
    resources: createResources(config, new ResourceStore(database)),
    apiClientSecretHash: await openApiCredential(keyStore, {
      secret: config.apiClientSecret,
      path: config.apiClientSecretPath,
    }),
    clientLookup: createLookupParts(config, surroundings, trail, {
      isSeeded: standing.isSeeded,
      ...bounded.lookup,
    }),
  };
  const setupUrl = await renewSetupLink(stores.accounts, stores.setupLinks, config.issuer);
  if (setupUrl) log.warn({ setupUrl }, `no account yet: create the first one within 24 hours at ${setupUrl}`);
  const served = followKeys(keys, {
    read: () => readKeys(keyStore, seal, epochSeconds()),
    create: (inUse) => createApp({ ...parts, keys: inUse }),
    log,
  });
  const sweep = startOwnSweep(config, surroundings, bounded.rowLimits.counts);
  const backups = startOwnBackups(config, surroundings);
  return {
    listener: (request, response) => served.current()(request, response),
    refreshKeys: served.refreshKeys,
    storeCalls: seen.store,
    backUpIfDue: async () => backups?.runIfDue(),
    storeTries: recorder.store,
    close: async () => {
      served.stop();
      await seen.close();
      await recorder.close();
      await backups?.stop();
      await sweep.stop();
    },
  };
}

/** Who is seen calling: apps that were let in, and programs with an access key. */
function createCallRecorders({ database, log }: Surroundings, trail: Trail) {
  const calls = createCallRecorder(new GrantCallStore(database), log);
  const keyUses = createKeyUseRecorder({ store: new KeyUseStore(database), trail, log });
  return {
    recorders: { calls, keyUses },
    store: async () => void (await Promise.all([calls.store(), keyUses.store()])),
    close: async () => void (await Promise.all([calls.close(), keyUses.close()])),
  };
}

/** What our own code asks for; the library has its adapters. */
function createStores(database: Database) {
  const accounts = new AccountStore(database);
  return {
    accounts,
    setupLinks: new SetupLinkStore(database, accounts),
    connections: new ConnectionStore(database),
    accountConnections: new AccountConnectionStore(database),
    accessKeys: new AccessKeyStore(database),
    ownedTokens: new OwnedTokenStore(database),
    consents: new ConsentStore(database),
    programs: new ProgramStore(database),
    tries: new TryStore(database),
    events: new AccountEventStore(database),
    ledger: new LedgerStore(database),
    browsers: new BrowserStore(database),
    descriptions: new ResourceDescriptionStore(database),
    factors: createFactorStores(database),
  };
}

function createLookupParts(
  { registration }: AuthConfig,
  { database, log, fetchJson = createGuardedFetch() }: Surroundings,
  trail: Trail,
  bounds: Pick<ClientLookupParts, 'isSeeded' | 'keySets' | 'admission' | 'admitCaller'>,
): ClientLookupParts {
  return {
    store: new ClientDocumentStore(database),
    fetchJson,
    registration,
    ...bounds,
    onRead: (clientId) => trail.tell(Provider.ctx, 'client.document_read', { clientId }),
    onStale: (url, err) =>
      log.warn({ url, err }, 'an app’s own page could not be read; the stored copy is used'),
  };
}

/** Several processes may start on one empty database: the first makes the keys, the others find them. */
async function openKeysAlone(database: Database, store: KeyStore, seal: KeySeal): Promise<ServerKeys> {
  const lock = await database.lock('server keys');
  try {
    await sealStoredKeys(store, seal);
    await sealStoredSecrets(createFactorStores(database).oneTimeCodes, seal);
    return await openKeys(store, seal, epochSeconds());
  } finally {
    await lock.release();
  }
}

/** What is limited, and who is no stranger to the limits. */
async function openLimitParts(
  { issuer }: AuthConfig,
  { database, metrics }: Surroundings,
  accounts: AccountStore,
) {
  const limits = await openLimits(database);
  const clients = new KnownClients(database);
  const devices = createDevices(new DeviceStore(database), issuer);
  const counts = new TableCounts(database);
  metrics.countRows(() => counts.list());
  const callLimits = createCallLimits({ limits, clients });
  const { registrations, readings } = limits;
  const admission = createAdmission({ clients, registrations, readings, readFor: readingsOf(limits) });
  return {
    callLimits,
    rowLimits: { limits, counts, clients, devices },
    signInLimits: createSignInLimits({ limits, devices, accounts }),
    lookup: {
      keySets: new ClientKeySetStore(database),
      admission,
      admitCaller: callLimits.admitCaller,
    },
  };
}

function readingsOf({ readings }: Limits): (address: unknown) => Promise<number | undefined> {
  return async (address) => {
    const network = networkOf(address);
    return (await readings.ofNetworkAMinute.take(network)) ?? readings.ofNetwork.take(network);
  };
}

function startOwnSweep(config: AuthConfig, { database, log }: Surroundings, counts: TableCounts): Sweep {
  return startSweep(database, {
    counts,
    refreshTokenIdleSeconds: config.refreshTokenIdleSeconds,
    accessTokenSeconds: config.accessTokenSeconds,
    unusedClientSeconds: config.unusedClientSeconds,
    onSwept: (changed) => log.debug({ counts: changed }, 'swept'),
    onFailed: (error) => log.warn({ err: error }, 'the sweep failed and is tried again later'),
  });
}

/** How what the library issues is stored, and refresh tokens as our own code exchanges them. */
function createModels(config: AuthConfig, { database, adapter }: Surroundings, trail: Trail) {
  const rules: Parameters<typeof createAdapterFactory>[1] = {
    graceSeconds: config.refreshGraceSeconds,
    revoked: () => new errors.InvalidGrant('used, revoked or expired meanwhile'),
    replayed: () => new errors.InvalidClientAuth('client assertion tokens must only be used once'),
    audit: (event, grantId, owner) => trail.warn(Provider.ctx, event, { ...owner, grantId }),
  };
  return {
    adapter: adapter ?? createAdapterFactory(database, rules),
    refreshTokens: new RefreshTokenAdapter(database, rules),
  };
}
