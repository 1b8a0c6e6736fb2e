// Makes every request look as if it came to the issuer: no header of a client decides what our URLs say.
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import proxyAddr from 'proxy-addr';

/**
 * Sets Host and protocol from the issuer, and `ctx.state.address` to the client's address: the connection's, or,
 * when that belongs to a trusted proxy (CIDRs), the last untrusted one of X-Forwarded-For.
 */
export function pinOrigin(issuer: string, trustedProxies: readonly string[]): Middleware {
  const { host, protocol } = new URL(issuer);
  const trust = proxyAddr.compile([...trustedProxies]);
  return (ctx, next) => {
    ctx.state['address'] = addressOf(ctx.req, trust);
    const { headers } = ctx.req;
    headers.host = host;
    headers['x-forwarded-proto'] = protocol.slice(0, -1);
    delete headers['x-forwarded-host'];
    delete headers['x-forwarded-for'];
    delete headers.forwarded;
    // An absolute request target (RFC 9112 section 3.2.2) would stand for both.
    ctx.request.originalUrl = ctx.request.originalUrl.replace(/^https?:\/\/[^/?]*/i, '');
    return next();
  };
}

function addressOf(request: IncomingMessage, trust: (address: string, index: number) => boolean): string {
  const address = proxyAddr(request, trust) ?? '';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
