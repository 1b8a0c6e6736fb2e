// Which web pages may call the MCP and REST endpoints, CORS for those that may, whose forms are taken, and under which names we
// answer at all.
import type { Request, RequestHandler } from 'express';
import { RequestRefused } from './errors.ts';
import { isLoopbackHost, isLoopbackUrl } from './loopback.ts';

// What browser-based clients such as the MCP Inspector send and read.
const ALLOWED_HEADERS =
  'Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID';
const EXPOSED_HEADERS = 'WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, Retry-After';

/** Where loop-api is, and whether that is this machine alone. */
interface Place {
  origin: string;
  isLoopback: boolean;
}

/**
 * Refuses foreign origins with 403 and answers preflights, before any token is asked for.
 *
 * MCP (Streamable HTTP, Security) demands the check against DNS rebinding. A page on a foreign origin can't do harm
 * here, for it has no bearer token and none is sent by itself; but a server on 127.0.0.1 must not be open to
 * whatever page is open beside it. Loopback origins are tools on the person's own machine.
 */
export function guardOrigin(own: Place, methods: string): RequestHandler {
  // as browsers write it, which is not always how it was configured
  const ownOrigin = new URL(own.origin).origin;
  return (req, res, next) => {
    refuseForeignHost(own, req);
    const { origin } = req.headers;
    res.vary('Origin');
    if (origin !== undefined) {
      if (origin !== ownOrigin && !isLoopbackUrl(origin)) {
        throw new RequestRefused({
          status: 403,
          error: 'forbidden_origin',
          message: 'This origin may not call this server',
        });
      }
      res.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Expose-Headers': EXPOSED_HEADERS,
      });
    }
    if (req.method !== 'OPTIONS') {
      next();
      return;
    }
    res.set({
      Allow: `${methods}, OPTIONS`,
      'Access-Control-Allow-Methods': `${methods}, OPTIONS`,
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': '86400',
    });
    res.status(204).end();
  };
}

/** For what has no guardOrigin: refuses what is not addressed to this machine, where the resource is one of it. */
export function guardHost(own: Place): RequestHandler {
  return (req, _res, next) => {
    refuseForeignHost(own, req);
    next();
  };
}

/**
 * Refuses a form that another origin posts (403). Browsers name the origin in Sec-Fetch-Site and Origin, and each that is
 * sent is compared; a program that sends neither carries no one's cookies by accident.
 */
export function refuseForeignForms(own: Place): RequestHandler {
  const ownOrigin = new URL(own.origin).origin;
  return (req, _res, next) => {
    const { origin = ownOrigin } = req.headers;
    const site = req.get('Sec-Fetch-Site') ?? 'none';
    if (origin !== ownOrigin || !['same-origin', 'none'].includes(site)) {
      throw new RequestRefused({
        status: 403,
        error: 'foreign_form',
        message: 'This form was posted from another site',
      });
    }
    next();
  };
}

// A name that somebody made lead here (DNS rebinding) is not one of this machine's. Behind a proxy, with a name of its
// own, the resource has that name.
function refuseForeignHost({ isLoopback }: Place, { headers: { host } }: Request): void {
  if (!isLoopback || host === undefined || isLoopbackHost(host)) return;
  throw new RequestRefused({
    status: 403,
    error: 'forbidden_host',
    message:
      'This server answers to the names of this machine only; its public address (API_RESOURCE, GATE_ROUTES) gives it another one',
  });
}
