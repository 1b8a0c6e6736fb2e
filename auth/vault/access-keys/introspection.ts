// An access key in an introspection (RFC 7662): to loop-api it is a token like any other.
import type { Middleware } from 'koa';
import type { Adapter, KoaContextWithOIDC } from 'oidc-provider';
import type { AccessKeyStore, OwnedKey } from '../../../adapters/stores/access-keys/access-keys.ts';
import { vaultScopes } from '../../scopes.ts';
import { wrapAdapter } from '../../wrapped-adapter.ts';
import { createVaultDetail } from '../access.ts';
import type { KeyUseRecorder } from './uses.ts';
import { clientIdOf, isKeyValue, looksLikeKey } from './value.ts';

// loop-api takes no token without an end.
const endlessSeconds = 50 * 365 * 24 * 3600;

export interface KeyIntrospectionParts {
  readonly keys: Pick<AccessKeyStore, 'findLive'>;
  readonly uses: Pick<KeyUseRecorder, 'see'>;
  readonly issuer: string;
  /** loop-api's: of the vault alone there are keys. */
  readonly resource: string;
  readonly apiClientId: string;
}

/** The library looks for what was given among its own tokens first; a key is never there, and costs no look. */
export function findingNoKeys(tokens: Adapter): Adapter {
  return wrapAdapter(tokens, {
    find: async (id) => (looksLikeKey(id) ? undefined : tokens.find(id)),
  });
}

/** Once the library knows who asks and found no token of its own. To any other resource server every key is inactive. */
export function introspectKeys(parts: KeyIntrospectionParts): Middleware {
  return async (ctx, next) => {
    await next();
    const body = ctx.body as { active?: boolean } | undefined;
    if (ctx.path !== '/token/introspection' || ctx.status !== 200 || body?.active !== false) return;
    const { client, params } = (ctx as unknown as KoaContextWithOIDC).oidc;
    const value = String(params?.['token'] ?? '');
    if (client?.clientId !== parts.apiClientId || !isKeyValue(value)) return;
    const key = await parts.keys.findLive(value);
    if (!key) return;
    parts.uses.see(key);
    ctx.body = describe(parts, key);
  };
}

function describe({ issuer, resource }: KeyIntrospectionParts, key: OwnedKey): object {
  const { accountId, username, access, folders, createdAt, expiresAt } = key;
  const [read, write] = vaultScopes;
  return {
    active: true,
    token_type: 'Bearer',
    iss: issuer,
    aud: resource,
    sub: accountId,
    username,
    client_id: clientIdOf(key),
    client_name: key.name,
    scope: access === 'write' ? `${read} ${write}` : read,
    iat: createdAt,
    exp: expiresAt ?? createdAt + endlessSeconds,
    // Nobody gives a program more by asking again: as far as it goes, it asked for all and got this.
    authorization_details: [createVaultDetail(resource, vaultScopes, { access, folders })],
  };
}
