// Assembles oidc-provider from the parts of this room; decides nothing that one of them could decide.
import Keygrip from 'keygrip';
import Provider, { type Adapter, type AdapterPayload, type Configuration } from 'oidc-provider';
import { currentUnit } from '../adapters/database/unit-of-work.ts';
import type { ConsentStore } from '../adapters/stores/consents.ts';
import type { ProgramStore } from '../adapters/stores/programs.ts';
import { type ClientLookupParts, createClientLookup } from './clients/lookup.ts';
import { clientRulesFor, mayOmitPkce } from './clients/rules.ts';
import type { AuthConfig } from './config.ts';
import { renderError } from './http/errors.ts';
import type { CallLimits } from './http/limits/calls.ts';
import { pacingPolls } from './http/limits/polls.ts';
import { type RowLimitParts, withinBounds } from './http/limits/stored-rows.ts';
import type { ServerKeys } from './keys/server-keys.ts';
import { sessionCookie, sessionSeconds } from './people/account-session.ts';
import { openUserinfo } from './people/claims.ts';
import { createGrantLoader, createInteractionPolicy, isSilent, ownScopes } from './people/consent/rules.ts';
import { deviceCodeSeconds, deviceFlowFor, tellInterval } from './people/device/device-flow.ts';
import { keyingUserCodes } from './people/device/user-codes.ts';
import { levels } from './people/factors/shown.ts';
import { logoutSource, postLogoutSuccessSource } from './people/sign-out.ts';
import type { Resources } from './resources.ts';
import { nameGrantedScopes, openidScopes, requestedScope, splitScopes, vaultScopes } from './scopes.ts';
import { rememberMisdirected } from './timeline/observe.ts';
import { compareSecretsByHash, leavingWithheld, normalizingFirst } from './token-requests.ts';
import { findingNoKeys } from './vault/access-keys/introspection.ts';
import { nameAuthorizationDetails } from './vault/answers.ts';
import { rememberCaller } from './vault/named-callers.ts';
import { giveProgramsTokens } from './vault/program-tokens.ts';
import { markReaders } from './vault/reader-tokens.ts';

export interface ProviderParts {
  readonly config: AuthConfig;
  readonly keys: ServerKeys;
  readonly adapter: (name: string) => Adapter;
  readonly findAccount: NonNullable<Configuration['findAccount']>;
  readonly resources: Resources;
  readonly consents: ConsentStore;
  readonly programs: ProgramStore;
  /** The stored form (hash) of loop-api's secret. */
  readonly apiClientSecretHash: string;
  readonly clientLookup: ClientLookupParts;
  readonly callLimits: CallLimits;
  readonly rowLimits: RowLimitParts;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const codeSeconds = 60;

/** A Koa application that answers the library's routes; the caller adds its own in front with `use`. */
export function createProvider(parts: ProviderParts): Provider {
  const { clientLookup, adapter, config } = parts;
  const check = (metadata: AdapterPayload): void => {
    new (provider.Client as unknown as new (metadata: AdapterPayload) => object)(metadata);
  };
  const lookedUp = (name: string): Adapter => {
    const stored = withinBounds(name, adapter(name), parts.rowLimits);
    if (name === 'AccessToken') return findingNoKeys(openUserinfo(stored, config.resources));
    if (name === 'RefreshToken') return findingNoKeys(stored);
    if (name === 'DeviceCode')
      return pacingPolls(keyingUserCodes(stored, parts.keys.cookies), parts.rowLimits.limits);
    if (name === 'Grant') return leavingWithheld(stored, parts.resources);
    if (name !== 'Client') return stored;
    return normalizingFirst(createClientLookup(stored, clientLookup, check), parts.resources);
  };
  const provider: Provider = new Provider(
    config.issuer,
    createConfiguration({ ...parts, adapter: lookedUp }),
  );
  // Believed because our own middleware has just written it from the issuer (http/pinned-origin.ts).
  provider.proxy = true;
  compareSecretsByHash(provider);
  deriveSuccessors(provider);
  markReaders(provider);
  giveProgramsTokens(provider, parts);
  provider.on('device_authorization.success', tellInterval);
  provider.on('grant.success', nameGrantedScopes);
  provider.on('grant.success', nameAuthorizationDetails);
  return provider;
}

function createConfiguration(parts: ProviderParts): Configuration {
  const { config, keys } = parts;
  const issuerPath = new URL(config.issuer).pathname.replace(/\/$/, '');
  return {
    adapter: parts.adapter,
    clients: [apiClient(parts)],
    jwks: { keys: keys.signing },
    cookies: cookiesFor(keys, new URL(config.issuer)),
    findAccount: parts.findAccount,
    features: featuresFor(parts),
    ...clientRulesFor(config),
    ...tokenRules(parts),
    // The ID token carries the claims as well, for apps that never ask `/me`.
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'acr', 'amr'], profile: ['name', 'preferred_username'] },
    acrValues: Object.values(levels),
    scopes: [...openidScopes, ...vaultScopes],
    extraParams: {
      // Not a parameter that anyone sends: the hook that runs before it is found out what is still to be granted.
      loop_defaults: ({ oidc: { params, client, resourceServers = {} } }) => {
        const offered = Object.values(resourceServers).flatMap(({ scope }) => splitScopes(scope));
        if (params)
          params['scope'] = requestedScope(params['scope'] as string | undefined, client?.scope, offered);
      },
    },
    interactions: {
      policy: createInteractionPolicy(),
      url: (_ctx, interaction) => `${issuerPath}/interaction/${interaction.uid}`,
    },
    loadExistingGrant: createGrantLoader(parts.consents, {
      silentSeconds: codeSeconds + config.accessTokenSeconds + minute,
      own: { clientId: config.apiClientId, resource: config.resources[0] },
    }),
    renderError,
  };
}

