// Makes every request look as if it came to the issuer: no header of a client decides what our URLs say.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
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
  const addressOf = createAddressFinder(trustedProxies);
  return (ctx, next) => {
    ctx.state['address'] = addressOf(ctx.req);
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

/** What of a request says where it came from. */
export interface Came {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

/** Finds the client's address, of requests to us and of those that a resource server tells of. */
export function createAddressFinder(trustedProxies: readonly string[]): (came: Came) => string {
  const trust = proxyAddr.compile([...trustedProxies]);
  return (came) => {
    const { remoteAddress = '' } = came.socket;
    const found = proxyAddr(came as IncomingMessage, trust);
    return canonicalAddress(found ?? '') ?? canonicalAddress(remoteAddress) ?? '';
  };
}
