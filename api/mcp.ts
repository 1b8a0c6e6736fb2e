// The MCP endpoint on Express: revision 2026-07-28 and the older ones, without sessions, so that nothing is lost with the process.
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import type { Request, RequestHandler } from 'express';
import { type Challenge, insufficientScope, requireBearer } from './bearer.ts';
import { describeCaller } from './caller.ts';
import { parseJsonBody, readJsonBody } from './json-body.ts';
import { createMcpServerFactory, type McpServerOptions } from './mcp-server.ts';
import { createMcpFetch } from './older-revisions.ts';
import { guardOrigin } from './origins.ts';
import { metadataUrlOf, type ResourceIdentifiers } from './resource-identifiers.ts';
import { methodNotAllowed } from './resource-metadata.ts';
import type { Principal, TokenVerifier } from './token-verifier.ts';
import { findMissingScopes, listScopes } from './tool-scopes.ts';

export interface McpOptions extends McpServerOptions {
  verify: TokenVerifier;
  resources: ResourceIdentifiers;
}

export interface McpEndpoint {
  /** In this order, for every method of its address. */
  handlers: RequestHandler[];
  /** Ends what is running; for after the last answer. */
  close(): Promise<void>;
}

export function createMcpEndpoint(options: McpOptions): McpEndpoint {
  const { tools, logger, resources } = options;
  const challenge: Challenge = {
    metadataUrl: metadataUrlOf(resources, 'mcp'),
    scopes: listScopes(tools),
  };
  const handler = createMcpFetch({
    createServer: createMcpServerFactory(options),
    onerror: (error) => logger.warn({ reason: error.message }, 'MCP request refused'),
  });
  const handle = toNodeHandler(handler, { onerror: (err) => logger.error({ err }, 'MCP handler failed') });
  const { host } = new URL(resources.mcp);

  const serve: RequestHandler = async (req, res) => {
    const body = parseJsonBody(req);
    const principal: Principal = res.locals['principal'];
    // over HTTP and before the tool runs, so that clients can step up (MCP, Scope Challenge Handling)
    const missing = findMissingScopes(body, tools, principal.scopes);
    if (missing) throw insufficientScope({ ...challenge, scopes: missing.scopes }, missing.request);
    // nginx must not hold back what is streamed
    res.set({ 'X-Accel-Buffering': 'no', 'Cache-Control': 'no-store' });
    await handle(describeRequest(req, res.locals, host), res, body);
  };

  const handlers: RequestHandler[] = [
    guardOrigin(resources.origin, 'POST'),
    requireBearer(options.verify, challenge),
    onlyPost,
    readJsonBody(),
    serve,
  ];
  return { handlers, close: handler.close };
}

// MCP (Streamable HTTP): there is no GET stream and no session to DELETE; older clients take 405 for that.
const onlyPost: RequestHandler = (req, _res, next) => {
  if (req.method !== 'POST') throw methodNotAllowed('POST, OPTIONS');
  next();
};

// What the SDK's adapter reads of a request. The Host header is replaced: the adapter builds a URL from it, and throws
// at one that is no host name.
function describeRequest(
  req: Request,
  locals: Record<string, unknown>,
  host: string,
): NodeIncomingMessageLike {
  return {
    method: 'POST',
    url: '/mcp',
    headers: { ...req.headers, host },
    auth: describeCaller(locals),
    [Symbol.asyncIterator]: () => req[Symbol.asyncIterator](),
  };
}
