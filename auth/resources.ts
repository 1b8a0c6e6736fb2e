// Which resources tokens are for, and who may introspect them (RFC 8707, RFC 7662 section 4).
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { AuthConfig } from './config.ts';
import { vaultScopes } from './scopes.ts';

interface Asking {
  readonly clientId: string;
  readonly [metadata: string]: unknown;
}

export interface Resources {
  readonly defaultResource: (ctx: KoaContextWithOIDC, client: unknown, oneOf?: readonly string[]) => string;
  /** Throws InvalidTarget for a resource that nobody here answers for. */
  readonly getResourceServerInfo: (ctx: KoaContextWithOIDC, resource: string) => Promise<ResourceServer>;
  /**
   * Makes a request's `resource` the identifier it means: one slash at the end is forgiven, since clients add it
   * (facts: Claude Code, SDKs that print URL.href); anything else stays and is refused by the library.
   */
  readonly normalizeRequested: (parameters: { resource?: unknown } | undefined) => void;
  /** Whether the client may introspect tokens for that audience: loop-api its own, another resource server its one. */
  readonly isAudienceOf: (client: Asking, audience: unknown) => boolean;
}

/** `isSeeded` finds the resource servers that an operator gave a credential to; asked only for what is not loop-api's. */
export function createResources(
  config: AuthConfig,
  isSeeded: (resource: string) => Promise<boolean>,
): Resources {
  const known = new Set<string>(config.resources);
  const [main] = config.resources;
  const normalize = (resource: unknown): unknown =>
    typeof resource === 'string' && resource.endsWith('/') && known.has(resource.slice(0, -1))
      ? resource.slice(0, -1)
      : resource;
  return {
    defaultResource: (_ctx, _client, oneOf) =>
      oneOf?.find((resource) => resource === main) ?? oneOf?.[0] ?? main,
    getResourceServerInfo: async (_ctx, resource) => {
      if (!known.has(resource) && !(await isSeeded(resource)))
        throw new errors.InvalidTarget('this server issues no tokens for that resource');
      return {
        scope: vaultScopes.join(' '),
        audience: resource,
        accessTokenTTL: config.accessTokenSeconds,
        accessTokenFormat: 'opaque',
      };
    },
    normalizeRequested: (parameters) => {
      if (!parameters) return;
      const { resource } = parameters;
      parameters.resource = Array.isArray(resource) ? resource.map(normalize) : normalize(resource);
    },
    isAudienceOf: (client, audience) =>
      typeof audience === 'string' &&
      (client.clientId === config.apiClientId ? known.has(audience) : client['resource_server'] === audience),
  };
}
