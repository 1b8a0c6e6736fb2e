// loop-auth: reads the environment, opens what it needs, wires it together, listens, stops on a signal.
import type { RequestListener } from 'node:http';
import { errors } from 'oidc-provider';
import { pino } from 'pino';
import { AccountStore } from '../adapters/account-store.ts';
import { type Database, openDatabase } from '../adapters/database.ts';
import { DatabaseDamaged, DatabaseNewer, DatabaseUnavailable } from '../adapters/database-errors.ts';
import { KeyStore } from '../adapters/key-store.ts';
import { createAdapterFactory } from '../adapters/oidc-adapter.ts';
import { SetupLinkStore } from '../adapters/setup-link-store.ts';
import { createFindAccount } from './accounts.ts';
import { HandoverUnavailable, openApiCredential } from './api-credential.ts';
import { createApp } from './app.ts';
import { type AuthConfig, parseConfig, SettingsRefused } from './config.ts';
import { type Phase, withHealth } from './health.ts';
import { openKeys } from './keys.ts';
import { createMetrics } from './metrics.ts';
import { createResources } from './resources.ts';
import { PortUnavailable, startServer, stopServer } from './server.ts';
import { renewSetupLink } from './setup.ts';

// Whatever this process writes (the database, the secret for loop-api) is for its own user only.
process.umask(0o077);

const log = pino({ name: 'loop-auth', level: process.env['LOG_LEVEL'] || 'info' });
const metrics = createMetrics();

try {
  await run(parseConfig(process.env));
} catch (error) {
  const isExplained = [
    SettingsRefused,
    DatabaseDamaged,
    DatabaseNewer,
    DatabaseUnavailable,
    HandoverUnavailable,
    PortUnavailable,
  ].some((known) => error instanceof known);
  log.fatal(isExplained ? {} : { err: error }, `loop-auth can't start: ${(error as Error).message}`);
  process.exit(1);
}

async function run(config: AuthConfig): Promise<void> {
  let phase: Phase = 'starting';
  let app: RequestListener | undefined;
  let database: Database | undefined;
  const health = withHealth({
    phase: () => phase,
    app: () => app,
    isDatabaseThere: async () => (await database?.isThere()) ?? false,
    metrics,
  });
  const server = await startServer(health, config.host, config.port);
  database = await openDatabase(config.databaseUrl);
  app = await openApp(config, database);
  phase = 'ready';
  log.info(
    { issuer: config.issuer, resource: config.resources[0] },
    `loop-auth listens on ${config.host}:${config.port}`,
  );
  const stop = async (signal: string): Promise<void> => {
    if (phase === 'stopping') return;
    phase = 'stopping';
    log.info({ signal }, 'loop-auth stops');
    await stopServer(server);
    await database.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal));
  // Started by npm start: it waits for this word, and when it is gone, even killed, nobody else would stop us.
  process.send?.('ready');
  process.once('disconnect', () => void stop('disconnect'));
}

async function openApp(config: AuthConfig, database: Database): Promise<RequestListener> {
  const accounts = new AccountStore(database);
  const setupLinks = new SetupLinkStore(database, accounts);
  const keyStore = new KeyStore(database);
  const adapter = createAdapterFactory(database, {
    graceSeconds: config.refreshGraceSeconds,
    revoked: () => new errors.InvalidGrant('used, revoked or expired meanwhile'),
    audit: (event, grantId) => {
      metrics.count(event);
      log.warn({ event, grantId }, 'refresh token');
    },
  });
  const apiClientSecretHash = await openApiCredential(keyStore, {
    secret: config.apiClientSecret,
    path: config.apiClientSecretPath,
  });
  const keys = await openKeys(keyStore);
  const setupUrl = await renewSetupLink(accounts, setupLinks, config.issuer);
  if (setupUrl) log.warn({ setupUrl }, `no account yet: create the first one within 24 hours at ${setupUrl}`);
  const findAccount = createFindAccount(accounts);
  const resources = createResources(config);
  return createApp({
    config,
    keys,
    adapter,
    findAccount,
    resources,
    apiClientSecretHash,
    database,
    accounts,
    setupLinks,
    log,
    metrics,
  });
}
