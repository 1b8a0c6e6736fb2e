// What the library leaves out at /reg: calls from a browser, and a plain word where nobody may register.
import type { Middleware } from 'koa';
import type { Registration } from '../clients/registration-settings.ts';

const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'POST',
  'Access-Control-Allow-Headers': 'Content-Type, Accept, Authorization, MCP-Protocol-Version',
  'Access-Control-Expose-Headers': 'WWW-Authenticate, Retry-After',
  'Access-Control-Max-Age': '3600',
};

/** Any origin may register, since the request carries no one's cookies. */
export function registrationRoute({ mode }: Registration): Middleware {
  return async (ctx, next) => {
    // Nobody is given a registration access token, so there is nothing to manage (RFC 7592 section 2); the library has a
    // route to read one all the same, and no table for such tokens.
    if (ctx.path.startsWith('/reg/')) return;
    if (ctx.path !== '/reg') return next();
    if (mode === 'off') {
      ctx.status = 404;
      ctx.body = { error: 'not_found', error_description: 'apps can not register with this server' };
      return;
    }
    ctx.set(cors);
    if (ctx.method !== 'OPTIONS') return next();
    ctx.status = 204;
  };
}
