// The protected resource metadata (RFC 9728), written by hand: the SDK's own builder normalises the URLs, and clients compare bytes.
import { type Response, Router } from 'express';
import { RequestRefused } from '../http/errors.ts';
import { identifierAsTyped, type ResourceIdentifiers } from './resource-identifiers.ts';

interface ResourceMetadata {
  resource: string;
  authorization_servers: string[];
  scopes_supported: readonly string[];
  bearer_methods_supported: string[];
  resource_name: string;
}

export function createResourceMetadata(
  resource: string,
  { issuer, scopes, name }: { issuer: string; scopes: readonly string[]; name: string },
): ResourceMetadata {
  return {
    resource,
    authorization_servers: [issuer],
    // not offline_access: that is between the client and the authorization server (MCP, Refresh Tokens)
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    resource_name: name,
  };
}

export interface ResourceMetadataOptions {
  resources: ResourceIdentifiers;
  issuer: string;
  /** Those that are of use: a client asks for all of them. */
  scopes: string[];
  /** Whether there is the older transport to describe. */
  sse: boolean;
}

export function createResourceMetadataRouter(options: ResourceMetadataOptions): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const base = '/.well-known/oauth-protected-resource';
  const { resources } = options;
  const { pathPrefix } = resources;
  // under a prefix as RFC 9728, section 3.1 puts them, and without it as clients of some proxies look for them
  const forms = new Map<string, 'mcp' | 'sse'>([
    ['', 'mcp'],
    ['/mcp', 'mcp'],
    [`${pathPrefix}/mcp`, 'mcp'],
  ]);
  if (options.sse) forms.set('/sse', 'sse').set(`${pathPrefix}/sse`, 'sse');
  router.use(base, (req, res) => {
    openToPages(res);
    const path = req.path.replace(/\/$/, '');
    const form = forms.get(path);
    if (form === undefined) {
      throw new RequestRefused({ status: 404, error: 'not_found', message: 'There is no such resource' });
    }
    if (req.method === 'OPTIONS') {
      res.status(204).end();
      return;
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') throw methodNotAllowed('GET, HEAD, OPTIONS');
    const typed = { host: req.headers.host, hasSlash: path !== '' && req.path.endsWith('/') };
    const resource = identifierAsTyped(resources, form, typed);
    res
      .set('Cache-Control', 'public, max-age=300')
      .json(createResourceMetadata(resource, { ...options, name: 'loop vault' }));
  });
  return router;
}

/** Any page may read it, also with MCP-Protocol-Version, which makes the browser ask first. */
export function openToPages(res: Response): void {
  res.set({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Headers': 'MCP-Protocol-Version, Authorization, Content-Type',
    'Access-Control-Allow-Methods': 'GET, OPTIONS',
  });
}

export function methodNotAllowed(allow: string): RequestRefused {
  return new RequestRefused({
    status: 405,
    error: 'method_not_allowed',
    message: `This address takes ${allow}`,
    headers: { Allow: allow },
  });
}
