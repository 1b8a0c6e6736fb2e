// What an introspection says of a token that is live in every plain way (RFC 7662 section 2.2). Anything else is the library's to judge.
import type Provider from 'oidc-provider';
import type { AdapterPayload } from 'oidc-provider';
import { epochSeconds } from '../../adapters/database/time.ts';
import type { OwnedToken } from '../../adapters/stores/tokens/owned.ts';
import { splitScopes } from '../scopes.ts';
import { type Grant, scopesGiven, vaultDetail } from './access.ts';

export interface LiveToken {
  readonly grant: Grant;
  /** Members in the order in which the library and our own hooks behind it write them. */
  readonly answer: object;
}

export interface LiveTokenParts {
  readonly provider: Provider;
  readonly issuer: string;
  /** Those of the asking resource server. */
  readonly resources: readonly string[];
  /** Whose own tokens hang on a browser's session: the library looks for it. */
  readonly apiClientId: string;
}

// What a later version of the library stores beside these may mean anything: it judges what it has stored.
const plainToken = new Set([
  'accountId',
  'aud',
  'clientId',
  'exp',
  'extra',
  'grantId',
  'gty',
  'iat',
  'kind',
  'openid_scope',
  'scope',
  'sessionUid',
]);
const plainGrant = new Set([
  'accountId',
  'clientId',
  'exp',
  'iat',
  'kind',
  'openid',
  'rar',
  'rejected',
  'resources',
]);

/** Undefined for a token that is not live, or not in a plain way: which of them is for the library to say. */
export function describeLiveToken(parts: LiveTokenParts, found: OwnedToken): LiveToken | undefined {
  const { token, client, username } = found;
  const { clientId, accountId, aud, exp, iat } = token;
  if (!isPlainToken(token, parts) || !isPlainGrant(found) || !isPlainClient(client)) return undefined;
  const GrantOf = parts.provider.Grant as unknown as new (payload: AdapterPayload) => Grant;
  const grant = new GrantOf({ ...found.grant, jti: found.grantId });
  const detail = vaultDetail(grant, String(aud));
  const scope = token.scope || undefined;
  const answer = {
    active: true,
    sub: accountId,
    client_id: clientId,
    exp,
    iat,
    iss: parts.issuer,
    aud,
    authorization_details: detail && [detail],
    scope: detail ? scopesGiven(grant, String(aud), splitScopes(scope)) : scope,
    token_type: 'Bearer',
    client_name: client.client_name,
    username,
  };
  return { grant, answer };
}

function isPlainToken(token: AdapterPayload, { resources, apiClientId }: LiveTokenParts): boolean {
  const { kind, exp, iat, aud, scope = '', extra = {}, clientId } = token;
  return (
    kind === 'AccessToken' &&
    isPlain(token, plainToken) &&
    // The library goes by the clock's own second here; its tolerance is for what other servers issue.
    isAhead(exp) &&
    typeof iat === 'number' &&
    typeof scope === 'string' &&
    Object.keys(Object(extra)).length === 0 &&
    resources.includes(String(aud)) &&
    clientId !== apiClientId
  );
}

/** Whether a grant is live in every plain way, and everything under it belongs together. */
export function isPlainGrant({
  token,
  grant,
  grantId,
  clientId,
  accountId,
}: Pick<OwnedToken, 'token' | 'grant' | 'grantId' | 'clientId' | 'accountId'>): boolean {
  const isOf = (one: AdapterPayload): boolean => one.clientId === clientId && one.accountId === accountId;
  return (
    grant.kind === 'Grant' &&
    isPlain(grant, plainGrant) &&
    isAhead(grant.exp) &&
    typeof grant.iat === 'number' &&
    token.grantId === grantId &&
    isOf(token) &&
    isOf(grant)
  );
}

function isPlainClient({ client_name: name, subject_type: subjects = 'public' }: AdapterPayload): boolean {
  return subjects === 'public' && (name === undefined || (typeof name === 'string' && name !== ''));
}

export const isAhead = (exp: unknown): boolean => typeof exp === 'number' && exp > epochSeconds();

/** Whether it has no members but these. */
export const isPlain = (payload: AdapterPayload, known: ReadonlySet<string>): boolean =>
  Object.keys(payload).every((name) => known.has(name));
