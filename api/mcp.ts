// The MCP endpoint on Express: revision 2026-07-28 and the older ones, without sessions, so that nothing is lost with the process.
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { type Challenge, insufficientScope, requireBearer } from './bearer.ts';
import { parseJsonBody, readJsonBody } from './json-body.ts';
import { createMcpServerFactory } from './mcp-server.ts';
import { guardOrigin } from './origins.ts';
import { metadataUrlOf, type ResourceIdentifiers } from './resource-identifiers.ts';
import { methodNotAllowed } from './resource-metadata.ts';
import type { Principal, TokenVerifier } from './token-verifier.ts';
import type { Tool } from './tools/tool.ts';

export interface McpOptions {
  tools: readonly Tool[];
  verify: TokenVerifier;
  resources: ResourceIdentifiers;
  logger: Logger;
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
    // what the listed tools need, no more: without writing tools nobody is asked to allow writing
    scopes: [...new Set(tools.flatMap((tool) => tool.scopes))],
  };
  const handler = createMcpHandler(createMcpServerFactory(tools, logger), {
    onerror: (error) => logger.warn({ reason: error.message }, 'MCP request refused'),
  });
  const handle = toNodeHandler(handler, { onerror: (err) => logger.error({ err }, 'MCP handler failed') });
  const { host } = new URL(resources.mcp);

  const serve: RequestHandler = async (req, res) => {
    const body = parseJsonBody(req);
    const principal: Principal = res.locals['principal'];
    requireToolScopes(body, { tools, principal, challenge });
    // nginx must not hold back what is streamed
    res.set({ 'X-Accel-Buffering': 'no', 'Cache-Control': 'no-store' });
    await handle(describeRequest(req, res.locals, host), res, body);
  };

  const handlers: RequestHandler[] = [
    guardOrigin(resources.origin),
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
  const principal = locals['principal'] as Principal;
  return {
    method: 'POST',
    url: '/mcp',
    headers: { ...req.headers, host },
    auth: {
      // tools have no use for it, and must not be able to pass it on (MCP, Token Passthrough)
      token: '',
      clientId: principal.clientId,
      scopes: [...principal.scopes],
      expiresAt: principal.expiresAt,
      extra: { subject: principal.subject, requestId: locals['requestId'] },
    },
    [Symbol.asyncIterator]: () => req[Symbol.asyncIterator](),
  };
}

interface ScopeCheck {
  tools: readonly Tool[];
  principal: Principal;
  challenge: Challenge;
}

// Over HTTP and before the tool runs, so that clients can step up (MCP, Scope Challenge Handling). A body may be a
// batch in revision 2025-03-26.
function requireToolScopes(body: unknown, check: ScopeCheck): void {
  for (const message of [body].flat()) {
    const call = findToolCall(message);
    const scopes = check.tools.find((tool) => tool.name === call?.name)?.scopes ?? [];
    if (scopes.every((scope) => check.principal.scopes.includes(scope))) continue;
    throw insufficientScope({ ...check.challenge, scopes }, call?.id);
  }
}

function findToolCall(message: unknown): { name: string; id?: string | number } | undefined {
  if (!isRecord(message) || message['method'] !== 'tools/call' || !isRecord(message['params']))
    return undefined;
  const { name } = message['params'];
  const { id } = message;
  if (typeof name !== 'string') return undefined;
  return typeof id === 'string' || typeof id === 'number' ? { name, id } : { name };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
