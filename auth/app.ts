// The HTTP application: oidc-provider as the root Koa app with our own middleware and routes in front of it.
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import { bodyParser } from '@koa/bodyparser';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Logger } from 'pino';
import type { Database } from '../adapters/database/database.ts';
import { asUnitOfWork } from '../adapters/database/unit-of-work.ts';
import type { AccountConnectionStore } from '../adapters/stores/account-connections.ts';
import type { AccountStore } from '../adapters/stores/accounts.ts';
import type { ConnectionStore } from '../adapters/stores/connections.ts';
import type { ResourceDescriptionStore } from '../adapters/stores/resource-descriptions.ts';
import type { SetupLinkStore } from '../adapters/stores/setup-links.ts';
import type { ClientStanding } from './clients/standing.ts';
import { encodeRawBasic } from './http/basic-credentials.ts';
import {
  answerErrors,
  answerTooLarge,
  keepWithUnknownApps,
  rememberFailure,
  rememberRefusal,
} from './http/errors.ts';
import { limitRequests } from './http/limits/requests.ts';
import type { Metrics } from './http/metrics.ts';
import { framePages } from './http/pages/frame.ts';
import { returnToApp } from './http/pages/return-to-app.ts';
import { pinOrigin } from './http/pinned-origin.ts';
import { redirectPosted } from './http/posted-requests.ts';
import { refuseEncodings, refuseForeignForms, refuseForeignHosts } from './http/refusals.ts';
import { registrationRoute } from './http/registration-route.ts';
import { securityHeaders } from './http/security-headers.ts';
import { identifyRequest } from './http/trace.ts';
import { type Trail, tellRefusals } from './http/trail.ts';
import { createAccountRoutes } from './people/account/connections.ts';
import { createOwnSignInRoutes } from './people/account/sign-in.ts';
import { createAccountSessions, recognizeReader } from './people/account-session.ts';
import { createDoorRoutes } from './people/door.ts';
import { createInteractionRoutes } from './people/interactions.ts';
import { createSetupRoutes } from './people/setup.ts';
import type { SignInLimits } from './people/sign-in-limits.ts';
import { createSignOutRoutes } from './people/sign-out.ts';
import { createProvider, type ProviderParts } from './provider.ts';
import { normalizeAuthorizationScope, splitScopes } from './scopes.ts';
import { introspectGrant } from './vault/answers.ts';
import type { CallRecorder } from './vault/calls.ts';
import { createDescriptionRoute } from './vault/description-route.ts';
import { introspectNames } from './vault/named-callers.ts';

export interface AppParts extends ProviderParts {
  readonly database: Database;
  readonly accounts: AccountStore;
  readonly setupLinks: SetupLinkStore;
  readonly connections: ConnectionStore;
  readonly accountConnections: AccountConnectionStore;
  readonly calls: CallRecorder;
  readonly descriptions: ResourceDescriptionStore;
  readonly standing: ClientStanding;
  readonly signInLimits: SignInLimits;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly trail: Trail;
}

// Told once the library has written its answer to a request whose body it could not read.
const failedParsing = [
  'registration_create.error',
  'grant.error',
  'introspection.error',
  'revocation.error',
  'userinfo.error',
];

/** Everything loop-auth answers once it is ready; health is answered in front of it (main.ts). */
export function createApp(parts: AppParts): RequestListener {
  const { config, log, metrics } = parts;
  const provider = createProvider(parts);
  const issuerPath = new URL(config.issuer).pathname.replace(/\/$/, '');
  provider.on('server_error', rememberFailure);
  provider.on('authorization.error', rememberRefusal);
  for (const event of failedParsing) (provider as EventEmitter).on(event, answerTooLarge);
  metrics.observe(provider);
  followProvider(provider, parts.trail);
  // What still reaches Koa itself was answered already or is a connection that the client closed.
  (provider as EventEmitter).on('error', (error: Error) => log.warn({ err: error }, 'connection failed'));
  provider.use(identifyRequest);
  provider.use(pinOrigin(config.issuer, config.trustedProxies));
  provider.use(metrics.middleware);
  provider.use(securityHeaders(config.issuer));
  provider.use(framePages(config.issuer));
  provider.use(tellRefusals(parts.trail));
  provider.use(answerErrors(log));
  provider.use(returnToApp);
  provider.use(refuseForeignHosts(config.issuer));
  provider.use(keepWithUnknownApps(parts.standing.mayRedirectUnseen));
  provider.use(refuseOtherSpellings);
  provider.use(normalizeAuthorization(parts));
  provider.use(registrationRoute(config.registration));
  provider.use(refuseEncodings);
  provider.use(limitRequests(parts.rowLimits));
  provider.use(redirectPosted(issuerPath));
  provider.use(encodeRawBasic);
  provider.use(parts.callLimits.middleware);
  provider.use(commitBeforeAnswering(parts.database));
  provider.use(introspectGrant);
  provider.use(introspectNames(config.apiClientId));
  provider.use(parts.calls.middleware);
  provider.use(
    createDescriptionRoute({ provider, resources: parts.resources, descriptions: parts.descriptions }),
  );
  for (const routes of routesForPeople(parts, provider, issuerPath)) provider.use(routes);
  return underIssuerPath(issuerPath, provider.callback());
}

