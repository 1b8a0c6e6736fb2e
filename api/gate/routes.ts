// Which public address leads to which server, and which of them a request is for. By exact paths: nothing else of a server
// behind the gate is reached, however an address is spelled.
import { isLoopbackUrl, withOneLoopbackName } from '../http/loopback.ts';
import { parseHttpUrl } from '../settings.ts';
import { originAsTyped } from '../tokens/resource-identifiers.ts';

export interface Route {
  /** The public URL, byte for byte as configured: what tokens are for (RFC 8707). */
  readonly resource: string;
  /** Scheme and authority as written. */
  readonly origin: string;
  readonly path: string;
  /** Whether it is an address of this machine alone. */
  readonly isLoopback: boolean;
  /** Undefined where the gate is asked only (`/verify`). */
  readonly upstream: URL | undefined;
}

/** `PUBLIC_URL=UPSTREAM_URL` with commas between them; undefined where one can't be taken. */
export function parseRoutes(text: string): Route[] | undefined {
  const routes = text.split(',').map((pair) => parseRoute(pair.trim()));
  const known = new Set(routes.map((route) => route?.resource));
  return routes.every((route) => route !== undefined) && known.size === routes.length ? routes : undefined;
}

function parseRoute(pair: string): Route | undefined {
  const [resource = '', target, ...rest] = pair.split('=');
  const [, origin = '', path = '/'] = /^([^/]+\/\/[^/]+)(\/.*)?$/.exec(resource) ?? [];
  const upstream = target ? parseHttpUrl(target) : undefined;
  const isGiven = target !== undefined && (target === '' || upstream !== undefined) && rest.length === 0;
  if (!isGiven || parseHttpUrl(resource) === undefined || !isPlainPath(path)) return undefined;
  return { resource, origin, path, isLoopback: isLoopbackUrl(resource), upstream };
}

// One spelling: what a proxy and we would read in two ways is no path of a route, and neither is one of the gate's own.
const isPlainPath = (path: string): boolean =>
  /^[\w/.~!$&'()*+;:@-]+$/.test(path) &&
  !/\/\/|\/\.{1,2}(\/|$)|^\/(\.well-known|verify|healthz|readyz)(\/|$)/.test(path);

export interface Asked {
  /** Without the query. */
  readonly path: string;
  /** The Host header. */
  readonly host: string | undefined;
}

/** Several hosts may have the same path; a proxy that passes no Host on leaves only what is unmistakable. */
export function findRoute(routes: readonly Route[], { path, host }: Asked): Route | undefined {
  const fitting = routes.filter((route) => route.path === path || `${route.path}/` === path);
  const named = fitting.filter((route) => isAddressed(route, host));
  const left = named.length > 0 ? named : fitting;
  const exact = left.filter((route) => route.path === path);
  const chosen = exact.length > 0 ? exact : left;
  return chosen.length === 1 ? chosen[0] : undefined;
}

// With the port that goes without saying, as some clients do, and under any of this machine's names.
function isAddressed({ origin }: Route, host: string | undefined): boolean {
  const own = new URL(origin);
  const asked = /^[\w.:[\]-]+$/.test(host ?? '') ? URL.parse(`${own.protocol}//${host}`) : null;
  return asked !== null && withOneLoopbackName(asked.origin) === withOneLoopbackName(own.origin);
}

/** A route as a client writes it: it compares what it is told with that, byte for byte (RFC 9728, section 3.3). */
export interface TypedRoute {
  readonly origin: string;
  readonly path: string;
}

export function routeAsTyped(route: Route, { path, host }: Asked): TypedRoute {
  const hasSlash = path === `${route.path}/`;
  return { origin: originAsTyped(route, host), path: hasSlash ? path : route.path };
}
