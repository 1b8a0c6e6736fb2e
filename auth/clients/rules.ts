// What the library is told about clients: how they prove themselves, what becomes of their metadata, what each may leave out.
import type Provider from 'oidc-provider';
import type { Configuration } from 'oidc-provider';
import type { AuthConfig } from '../config.ts';
import { isKnownScope, splitScopes } from '../scopes.ts';
import { checkAssertion } from './assertions.ts';
import { normalizeClientMetadata } from './metadata.ts';
import { redirectRuleOf, takesDocuments } from './registration-settings.ts';
import { seededOnly } from './seeded.ts';

type Client = NonNullable<Awaited<ReturnType<Provider['Client']['find']>>>;

const proofs = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
const authMethods = ['none', ...proofs] as const;
const assertionAlgorithms = ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA'] as const;

export function clientRulesFor({ registration }: AuthConfig): Configuration {
  const rule = redirectRuleOf(registration);
  return {
    clientAuthMethods: authMethods,
    enabledJWA: { clientAuthSigningAlgValues: assertionAlgorithms },
    discovery: {
      // RFC 8414 section 2: left out, revocation would take client_secret_basic alone.
      revocation_endpoint_auth_methods_supported: authMethods,
      revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      introspection_endpoint_auth_methods_supported: proofs,
      introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      // What the library has under this name keeps no document for the day its host is away.
      ...(takesDocuments(registration) && { client_id_metadata_document_supported: true }),
    },
    assertJwtClientAuthClaimsAndHeader: checkAssertion,
    clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
    responseTypes: ['code'],
    // Browser-based clients may read an answer only from the origin that they registered to be sent back to.
    clientBasedCORS: (_ctx, origin, client) =>
      client.redirectUris?.some((uri) => URL.parse(uri)?.origin === origin) ?? false,
    extraClientMetadata: {
      properties: ['software_id', 'software_version', ...seededOnly],
      validator: (ctx, key, _value, metadata) => {
        if (key !== 'software_id') return;
        // Without a context it is a stored client, which was made to fit when it registered.
        if (!ctx) return forgetUnknownScopes(metadata as Record<string, unknown>);
        for (const name of seededOnly) delete (metadata as Record<string, unknown>)[name];
        normalizeClientMetadata(metadata as Record<string, unknown>, rule);
      },
    },
    // What is read of other hosts is read by hosts/guarded-fetch.ts, and by nothing else.
    fetch: async () => {
      throw new Error('the library fetches nothing here');
    },
  };
}

// A limit that an operator set may name a scope that is none any more; the library would refuse the client for it.
function forgetUnknownScopes(metadata: Record<string, unknown>): void {
  const { scope } = metadata;
  if (typeof scope === 'string') metadata['scope'] = splitScopes(scope).filter(isKnownScope).join(' ');
}

/** Once more what auth/clients/seeded.ts lets an operator make, in case a row was changed by hand. */
export function mayOmitPkce(client: Client): boolean {
  return (
    client['may_omit_pkce'] === true &&
    client.applicationType === 'web' &&
    /^client_secret_/.test(client.tokenEndpointAuthMethod ?? '')
  );
}