function tokenRules({ config, callLimits }: ProviderParts): Configuration {
  return {
    pkce: { required: (_ctx, client) => !mayOmitPkce(client) },
    rotateRefreshToken: callLimits.rotate,
    issueRefreshToken: async (ctx, client) =>
      client.grantTypeAllowed('refresh_token') &&
      !(ctx.oidc.entities.Grant && isSilent(ctx.oidc.entities.Grant)),
    // Signing out of the browser or losing its cookie ends no connection; but loop-api's pages are the same browser.
    expiresWithSession: async (_ctx, { clientId }) => clientId === config.apiClientId,
    ttl: {
      AccessToken: config.accessTokenSeconds,
      AuthorizationCode: codeSeconds,
      DeviceCode: deviceCodeSeconds,
      // Written once and never extended by the library, so it must outlive every chain of refresh tokens.
      Grant: 50 * 365 * day,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: config.refreshTokenIdleSeconds,
      // Of a browser that nobody signed in with, only what its sign-out page needs is kept.
      Session: (_ctx, session) => (session.accountId === undefined ? hour : sessionSeconds),
    },
  };
}

function featuresFor({
  config,
  resources,
  findAccount,
}: ProviderParts): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    deviceFlow: deviceFlowFor(new URL(config.issuer).pathname.replace(/\/$/, '')),
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    registration: {
      enabled: config.registration.mode !== 'off',
      initialAccessToken: config.registration.token ?? false,
      issueRegistrationAccessToken: false,
    },
    introspection: {
      enabled: true,
      // A refresh token introspects as active too: only access tokens for the asking resource server (facts 2.5).
      allowedPolicy: async (ctx, asking, token) => {
        const isIts =
          token instanceof ctx.oidc.provider.AccessToken && (await resources.isAudienceOf(asking, token.aud));
        if (!isIts) {
          rememberMisdirected(ctx);
          return false;
        }
        // The library fails over a token whose app is gone, and asks nobody about the account.
        const client = await ctx.oidc.provider.Client.find(String(token.clientId));
        const account = client && (await findAccount(ctx, token.accountId, token));
        if (!account) return false;
        rememberCaller(ctx, { client, account });
        return true;
      },
    },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    resourceIndicators: {
      enabled: true,
      defaultResource: resources.defaultResource,
      getResourceServerInfo: resources.getResourceServerInfo,
      useGrantedResource: () => true,
    },
    rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
  };
}

function apiClient({
  config,
  apiClientSecretHash,
}: ProviderParts): NonNullable<Configuration['clients']>[number] {
  return {
    client_id: config.apiClientId,
    client_secret: apiClientSecretHash,
    client_name: 'loop-api',
    // People sign in to its pages; it gets no refresh token, since what it shows ends with the browser's session.
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [config.resources[0].replace(/\/mcp$/, '/sign-in/callback')],
    scope: ownScopes.join(' '),
  };
}

function cookiesFor(keys: ServerKeys, issuer: URL): NonNullable<Configuration['cookies']> {
  const long = sessionCookie(issuer);
  // With this prefix browsers take the cookie from this very host only, not from a neighbour below the same domain.
  const session = issuer.protocol === 'https:' && long.path === '/' ? '__Host-loop_session' : 'loop_session';
  return {
    // Keygrip's default is HMAC-SHA1.
    keys: new Keygrip(keys.cookies, 'sha256') as never,
    names: { session, interaction: 'loop_interaction', resume: 'loop_resume' },
    long,
    short: { httpOnly: true, sameSite: 'lax', signed: true },
  };
}

/**
 * A refresh token that is exchanged has exactly one successor (adapters/models/refresh-rotation.ts). The library asks this
 * undocumented method for a new token's value: test/auth/provider.test.ts guards that it still does.
 */
function deriveSuccessors(provider: Provider): void {
  const prototype = provider.RefreshToken.prototype as unknown as { generateTokenId: () => string };
  const random = prototype.generateTokenId;
  prototype.generateTokenId = function generateTokenId() {
    return currentUnit()?.successor ?? random.call(this);
  };
}
