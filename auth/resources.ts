// Which resources tokens are for, and who may introspect them (RFC 8707, RFC 7662 section 4).
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { StoredResource } from '../adapters/stores/resources.ts';
import type { AuthConfig } from './config.ts';
import { vaultScopes } from './scopes.ts';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

interface Asking {
  readonly clientId: string;
}

interface ScopedResource {
  readonly resource: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

export interface Resources {
  /** The identifier under which a resource server describes itself: both of loop-api's are one vault. */
  readonly describedAs: (resource: string) => string;
  readonly defaultResource: (ctx: KoaContextWithOIDC, client: unknown, oneOf?: readonly string[]) => string;
  /** Throws InvalidTarget for a resource that nobody here answers for. */
  readonly getResourceServerInfo: (ctx: KoaContextWithOIDC, resource: string) => Promise<ResourceServer>;
  /**
   * Makes a request's `resource` the identifier that it means (docs/decisions/resource-spellings.md): with a slash at the
   * end, of a loopback resource another name of the loopback, and of loop-api's a query. Anything else stays as it is and
   * is refused by the library.
   */
  readonly normalizeRequested: (parameters: { resource?: unknown } | undefined) => Promise<void>;
  /** Whether the client may introspect tokens for that audience: loop-api its own, another resource server its one. */
  readonly isAudienceOf: (client: Asking, audience: unknown) => Promise<boolean>;
  /** Those that a credential is for, with their scopes. */
  readonly listOf: (client: Asking) => Promise<ScopedResource[]>;
  /** What an operator made of it; undefined for loop-api's own and for another vault, whose scopes are a vault's. */
  readonly findServed: (resource: string) => Promise<StoredResource | undefined>;
  /** Every scope that a token for that resource may have; none for one that nobody answers for. */
  readonly scopesOf: (resource: string) => Promise<readonly string[]>;
}

/** What an operator made of other resources; asked only for what is not loop-api's. */
export interface OtherResources {
  readonly find: (resource: string) => Promise<StoredResource | undefined>;
  readonly list: () => Promise<StoredResource[]>;
}

export function createResources(config: AuthConfig, others: OtherResources): Resources {
  const known = new Set<string>(config.resources);
  const [main] = config.resources;
  const isOwn = (client: Asking): boolean => client.clientId === config.apiClientId;
  const spellings = new Map(config.resources.map((resource) => [placeOf(resource), resource]));
  const normalize = async (resource: unknown): Promise<unknown> => {
    if (typeof resource !== 'string' || known.has(resource)) return resource;
    return spellings.get(placeOf(resource)) ?? (await findOther(others, resource)) ?? resource;
  };
  const scopesOf = async (resource: string): Promise<readonly string[]> => {
    if (known.has(resource)) return vaultScopes;
    const other = await others.find(resource);
    return other ? scopesIn(other) : [];
  };
  return {
    scopesOf,
    defaultResource: (_ctx, _client, oneOf) =>
      oneOf?.find((resource) => resource === main) ?? oneOf?.[0] ?? main,
    getResourceServerInfo: async (_ctx, resource) => {
      const scopes = await scopesOf(resource);
      if (scopes.length === 0)
        throw new errors.InvalidTarget('this server issues no tokens for that resource');
      return {
        scope: scopes.join(' '),
        audience: resource,
        accessTokenTTL: config.accessTokenSeconds,
        accessTokenFormat: 'opaque',
      };
    },
    normalizeRequested: async (parameters) => {
      if (!parameters) return;
      const { resource } = parameters;
      parameters.resource = Array.isArray(resource)
        ? await Promise.all(resource.map(normalize))
        : await normalize(resource);
    },
    describedAs: (resource) => (known.has(resource) ? main : resource),
    isAudienceOf: async (client, audience) => {
      if (typeof audience !== 'string') return false;
      if (isOwn(client)) return known.has(audience);
      return (await others.find(audience))?.clientId === client.clientId;
    },
    listOf: async (client) => {
      if (isOwn(client))
        return config.resources.map((resource) => ({ resource, name: 'loop', scopes: vaultScopes }));
      const own = (await others.list()).filter(({ clientId }) => clientId === client.clientId);
      return own.map((one) => ({
        resource: one.resource,
        name: one.names.en ?? one.resource,
        scopes: scopesIn(one),
      }));
    },
    findServed: async (resource) => {
      const other = known.has(resource) ? undefined : await others.find(resource);
      return other && other.scopes.length > 0 ? other : undefined;
    },
  };
}

function scopesIn({ scopes }: StoredResource): readonly string[] {
  return scopes.length > 0 ? scopes.map(({ scope }) => scope) : vaultScopes;
}

/** Of others what was made under that very name, or at that place alone; a query may mean another resource there. */
async function findOther(others: OtherResources, resource: string): Promise<string | undefined> {
  const place = placeOf(resource);
  if (place === undefined || resource.includes('?')) return undefined;
  const there = (await others.list()).map((other) => other.resource).filter((one) => placeOf(one) === place);
  const plain = there.filter((one) => !one.includes('?'));
  return there.includes(resource) || plain.length > 1 ? undefined : plain[0];
}

/** What identifiers of the same place share; undefined for what is none (RFC 8707 section 2: absolute, no fragment). */
function placeOf(resource: string): string | undefined {
  const url = URL.parse(resource);
  if (!url || /[#\s\\@]/.test(resource) || !/^https?:$/.test(url.protocol)) return undefined;
  const host = loopbackNames.has(url.hostname) ? 'loopback' : url.hostname;
  return `${url.protocol} ${host} ${url.port} ${url.pathname.replace(/(?<=.)\/$/, '')}`;
}
