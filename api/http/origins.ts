// Which web pages may call the MCP and REST endpoints, and CORS for those that may.
import type { RequestHandler } from 'express';
import { RequestRefused } from './errors.ts';

// What browser-based clients such as the MCP Inspector send and read.
const ALLOWED_HEADERS =
  'Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID';
const EXPOSED_HEADERS = 'WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, Retry-After';

const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/**
 * Refuses foreign origins with 403 and answers preflights, before any token is asked for.
 *
 * MCP (Streamable HTTP, Security) demands the check against DNS rebinding. A page on a foreign origin can't do harm
 * here, for it has no bearer token and none is sent by itself; but a server on 127.0.0.1 must not be open to
 * whatever page is open beside it. Loopback origins are tools on the person's own machine.
 */
export function guardOrigin(ownOrigin: string, methods: string): RequestHandler {
  return (req, res, next) => {
    const { origin } = req.headers;
    res.vary('Origin');
    if (origin !== undefined) {
      if (origin !== ownOrigin && !LOOPBACK.test(origin)) {
        throw new RequestRefused({
          status: 403,
          error: 'forbidden_origin',
          message: 'This origin may not call loop-api',
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
