// Which resources tokens are for, and who may introspect them (RFC 8707, RFC 7662 section 4).
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { AuthConfig } from './config.ts';
import { vaultScopes } from './scopes.ts';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

interface Asking {
  readonly clientId: string;
  readonly [metadata: string]: unknown;
}

export interface Resources {
  /** The identifier under which a resource server describes itself: both of loop-api's are one vault. */
  readonly describedAs: (resource: string) => string;
  readonly defaultResource: (ctx: KoaContextWithOIDC, client: unknown, oneOf?: readonly string[]) => string;
  /** Throws InvalidTarget for a resource that nobody here answers for. */
  readonly getResourceServerInfo: (ctx: KoaContextWithOIDC, resource: string) => Promise<ResourceServer>;
  /**
   * Makes a request's `resource` the identifier of loop-api's that it means (docs/decisions/resource-spellings.md): with
   * a slash at the end, a query, or of a loopback resource another name of the loopback. Anything else stays as it is
   * and is refused by the library.
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
  const spellings = new Map(config.resources.map((resource) => [placeOf(resource), resource]));
  const normalize = (resource: unknown): unknown => {
    if (typeof resource !== 'string' || known.has(resource)) return resource;
    return spellings.get(placeOf(resource)) ?? resource;
  };
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
    describedAs: (resource) => (known.has(resource) ? main : resource),
    isAudienceOf: (client, audience) =>
      typeof audience === 'string' &&
      (client.clientId === config.apiClientId ? known.has(audience) : client['resource_server'] === audience),
  };
}

/** What identifiers of the same place share; undefined for what is none (RFC 8707 section 2: absolute, no fragment). */
function placeOf(resource: string): string | undefined {
  const url = URL.parse(resource);
  if (!url || /[#\s\\@]/.test(resource) || !/^https?:$/.test(url.protocol)) return undefined;
  const host = loopbackNames.has(url.hostname) ? 'loopback' : url.hostname;
  return `${url.protocol} ${host} ${url.port} ${url.pathname.replace(/(?<=.)\/$/, '')}`;
}
