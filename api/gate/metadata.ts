// The protected resource metadata (RFC 9728) of every resource behind the gate.
import { type RequestHandler, Router } from 'express';
import { RequestRefused } from '../http/errors.ts';
import { createResourceMetadata, methodNotAllowed, openToPages } from '../tokens/resource-metadata.ts';
import { type Asked, findRoute, type Route, routeAsTyped, type TypedRoute } from './routes.ts';
import type { ServedResource } from './served.ts';

const base = '/.well-known/oauth-protected-resource';

export interface MetadataParts {
  readonly issuer: string;
  readonly routes: readonly Route[];
  /** Rejects with RequestRefused. */
  readonly find: (resource: string) => Promise<ServedResource>;
}

/** RFC 9728, section 3.1: the path of the resource stands behind the well-known one. */
export const metadataUrl = ({ origin, path }: TypedRoute): string =>
  origin + base + (path === '/' ? '' : path);

export function createMetadataRoute({ issuer, routes, find }: MetadataParts): RequestHandler {
  const router = Router({ caseSensitive: true, strict: true });
  router.use(base, async (req, res) => {
    openToPages(res);
    const asked = { path: req.path, host: req.headers.host };
    const route = findDescribed(routes, asked);
    if (req.method === 'OPTIONS') {
      res.status(204).end();
      return;
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') throw methodNotAllowed('GET, HEAD, OPTIONS');
    const { name, scopes } = await find(route.resource);
    const metadata = createResourceMetadata(identifierOf(route, asked), { issuer, scopes, name });
    res.set('Cache-Control', 'public, max-age=300').json(metadata);
  });
  return router;
}

// At the bare address too where there is only one that can be meant.
function findDescribed(routes: readonly Route[], asked: Asked): Route {
  const only = asked.path === '/' && routes.length === 1 ? routes[0] : undefined;
  const route = findRoute(routes, asked) ?? only;
  if (route) return route;
  throw new RequestRefused({ status: 404, error: 'not_found', message: 'There is no such resource' });
}

function identifierOf(route: Route, asked: Asked): string {
  const { origin, path } = routeAsTyped(route, asked);
  // One without a path is configured without its slash, too.
  return origin + (path === route.path ? route.resource.slice(route.origin.length) : path);
}
