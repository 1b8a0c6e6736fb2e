// What a refresh gives for a token that is live in every plain way (RFC 6749 section 6). Anything else is the library's to judge.
import { randomBytes } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { AdapterPayload } from 'oidc-provider';
import { epochSeconds } from '../../../adapters/database/time.ts';
import type { OwnedRefreshToken } from '../../../adapters/models/refresh-token.ts';
import { isVaultScope, joinScopes, openidScopesGiven, splitScopes } from '../../scopes.ts';
import { type Grant, scopesGiven, vaultDetail } from '../access.ts';
import { isAhead, isPlain, isPlainGrant } from '../live-token.ts';
import { markOf } from '../reader-tokens.ts';

export interface ExchangeParts {
  readonly provider: Provider;
  /** Those of loop-api. */
  readonly resources: readonly string[];
  readonly apiClientId: string;
  readonly accessTokenSeconds: number;
  readonly refreshTokenIdleSeconds: number;
}

export interface RefreshRequest {
  readonly clientId: string;
  readonly token: string;
  readonly resource: string | undefined;
}

export interface Exchange {
  readonly token: string;
  readonly clientId: string;
  readonly accountId: string;
  readonly grantId: string;
  readonly refresh: { readonly payload: AdapterPayload; readonly seconds: number };
  readonly access: { readonly value: string; readonly payload: AdapterPayload; readonly seconds: number };
  /** Members in the order in which the library and our own hooks behind it write them. */
  readonly answer: (refreshToken: string) => object;
}

// What a later version of the library stores beside these may mean anything: it judges what it has stored.
const plainToken = new Set([
  'accountId',
  'acr',
  'amr',
  'authTime',
  'clientId',
  'exp',
  'grantId',
  'gty',
  'iat',
  'iiat',
  'jti',
  'kind',
  'resource',
  'rotations',
  'scope',
  'sessionUid',
]);

/** Undefined for a token that is not to be exchanged for the first time, or not in a plain way. */
export function planExchange(
  parts: ExchangeParts,
  found: OwnedRefreshToken,
  asked: RefreshRequest,
): Exchange | undefined {
  const { payload: token, grantId, clientId, accountId } = found;
  if (found.exchange !== 'rotate' || found.grant === undefined) return undefined;
  if (clientId === undefined || accountId === undefined) return undefined;
  const stored = JSON.parse(found.grant) as AdapterPayload;
  const owners = { token, grant: stored, grantId, clientId, accountId };
  if (!isPlainToken(parts, token, asked) || !isPlainGrant(owners)) return undefined;
  const GrantOf = parts.provider.Grant as unknown as new (payload: AdapterPayload) => Grant;
  const grant = new GrantOf({ ...stored, jti: grantId });
  const scope = scopesGiven(grant, String(token.resource), splitScopes(token.scope).filter(isVaultScope));
  if (scope === '') return undefined;
  return { token: asked.token, clientId, accountId, grantId, ...issue(parts, token, grant, scope) };
}

function isPlainToken(
  { resources, apiClientId }: ExchangeParts,
  token: AdapterPayload,
  asked: RefreshRequest,
): boolean {
  const { kind, exp, iat, iiat, gty, resource, scope } = token;
  return (
    kind === 'RefreshToken' &&
    isPlain(token, plainToken) &&
    isAhead(exp) &&
    typeof iat === 'number' &&
    typeof iiat === 'number' &&
    typeof gty === 'string' &&
    typeof scope === 'string' &&
    // There is an ID token to give.
    !splitScopes(scope).includes('openid') &&
    resources.includes(String(resource)) &&
    (asked.resource ?? resource) === resource &&
    token.clientId === asked.clientId &&
    asked.clientId !== apiClientId
  );
}

/** Both tokens as the library would store them, member for member, and its answer. */
function issue(
  { accessTokenSeconds, refreshTokenIdleSeconds }: ExchangeParts,
  token: AdapterPayload,
  grant: Grant,
  scope: string,
): Pick<Exchange, 'refresh' | 'access' | 'answer'> {
  const { accountId, clientId, grantId, sessionUid, resource, rotations } = token;
  const iat = epochSeconds();
  const gty = String(token.gty).endsWith('refresh_token') ? token.gty : `${token.gty} refresh_token`;
  const openid = openidScopesGiven(grant, token.scope);
  const refresh = {
    iat,
    exp: iat + refreshTokenIdleSeconds,
    accountId,
    acr: token.acr,
    amr: token.amr,
    authTime: token.authTime,
    iiat: token.iiat,
    grantId,
    gty,
    resource,
    rotations: typeof rotations === 'number' ? rotations + 1 : 1,
    scope: token.scope,
    sessionUid,
    kind: 'RefreshToken',
    clientId,
  };
  const access = {
    iat,
    exp: iat + accessTokenSeconds,
    accountId,
    grantId,
    gty,
    sessionUid,
    kind: 'AccessToken',
    clientId,
    aud: resource,
    scope,
    openid_scope: openid.join(' ') || undefined,
  };
  const detail = vaultDetail(grant, String(resource));
  // As long as the library's.
  const value = `${markOf(detail)}${randomBytes(32).toString('base64url')}`;
  return {
    refresh: { payload: refresh as AdapterPayload, seconds: refreshTokenIdleSeconds },
    access: { value, payload: access as AdapterPayload, seconds: accessTokenSeconds },
    answer: (refreshToken) => ({
      access_token: value,
      expires_in: accessTokenSeconds,
      refresh_token: refreshToken,
      scope: joinScopes(openid, scope),
      token_type: 'Bearer',
      ...(detail && { authorization_details: [detail] }),
    }),
  };
}
