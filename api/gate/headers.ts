// Which headers go through the gate, and which stay where they were: what is between a client and the gate is no business of
// the server behind it.
import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from '../tokens/verifier.ts';
import { headersOf } from '../tokens/verify-route.ts';
import type { Route } from './routes.ts';

type Headers = Record<string, string | string[]>;

/** RFC 9110, section 7.6.1, and what belongs to a connection. */
const ofConnection = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * The bearer is for the gate; cookies are those of whatever else has this host, loop-auth's session among them; the origin
 * has been judged; expect is answered by us.
 */
const forGate = ['authorization', 'cookie', 'origin', 'expect', 'host', 'forwarded'];

/** What only a proxy says: who calls and for whom, in loop's words and in those of others (Authelia, oauth2-proxy, authentik). */
const ofProxies = /^x-(loop|forwarded|auth-request|authentik|webauth)-|^(x-)?remote-/;
/** Frameworks take these for the address and the method in place of those that the gate has looked at. */
const inPlaceOf = /^x-(original-url|rewrite-url|http-method|http-method-override|method-override)$/;

/** An underscore is the same name to a server that makes variables of headers (CGI, WSGI). */
const isOurs = (name: string): boolean => {
  const plain = name.replaceAll('_', '-');
  return ofProxies.test(plain) || inPlaceOf.test(plain);
};

/**
 * What the gate has said itself, and what would be said of all of its host, on which loop-auth may be: cookies, other places to be
 * found at, that everything is to be forgotten.
 */
const fromGate = [
  'set-cookie',
  'clear-site-data',
  'alt-svc',
  'www-authenticate',
  'strict-transport-security',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
  'x-request-id',
];

export interface Caller {
  readonly principal: Principal;
  readonly address: string | undefined;
}

export function headersForUpstream(
  given: IncomingHttpHeaders,
  route: Route,
  { principal, address }: Caller,
): Headers {
  const headers = keep(given, (name) => !forGate.includes(name) && !isOurs(name));
  const { protocol, host } = new URL(route.origin);
  return {
    ...headers,
    'x-forwarded-for': [given['x-forwarded-for'], address].flat().filter(Boolean).join(', '),
    'x-forwarded-host': host,
    'x-forwarded-proto': protocol.slice(0, -1),
    ...headersOf(principal),
  };
}

export function headersForClient(answered: IncomingHttpHeaders, route: Route): Headers {
  const headers = keep(answered, (name) => !fromGate.includes(name));
  const { location } = headers;
  return typeof location === 'string' ? { ...headers, location: publicLocation(location, route) } : headers;
}

function keep(given: IncomingHttpHeaders, isKept: (name: string) => boolean): Headers {
  const named = String(given.connection ?? '')
    .toLowerCase()
    .split(/[ ,]+/);
  const kept = Object.entries(given).filter(
    ([name, value]) =>
      value !== undefined && !ofConnection.includes(name) && !named.includes(name) && isKept(name),
  );
  return Object.fromEntries(kept) as Headers;
}

/** Of the server's own address the public one; any other as it is. */
function publicLocation(location: string, { upstream, origin, path }: Route): string {
  const url = URL.parse(location, upstream?.href);
  if (!url || url.origin !== upstream?.origin) return location;
  const isRoute = url.pathname.replace(/\/$/, '') === upstream.pathname.replace(/\/$/, '');
  return origin + (isRoute ? path : url.pathname) + url.search;
}
