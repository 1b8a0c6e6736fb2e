// What people open and send, route by route.
import { bodyParser } from '@koa/bodyparser';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import type Provider from 'oidc-provider';
import type { Logger } from 'pino';
import type { AccessKeyStore } from '../../adapters/stores/access-keys/access-keys.ts';
import type { AccountConnectionStore } from '../../adapters/stores/account-connections.ts';
import type { AccountStore } from '../../adapters/stores/accounts.ts';
import type { BrowserStore } from '../../adapters/stores/browsers/signed-in.ts';
import type { ConnectionStore } from '../../adapters/stores/connections.ts';
import type { ConsentStore } from '../../adapters/stores/consents.ts';
import type { FactorStores } from '../../adapters/stores/factors/factors.ts';
import type { ResourceDescriptionStore } from '../../adapters/stores/resources.ts';
import type { SetupLinkStore } from '../../adapters/stores/setup-links.ts';
import type { AccountEventStore } from '../../adapters/stores/timeline/account-events.ts';
import type { LedgerStore } from '../../adapters/stores/timeline/ledger.ts';
import type { TryStore } from '../../adapters/stores/timeline/tries.ts';
import type { ClientStanding } from '../clients/standing.ts';
import type { AuthConfig } from '../config.ts';
import type { RowLimitParts } from '../http/limits/stored-rows.ts';
import type { Metrics } from '../http/metrics.ts';
import { refuseForeignForms } from '../http/refusals.ts';
import type { Trail } from '../http/trail.ts';
import type { KeySeal } from '../keys/seal.ts';
import type { ServerKeys } from '../keys/server-keys.ts';
import type { Resources } from '../resources.ts';
import { createLedgerKeeper } from '../timeline/ledger.ts';
import { createActivityRoutes } from './account/activity.ts';
import { createAccountRoutes } from './account/connections.ts';
import { createKeyRoutes } from './account/keys.ts';
import { createSecurityRoutes } from './account/security.ts';
import { createOwnSignInRoutes } from './account/sign-in.ts';
import { type AccountSessions, recognizeReader } from './account-session.ts';
import { createDeviceRoutes } from './device/routes.ts';
import { createDoorRoutes } from './door.ts';
import { createCodeRoutes } from './factors/codes-routes.ts';
import { createChallenges } from './factors/passkeys/challenges.ts';
import { createPasskeyRoutes } from './factors/passkeys/routes.ts';
import { createInteractionRoutes } from './interactions.ts';
import { createSetupRoutes } from './setup.ts';
import type { SignInLimits } from './sign-in-limits.ts';
import { createSignOutRoutes } from './sign-out.ts';
import { createUpstreamRoutes } from './upstream/routes.ts';
import { createUpstream } from './upstream/upstream.ts';

export interface PeopleParts {
  readonly config: AuthConfig;
  readonly keys: ServerKeys;
  readonly provider: Provider;
  readonly sessions: AccountSessions;
  readonly resources: Resources;
  readonly consents: ConsentStore;
  readonly accounts: AccountStore;
  readonly setupLinks: SetupLinkStore;
  readonly connections: ConnectionStore;
  readonly accountConnections: AccountConnectionStore;
  readonly accessKeys: AccessKeyStore;
  readonly descriptions: ResourceDescriptionStore;
  readonly standing: Pick<ClientStanding, 'isSeeded'>;
  readonly signInLimits: SignInLimits;
  readonly rowLimits: RowLimitParts;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'countReauthorization'>;
  readonly trail: Trail;
  readonly ledger: LedgerStore;
  readonly tries: TryStore;
  readonly events: AccountEventStore;
  readonly browsers: BrowserStore;
  readonly factors: FactorStores;
  readonly seal: KeySeal;
}

const readForm = (issuer: string, formLimit: string): Middleware =>
  compose([refuseForeignForms(issuer), bodyParser({ enableTypes: ['form'], formLimit }) as Middleware]);

/** In the order in which they are tried; `issuerPath` without a slash at its end. */
export function routesForPeople(parts: PeopleParts, issuerPath: string): Middleware[] {
  const { config, accounts, trail, provider, sessions } = parts;
  const { connections, browsers } = parts;
  const [resource] = config.resources;
  const people = {
    accounts,
    limits: parts.signInLimits,
    trail,
    issuer: config.issuer,
    issuerPath,
    form: readForm(config.issuer, '16kb'),
    sessions,
    ...{
      ...parts.factors,
      seal: parts.seal,
      log: parts.log,
      challenges: createChallenges(parts.keys.cookies),
      upstream: createUpstream(config, parts.keys.cookies),
      setupLinks: parts.setupLinks,
    },
  };
  // All of the vault's folders, each letter of their names in percent-encoding.
  const largeForm = readForm(config.issuer, '512kb');
  return [
    recognizeReader(sessions),
    createDoorRoutes({ sessions, connections, issuerPath, mcpUrl: resource }),
    createOwnSignInRoutes(people),
    createSignOutRoutes(people),
    createSetupRoutes({ ...people, links: parts.setupLinks }),
    createAccountRoutes({ ...parts, ...people, provider }),
    createSecurityRoutes({ ...people, browsers }),
    createCodeRoutes({ ...people, browsers }),
    createPasskeyRoutes({ ...people, browsers }),
    createUpstreamRoutes({ ...people, browsers }),
    createDeviceRoutes({ ...parts.rowLimits, sessions, issuer: config.issuer }),
    createKeyRoutes({ ...parts, ...people, form: largeForm, resource }),
    createActivityRoutes({ ...parts, ...people }),
    createInteractionRoutes({
      ...parts,
      ...people,
      form: largeForm,
      apiClientId: config.apiClientId,
      isSeeded: parts.standing.isSeeded,
      ledger: createLedgerKeeper({
        ledger: parts.ledger,
        idleSeconds: config.refreshTokenIdleSeconds,
        count: parts.metrics.countReauthorization,
      }),
      idleSeconds: config.refreshTokenIdleSeconds,
    }),
  ];
}
