// Clients that an operator makes by hand: what they may be, and the two things that only they may have.
import type { AdapterPayload } from 'oidc-provider';
import { openidScopes, vaultScopes } from '../scopes.ts';
import { deviceGrantType, findApplicationType } from './metadata.ts';
import { checkAddress } from './redirects/addresses.ts';

/** The wish can't be granted; `message` says which field, to the operator. */
export class SeedRefused extends Error {
  override readonly name = 'SeedRefused';
}

export interface SeedWish {
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Where its people may be sent after they signed out (OpenID Connect RP-Initiated Logout 1.0 section 3). */
  readonly postLogoutRedirectUris: readonly string[];
  readonly authMethod: string;
  readonly grants: readonly string[];
  /** The most that it may ask for; none means no limit. */
  readonly scopes: readonly string[];
  readonly withoutPkce: boolean;
  /** What its ID tokens are signed with; RS256 unless said otherwise. */
  readonly idTokenAlg?: string | undefined;
}

const authMethods = ['client_secret_basic', 'client_secret_post', 'none'];
const grantTypes = ['authorization_code', 'refresh_token', 'device_code'];
const idTokenAlgs = ['RS256', 'ES256'];

/**
 * Metadata that no app can give itself: registration drops these fields, a document's are not taken over.
 * `may_omit_pkce` is for GPT Actions, which send no challenge. `resource_server` named the resource whose tokens a
 * credential may introspect, before these had a table.
 */
export const seededOnly = ['may_omit_pkce', 'resource_server'] as const;

/** Throws SeedRefused. The secret's hash, where there is one, is the caller's to add. */
export function createSeededClient(id: string, wish: SeedWish): AdapterPayload {
  oneOf('--auth-method', [wish.authMethod], authMethods);
  oneOf('--grant', wish.grants, grantTypes);
  if (!wish.grants.some((grant) => ['authorization_code', 'device_code'].includes(grant)))
    throw new SeedRefused(
      '--grant: authorization_code or device_code must be among them, or client_credentials alone',
    );
  oneOf('--scope', wish.scopes, [...vaultScopes, ...openidScopes]);
  if (wish.idTokenAlg !== undefined) oneOf('--id-token-alg', [wish.idTokenAlg], idTokenAlgs);
  if (wish.withoutPkce && wish.authMethod === 'none')
    throw new SeedRefused(
      '--without-pkce: only an app with a secret may go without (RFC 9700 section 2.1.1)',
    );
  // Clients add these two by themselves wherever discovery lists them.
  const scope = [...new Set([...wish.scopes, 'openid', 'offline_access'])].join(' ');
  const metadata: AdapterPayload = {
    client_id: id,
    client_name: wish.name,
    grant_types: wish.grants.map((grant) => (grant === 'device_code' ? deviceGrantType : grant)),
    token_endpoint_auth_method: wish.authMethod as NonNullable<AdapterPayload['token_endpoint_auth_method']>,
    ...(wish.scopes.length > 0 && { scope }),
    ...(wish.withoutPkce && { may_omit_pkce: true }),
    ...(wish.idTokenAlg !== undefined && { id_token_signed_response_alg: wish.idTokenAlg as 'ES256' }),
  };
  return withAddresses(metadata, wish.redirectUris, wish.postLogoutRedirectUris);
}

/** An app without an address yet (a GPT Action's is known only after its id was entered) can't be asked for anything. */
export function withAddresses(
  metadata: AdapterPayload,
  redirectUris: readonly string[],
  postLogoutRedirectUris: readonly string[],
): AdapterPayload {
  const applicationType = telling('--redirect-uri', () => findApplicationType(redirectUris));
  for (const uri of postLogoutRedirectUris) checkAfterwards(uri, applicationType);
  if (applicationType === 'native' && metadata['may_omit_pkce'])
    throw new SeedRefused('--redirect-uri: an app without PKCE may have exact https addresses only');
  const { post_logout_redirect_uris: _, ...rest } = metadata;
  return {
    ...rest,
    redirect_uris: [...new Set(redirectUris)],
    ...(postLogoutRedirectUris.length > 0 && {
      post_logout_redirect_uris: [...new Set(postLogoutRedirectUris)],
    }),
    application_type: applicationType,
    response_types: redirectUris.length > 0 ? ['code'] : [],
  };
}

/** A client that acts for an account by itself, with its secret. Throws SeedRefused. */
export function createProgramClient(id: string, name: string, authMethod: string): AdapterPayload {
  oneOf('--auth-method', [authMethod], authMethods.slice(0, 2));
  return {
    client_id: id,
    client_name: name,
    redirect_uris: [],
    grant_types: ['client_credentials'],
    response_types: [],
    token_endpoint_auth_method: authMethod as NonNullable<AdapterPayload['token_endpoint_auth_method']>,
  };
}

/** Whether a client is one of those. */
export function isProgram(client: Pick<AdapterPayload, 'grant_types'> | undefined): boolean {
  return client?.grant_types?.includes('client_credentials') ?? false;
}

function checkAfterwards(uri: string, applicationType: 'native' | 'web'): void {
  const option = '--post-logout-redirect-uri';
  telling(option, () => checkAddress('post_logout_redirect_uris', uri));
  if (applicationType === 'web' && !/^https?:/i.test(uri))
    throw new SeedRefused(`${option}: ${uri} needs an app with a redirect URI on the person’s own device`);
}

/** What registration would say of the field, said of the option. */
function telling<T>(option: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    const { error_description: description } = cause as { error_description?: string };
    throw new SeedRefused(`${option}: ${description}`, { cause });
  }
}

function oneOf(option: string, given: readonly string[], allowed: readonly string[]): void {
  const wrong = given.find((value) => !allowed.includes(value));
  if (wrong !== undefined)
    throw new SeedRefused(`${option}: read ${JSON.stringify(wrong)}; allowed: ${allowed.join(', ')}`);
}
