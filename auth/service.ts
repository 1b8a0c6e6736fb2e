// loop-auth on an open database: stores, keys, credential and provider wired into one application. main.ts and the tests open it here.
import type { RequestListener } from 'node:http';
import { errors } from 'oidc-provider';
import type { Logger } from 'pino';
import { AccountStore } from '../adapters/account-store.ts';
import type { Database } from '../adapters/database.ts';
import { KeyStore } from '../adapters/key-store.ts';
import { createAdapterFactory } from '../adapters/oidc-adapter.ts';
import { SetupLinkStore } from '../adapters/setup-link-store.ts';
import { createFindAccount } from './accounts.ts';
import { openApiCredential } from './api-credential.ts';
import { createApp } from './app.ts';
import type { AuthConfig } from './config.ts';
import { openKeys } from './keys.ts';
import type { Metrics } from './metrics.ts';
import { createResources } from './resources.ts';
import { renewSetupLink } from './setup.ts';

export interface Surroundings {
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Makes what is missing (keys, loop-api's credential, the link for the first account). The caller closes the database. */
export async function openApp(config: AuthConfig, surroundings: Surroundings): Promise<RequestListener> {
  const { database, log, metrics } = surroundings;
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
  return createApp({
    config,
    keys,
    adapter,
    findAccount: createFindAccount(accounts),
    resources: createResources(config),
    apiClientSecretHash,
    database,
    accounts,
    setupLinks,
    log,
    metrics,
  });
}
