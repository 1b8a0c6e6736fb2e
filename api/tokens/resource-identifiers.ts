// The two resource identifiers (RFC 8707) and what is derived from them, by string and never by URL normalisation.

export interface ResourceIdentifiers {
  /** API_RESOURCE itself. */
  mcp: string;
  /** Its sibling for the older transport: the last segment `mcp` replaced by `sse`. */
  sse: string;
  /** Scheme and authority as written. */
  origin: string;
  /** What stands before `/mcp` in the path: empty, or `/prefix` behind a proxy. */
  pathPrefix: string;
}

/** `resource` is one that parseConfig accepted. */
export function parseResourceIdentifiers(resource: string): ResourceIdentifiers {
  const [, origin = '', path = ''] = /^([^/]+\/\/[^/]+)(\/.*)$/.exec(resource) ?? [];
  const pathPrefix = path.slice(0, -'/mcp'.length);
  return { mcp: resource, sse: `${origin}${pathPrefix}/sse`, origin, pathPrefix };
}

/** The address of the metadata document of one of the two (RFC 9728, section 3.1). */
export function metadataUrlOf(resources: ResourceIdentifiers, form: 'mcp' | 'sse'): string {
  return `${resources.origin}/.well-known/oauth-protected-resource${resources.pathPrefix}/${form}`;
}

/** The citation link of a note. Slashes stay, for proxies that refuse %2F. */
export function createNoteUrl({ origin, pathPrefix }: ResourceIdentifiers): (id: string) => string {
  return (id) => `${origin}${pathPrefix}/notes/${id.split('/').map(encodeURIComponent).join('/')}`;
}
