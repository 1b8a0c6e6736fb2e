// The HTTP application: oidc-provider as the root Koa app with our own middleware and routes in front of it.
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Database } from '../adapters/database/database.ts';
import { asUnitOfWork } from '../adapters/database/unit-of-work.ts';
import type { RefreshTokenAdapter } from '../adapters/models/refresh-token.ts';
import type { OwnedTokenStore } from '../adapters/stores/tokens/owned.ts';
import type { ClientStanding } from './clients/standing.ts';
import { encodeRawBasic } from './http/basic-credentials.ts';
import {
  answerErrors,
  keepWithUnknownApps,
  rememberFailure,
  rememberRefusal,
  sayToPrograms,
} from './http/errors.ts';
import { limitRequests } from './http/limits/requests.ts';
import { createTurns } from './http/limits/turns.ts';
import type { Metrics } from './http/metrics.ts';
import { framePages } from './http/pages/frame.ts';
import { returnToApp } from './http/pages/return-to-app.ts';
import { pinOrigin } from './http/pinned-origin.ts';
import { redirectPosted } from './http/posted-requests.ts';
import { refuseEncodings, refuseForeignHosts } from './http/refusals.ts';
import { registrationRoute } from './http/registration-route.ts';
import { securityHeaders } from './http/security-headers.ts';
import { identifyRequest } from './http/trace.ts';
import { type Trail, tellRefusals } from './http/trail.ts';
import { createAccountSessions } from './people/account-session.ts';
import { noteBrowsers } from './people/browsers.ts';
import { type PeopleParts, routesForPeople } from './people/routes.ts';
import { createProvider, type ProviderParts } from './provider.ts';
import { normalizeAuthorizationScope, splitScopes } from './scopes.ts';
import { observeTries, rememberTold } from './timeline/observe.ts';
import type { Recorder } from './timeline/recorder.ts';
import { createRefusalsRoute } from './timeline/refusals-route.ts';
import { introspectKeys } from './vault/access-keys/introspection.ts';
import type { KeyUseRecorder } from './vault/access-keys/uses.ts';
import { introspectGrant } from './vault/answers.ts';
import type { CallRecorder } from './vault/calls.ts';
import { createDescriptionRoute } from './vault/description-route.ts';
import { introspectNames } from './vault/named-callers.ts';
import { refreshShortly } from './vault/refreshing/short-refresh.ts';
import { introspectShortly } from './vault/short-introspection.ts';

export interface AppParts extends ProviderParts, Omit<PeopleParts, 'provider' | 'sessions'> {
  readonly database: Database;
  readonly calls: CallRecorder;
  readonly keyUses: KeyUseRecorder;
  readonly metrics: Metrics;
  readonly recorder: Recorder;
  readonly standing: ClientStanding;
  readonly ownedTokens: OwnedTokenStore;
  readonly refreshTokens: RefreshTokenAdapter;
  /** The library answers all that it can, nothing in front of it. */
  readonly isLibraryAlone?: boolean;
}

/** Everything loop-auth answers once it is ready; health is answered in front of it (main.ts). */
export function createApp(parts: AppParts): RequestListener {
  const { config, log, metrics } = parts;
  const provider = createProvider(parts);
  const issuerPath = new URL(config.issuer).pathname.replace(/\/$/, '');
  provider.on('server_error', rememberFailure);
  provider.on('authorization.error', rememberRefusal);
  sayToPrograms(provider);
  metrics.observe(provider);
  followProvider(provider, parts.trail);
  rememberTold(provider);
  // What still reaches Koa itself was answered already or is a connection that the client closed.
  (provider as EventEmitter).on('error', (error: Error) => log.warn({ err: error }, 'connection failed'));
  const { accounts, connections, browsers } = parts;
  const sessions = createAccountSessions({ provider, accounts, connections, browsers }, config.issuer);
  provider.use(identifyRequest);
  provider.use(pinOrigin(config.issuer, config.trustedProxies));
  provider.use(metrics.middleware);
  provider.use(securityHeaders(config.issuer));
  provider.use(framePages(config.issuer));
  provider.use(tellRefusals(parts.trail));
  provider.use(observeTries(parts.recorder));
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
  if (!parts.isLibraryAlone)
    provider.use(introspectShortly({ ...config, provider, tokens: parts.ownedTokens, calls: parts.calls }));
  provider.use(parts.callLimits.middleware);
  provider.use(noteBrowsers({ browsers, sessions, log }));
  provider.use(commitBeforeAnswering(parts.database));
  if (!parts.isLibraryAlone)
    provider.use(
      refreshShortly({ ...parts, ...config, provider, accessTokens: parts.adapter('AccessToken') }),
    );
  provider.use(introspectGrant);
  provider.use(introspectNames(config.apiClientId));
  provider.use(parts.calls.middleware);
  const [resource] = config.resources;
  provider.use(introspectKeys({ ...config, keys: parts.accessKeys, uses: parts.keyUses, resource }));
  provider.use(
    createDescriptionRoute({ provider, resources: parts.resources, descriptions: parts.descriptions }),
  );
  provider.use(createRefusalsRoute({ ...parts, provider, trustedProxies: config.trustedProxies }));
  for (const routes of routesForPeople({ ...parts, provider, sessions }, issuerPath)) provider.use(routes);
  return underIssuerPath(issuerPath, provider.callback());
}

/** What the library leaves to us at /auth: it checks `resource` before any hook of its own, on this same parsed query. */
function normalizeAuthorization({ resources }: AppParts): Middleware {
  return async (ctx, next) => {
    if (ctx.path === '/auth') {
      await resources.normalizeRequested(ctx.query);
      normalizeAuthorizationScope(ctx.query);
      dropUnusedNonce(ctx.query);
    } else if (ctx.path.startsWith('/auth/')) {
      // Where it goes on takes none, and what the library does with one in its error handler fails.
      ctx.querystring = '';
    }
    return next();
  };
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
  const path = ctx.path.replace(/^(\/(?:auth|device|interaction|reg)\/)[^/]+(?=$|\/upstream$)/, '$1id');
  if (!/[A-Z]|.\/$/.test(path)) await next();
};

// A commit of many lets their clients go on at the same moment: begun all at once, their next requests would hold up those
// whose answers somebody waits for on a page or in a tool.
const tokenRequestsARound = 2;

/** All that a request changed is committed, or undone where it failed, before its answer leaves. */
function commitBeforeAnswering(database: Database): Middleware {
  const turn = createTurns(tokenRequestsARound);
  return async (ctx, next) => {
    const work = async (): Promise<boolean> => {
      await next();
      // What the library would answer as `server_error`: errors.ts answers it in its place.
      if (ctx.state['failure'] !== undefined) throw ctx.state['failure'];
      return ctx.status < 400;
    };
    const isTokenRequest = ctx.path === '/token';
    if (isTokenRequest) await turn();
    await asUnitOfWork(database, isTokenRequest, work, ctx.path === '/token/introspection');
  };
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
