// What the library leaves out at /reg: how large a registration may be, calls from a browser, a word where nobody may register.
import type { IncomingMessage } from 'node:http';
import type { Middleware, Next, ParameterizedContext } from 'koa';
import { isTooDeep } from '../clients/bounded-json.ts';
import type { Registration } from '../clients/registration-settings.ts';

const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'POST',
  'Access-Control-Allow-Headers': 'Content-Type, Accept, Authorization, MCP-Protocol-Version',
  'Access-Control-Expose-Headers': 'WWW-Authenticate, Retry-After',
  'Access-Control-Max-Age': '3600',
};

// The largest that was met has 2 KB. What is sent is stored, and anyone may send it.
const mostBytes = 8 * 1024;

interface Fault {
  readonly status: number;
  readonly description: string;
}

const tooLarge: Fault = { status: 413, description: 'the registration is larger than 8 KB' };
const tooDeep: Fault = { status: 400, description: 'the metadata is nested too deep' };

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
    if (ctx.method === 'OPTIONS') ctx.status = 204;
    else await registerBounded(ctx, next);
  };
}

async function registerBounded(ctx: ParameterizedContext, next: Next): Promise<void> {
  const reading = boundBody(ctx.req);
  if ((ctx.request.length ?? 0) > mostBytes) reading.fault = tooLarge;
  else await next();
  if (!reading.fault) return;
  const { status, description } = reading.fault;
  ctx.status = status;
  ctx.body = { error: 'invalid_client_metadata', error_description: description };
}

/**
 * Ends the reading of a body that does not fit, and says then why. The library reads bodies by this method of the
 * request, with one limit of its own for every route (test/auth/http/registration-route.test.ts guards that it still does).
 */
function boundBody(request: IncomingMessage): { fault?: Fault } {
  const reading: { fault?: Fault } = {};
  const refuse = (fault: Fault): never => {
    reading.fault = fault;
    throw new Error(fault.description);
  };
  const read = request.iterator.bind(request);
  request.iterator = async function* bounded(options): AsyncGenerator<Buffer, undefined> {
    const chunks: Buffer[] = [];
    let received = 0;
    for await (const chunk of read(options) as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > mostBytes) refuse(tooLarge);
      chunks.push(chunk);
      yield chunk;
    }
    if (isTooDeep(parse(Buffer.concat(chunks)))) refuse(tooDeep);
    return undefined;
  };
  return reading;
}

// What is no JSON the library says itself.
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
