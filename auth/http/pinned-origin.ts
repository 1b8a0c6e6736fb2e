// Makes every request look as if it came to the issuer: no header of a client decides what our URLs say.
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import proxyAddr from 'proxy-addr';
import { canonicalAddress } from './limits/network.ts';

// RFC 9112 section 3.2.2.
const absoluteTarget = /^https?:\/\/([^/?]*)/i;

/**
 * Sets Host and protocol from the issuer, and `ctx.state.address` to the client's address: the connection's, or,
 * when that belongs to a trusted proxy (CIDRs), the last untrusted one of X-Forwarded-For, if it is an address.
 * `ctx.state.host` keeps the name that was really asked for.
 */
export function pinOrigin(issuer: string, trustedProxies: readonly string[]): Middleware {
  const { host, protocol } = new URL(issuer);
  const trust = proxyAddr.compile([...trustedProxies]);
  return (ctx, next) => {
    ctx.state['address'] = addressOf(ctx.req, trust);
    const { headers } = ctx.req;
    ctx.state['host'] = absoluteTarget.exec(ctx.request.originalUrl)?.[1] ?? headers.host;
    headers.host = host;
    headers['x-forwarded-proto'] = protocol.slice(0, -1);
    delete headers['x-forwarded-host'];
    delete headers['x-forwarded-for'];
    delete headers.forwarded;
    // It would stand for both.
    ctx.request.originalUrl = ctx.request.originalUrl.replace(absoluteTarget, '');
    return next();
  };
}

function addressOf(request: IncomingMessage, trust: (address: string, index: number) => boolean): string {
  const { remoteAddress = '' } = request.socket;
  return canonicalAddress(proxyAddr(request, trust) ?? '') ?? canonicalAddress(remoteAddress) ?? '';
}
