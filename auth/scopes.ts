// Which scopes there are, how a request's are read, and which of them an answer names.
import type { ParsedUrlQuery } from 'node:querystring';
import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';

export const vaultScopes = ['vault.read', 'vault.write'] as const;

/** About the person and the connection. The library counts every scope that discovery lists as one of these. */
export const openidScopes = ['openid', 'profile', 'offline_access'] as const;

const known: readonly string[] = [...openidScopes, ...vaultScopes];

export function isKnownScope(scope: string): boolean {
  return known.includes(scope);
}

export function isVaultScope(scope: string): boolean {
  return (vaultScopes as readonly string[]).includes(scope);
}

export function isOpenidScope(scope: string): boolean {
  return (openidScopes as readonly string[]).includes(scope);
}

/** The scopes of a parameter. Blanks around and between them are forgiven, since clients build lists by hand. */
export function splitScopes(scope: string | undefined): string[] {
  return scope?.split(' ').filter(Boolean) ?? [];
}

/**
 * Makes an authorization request's `scope` and `prompt` what they mean here. The library ignores `offline_access`
 * without `prompt=consent`, so that clients which compare don't find in the answer what they asked for; here every
 * person is asked anyway (OpenID Connect Core section 11), unless the request forbids it.
 */
export function normalizeAuthorizationScope(query: ParsedUrlQuery): void {
  normalizePrompt(query);
  const { scope, prompt } = query;
  if (typeof scope !== 'string') return;
  const scopes = splitScopes(scope);
  query['scope'] = scopes.join(' ');
  if (!scopes.includes('offline_access') || Array.isArray(prompt)) return;
  const prompts = splitScopes(prompt);
  if (!prompts.some((one) => one === 'none' || one === 'consent'))
    query['prompt'] = [...prompts, 'consent'].join(' ');
}

/**
 * The page of consent, which everybody is shown, says who is signed in and lets another account be used: that is the choice
 * that `select_account` asks for (OpenID Connect Core section 3.1.2.1). The library refuses the word.
 */
function normalizePrompt(query: ParsedUrlQuery): void {
  const { prompt } = query;
  if (typeof prompt !== 'string') return;
  const prompts = splitScopes(prompt).map((one) => (one === 'select_account' ? 'consent' : one));
  query['prompt'] = [...new Set(prompts)].join(' ');
}

/**
 * What an authorization request asks for of resources whose scopes are `offered`: unknown scopes are ignored (RFC 6749 section 3.3), and reading is enough for
 * who names none. Throws InvalidScope where nothing known is left: the person would be asked for nothing.
 * `limit` is the most that an operator allows the app.
 */
export function requestedScope(
  scope: string | undefined,
  limit: string | undefined,
  offered: readonly string[] = vaultScopes,
): string {
  const asked = splitScopes(scope);
  const understood = asked.filter((one) => isOpenidScope(one) || offered.includes(one));
  refuseBeyond(limit, understood);
  // Some clients ask for all that discovery lists, which of a resource of its own are none: they mean what there is.
  const isMistaken = asked.some((one) => isVaultScope(one) && !offered.includes(one));
  if (isMistaken && !understood.some((one) => offered.includes(one)))
    return [defaultScope(limit, offered), ...understood].join(' ');
  if (understood.some((one) => one !== 'offline_access')) return understood.join(' ');
  if (understood.length < asked.length) {
    throw new errors.InvalidScope(
      `none of the scopes asked for is known here; known are ${[...openidScopes, ...offered].join(', ')}`,
      // It goes into the address that the person is sent to.
      asked.join(' ').slice(0, 200),
    );
  }
  return [defaultScope(limit, offered), ...understood].join(' ');
}

// The library looks at the scopes that discovery lists only.
function refuseBeyond(limit: string | undefined, scopes: readonly string[]): void {
  const beyond = scopes.find((one) => !isKnownScope(one));
  if (limit !== undefined && beyond !== undefined)
    throw new errors.InvalidScope('requested scope is not allowed', beyond);
}

// An operator who limits a client says with it what it is for; of all others reading is enough until they ask. A resource
// of another kind knows no reading: it is asked for as a whole.
function defaultScope(limit: string | undefined, offered: readonly string[]): string {
  const isVault = offered.some(isVaultScope);
  if (isVault) return splitScopes(limit).filter(isVaultScope).join(' ') || vaultScopes[0];
  refuseBeyond(limit, offered);
  return offered.join(' ');
}

/**
 * The same for a refresh: clients repeat what they asked at first, with what was ignored there. `offline_access` is what
 * the refresh token itself is. What is known and beyond the grant stays, and the library refuses it (RFC 6749 section 6).
 */
export function normalizeRefreshScope(
  parameters: { scope?: unknown },
  offered: readonly string[] = vaultScopes,
): void {
  const { scope } = parameters;
  if (typeof scope !== 'string') return;
  const asked = splitScopes(scope);
  const scopes = asked.filter(
    (one) => one !== 'offline_access' && (isOpenidScope(one) || offered.includes(one)),
  );
  const isMistaken = asked.some((one) => isVaultScope(one) && !offered.includes(one));
  const isAll = isMistaken && !scopes.some((one) => offered.includes(one));
  parameters.scope = isAll ? undefined : scopes.join(' ') || undefined;
}

type OidcContext = KoaContextWithOIDC['oidc'];

/** The OpenID scopes that the token being issued stands for: granted, and not left away by a refresh that asks for less. */
export function issuedOpenidScopes(oidc: OidcContext): string[] {
  const { AuthorizationCode: code, DeviceCode: deviceCode, RefreshToken: refreshToken } = oidc.entities;
  const asked = oidc.params?.['scope'] ?? (code ?? deviceCode ?? refreshToken)?.scope;
  return openidScopesGiven(oidc.entities.Grant, asked as string | undefined);
}

/** Those of `asked` that the grant gives, and `offline_access` where it was given. */
export function openidScopesGiven(
  grant: Pick<InstanceType<Provider['Grant']>, 'getOIDCScopeFiltered'> | undefined,
  asked: string | undefined,
): string[] {
  const wanted = new Set([...splitScopes(asked), 'offline_access']);
  return splitScopes(grant?.getOIDCScopeFiltered(wanted)).filter(isOpenidScope);
}

/**
 * Names in a token answer all that was granted; the library names only what the token's resource knows. Clients that
 * compare (oauthlib: “Scope has changed”) find what they asked for, and no answer has an empty scope (RFC 6749 section 3.3).
 */
export function nameGrantedScopes(ctx: KoaContextWithOIDC): void {
  const body = ctx.body as { scope?: string; refresh_token?: string };
  const openid = issuedOpenidScopes(ctx.oidc).filter((one) => one !== 'offline_access' || body.refresh_token);
  const scope = joinScopes(openid, body.scope);
  if (scope === '') delete body.scope;
  else body.scope = scope;
}

/** Each of them once, in their order. */
export function joinScopes(first: readonly string[], others: string | undefined): string {
  return [...new Set([...first, ...splitScopes(others)])].join(' ');
}
