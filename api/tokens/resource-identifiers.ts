// The two resource identifiers (RFC 8707) and what is derived from them, by string and never by URL normalisation.
import { isLoopbackHost, isLoopbackUrl, withOneLoopbackName } from '../http/loopback.ts';

export interface ResourceIdentifiers {
  /** API_RESOURCE itself. */
  mcp: string;
  /** Its sibling for the older transport: the last segment `mcp` replaced by `sse`. */
  sse: string;
  /** Scheme and authority as written. */
  origin: string;
  /** What stands before `/mcp` in the path: empty, or `/prefix` behind a proxy. */
  pathPrefix: string;
  /** Whether it is an address of this machine, which has more than one name. */
  isLoopback: boolean;
}

/** `resource` is one that parseConfig accepted. */
export function parseResourceIdentifiers(resource: string): ResourceIdentifiers {
  const [, origin = '', path = ''] = /^([^/]+\/\/[^/]+)(\/.*)$/.exec(resource) ?? [];
  const pathPrefix = path.slice(0, -'/mcp'.length);
  return {
    mcp: resource,
    sse: `${origin}${pathPrefix}/sse`,
    origin,
    pathPrefix,
    isLoopback: isLoopbackUrl(resource),
  };
}

/** What of a request says how a client writes our address: clients compare it, byte for byte (RFC 9728, section 3.3). */
export interface Typed {
  /** The Host header. */
  host: string | undefined;
  /** Whether it wrote a slash behind the identifier. */
  hasSlash: boolean;
}

/**
 * One of the two identifiers as the client writes it. Only this machine's names are taken from a header, and only for a
 * resource on this machine: anybody may send any Host.
 */
export function identifierAsTyped(
  resources: ResourceIdentifiers,
  form: 'mcp' | 'sse',
  { host, hasSlash }: Typed,
): string {
  const path = resources[form].slice(resources.origin.length);
  return originAsTyped(resources, host) + path + (hasSlash ? '/' : '');
}

/** The address of the metadata document of one of the two (RFC 9728, section 3.1). */
export function metadataUrlAsTyped(
  resources: ResourceIdentifiers,
  form: 'mcp' | 'sse',
  { host, hasSlash }: Typed,
): string {
  const path = `/.well-known/oauth-protected-resource${resources.pathPrefix}/${form}${hasSlash ? '/' : ''}`;
  return originAsTyped(resources, host) + path;
}

/** Scheme and authority under one of this machine's names where the resource is on it, and as configured else. */
export function originAsTyped(
  { isLoopback, origin }: Pick<ResourceIdentifiers, 'isLoopback' | 'origin'>,
  host: string | undefined,
): string {
  if (!isLoopback || host === undefined || !isLoopbackHost(host)) return origin;
  const typed = origin.replace(/(?<=\/\/).*/, host);
  return withOneLoopbackName(typed) === withOneLoopbackName(origin) ? typed : origin;
}

/** The same string for each way in which an audience may name one of the two. */
function canonicalIdentifier({ isLoopback }: ResourceIdentifiers, identifier: string): string {
  return isLoopback ? withOneLoopbackName(identifier).replace(/(?<=[^/])\/$/, '') : identifier;
}

/** Whether an audience is one of the two, in any way in which it may be named. */
export function createAudienceCheck(resources: ResourceIdentifiers): (audience: string) => boolean {
  const configured = [resources.mcp, resources.sse];
  const own = configured.map((one) => canonicalIdentifier(resources, one));
  return (audience) =>
    configured.includes(audience) || own.includes(canonicalIdentifier(resources, audience));
}

/** The citation link of a note. Slashes stay, for proxies that refuse %2F. */
export function createNoteUrl({ origin, pathPrefix }: ResourceIdentifiers): (id: string) => string {
  return (id) => `${origin}${pathPrefix}/notes/${id.split('/').map(encodeURIComponent).join('/')}`;
}