/** What the library leaves to us at /auth: it checks `resource` before any hook of its own, on this same parsed query. */
function normalizeAuthorization({ resources }: AppParts): Middleware {
  return (ctx, next) => {
    if (ctx.path === '/auth') {
      resources.normalizeRequested(ctx.query);
      normalizeAuthorizationScope(ctx.query);
      dropUnusedNonce(ctx.query);
    } else if (ctx.path.startsWith('/auth/')) {
      // Where it goes on takes none, and what the library does with one in its error handler fails.
      ctx.querystring = '';
    }
    return next();
  };
}

function routesForPeople(parts: AppParts, provider: Provider, issuerPath: string): Middleware[] {
  const { config, accounts, trail } = parts;
  const readForm = (formLimit: string): Middleware =>
    compose([
      refuseForeignForms(config.issuer),
      bodyParser({ enableTypes: ['form'], formLimit }) as Middleware,
    ]);
  const form = readForm('16kb');
  const { connections, accountConnections } = parts;
  const sessions = createAccountSessions({ provider, accounts, connections }, config.issuer);
  const { issuer } = config;
  const people = { accounts, limits: parts.signInLimits, trail, issuer, issuerPath, form, sessions };
  return [
    recognizeReader(sessions),
    createDoorRoutes({ sessions, connections, issuerPath, mcpUrl: config.resources[0] }),
    createOwnSignInRoutes(people),
    createSignOutRoutes(people),
    createSetupRoutes({ links: parts.setupLinks, accounts, sessions, issuerPath, form, trail }),
    createAccountRoutes({ ...people, provider, connections, accountConnections }),
    createInteractionRoutes({
      ...people,
      // All of the vault's folders, each letter of their names in percent-encoding.
      form: readForm('512kb'),
      provider,
      apiClientId: config.apiClientId,
      isSeeded: parts.standing.isSeeded,
      consents: parts.consents,
      accountConnections,
      descriptions: parts.descriptions,
      resources: parts.resources,
      idleSeconds: config.refreshTokenIdleSeconds,
    }),
  ];
}

function followProvider(provider: EventEmitter, trail: Trail): void {
  provider.on('registration_create.success', (ctx: KoaContextWithOIDC, { clientId }: { clientId: string }) =>
    trail.tell(ctx, 'client.registered', { clientId }),
  );
  // At the token endpoint it is a replay, which is told as such.
  provider.on('grant.revoked', (ctx: KoaContextWithOIDC, grantId: string) => {
    if (ctx.oidc.route !== 'revocation') return;
    trail.tell(ctx, 'connection.revoked', { clientId: ctx.oidc.client?.clientId, grantId, reason: 'app' });
  });
}

// Some clients send one with every request. Without an ID token there is nothing for it to bind, and the library
// refuses the request for it.
function dropUnusedNonce(query: ParsedUrlQuery): void {
  if (!splitScopes(String(query['scope'] ?? '')).includes('openid')) delete query['nonce'];
}

// The routers take a path in any case and with a slash at the end. Limits, pages and the token endpoint's unit go by
// the path, so that there must be one spelling; only ids have capital letters, which are the segment after these.
const refuseOtherSpellings: Middleware = async (ctx, next) => {
  const path = ctx.path.replace(/^(\/(?:auth|device|interaction|reg)\/)[^/]+$/, '$1id');
  if (!/[A-Z]|.\/$/.test(path)) await next();
};

/** All that a request changed is committed, or undone where it failed, before its answer leaves. */
function commitBeforeAnswering(database: Database): Middleware {
  return (ctx, next) =>
    asUnitOfWork(database, ctx.path === '/token', async () => {
      await next();
      // What the library would answer as `server_error`: errors.ts answers it in its place.
      if (ctx.state['failure'] !== undefined) throw ctx.state['failure'];
      return ctx.status < 400;
    });
}

const wellKnown = /^\/\.well-known\/(oauth-authorization-server|openid-configuration)(?=\/|$)/;

/**
 * Serves an issuer with a path: below it, and the discovery documents also with the path inserted after the
 * well-known name (RFC 8414 section 3.1). The library reads its mount path from `originalUrl`.
 */
function underIssuerPath(issuerPath: string, listener: RequestListener): RequestListener {
  if (issuerPath === '') return listener;
  return (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse) => {
    const url = request.url ?? '/';
    const [path = '/', query] = url.split(/\?(.*)/s);
    const inserted = wellKnown.exec(path);
    const below = inserted && path === inserted[0] + issuerPath ? inserted[0] : stripped(path, issuerPath);
    request.url = query === undefined ? below : `${below}?${query}`;
    request.originalUrl = issuerPath + request.url;
    listener(request, response);
  };
}

// Outside the issuer's path there is nothing: a path that no route has.
function stripped(path: string, issuerPath: string): string {
  if (path === issuerPath) return '/';
  return path.startsWith(`${issuerPath}/`) ? path.slice(issuerPath.length) : '/outside-the-issuer';
}
