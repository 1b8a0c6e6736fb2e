// Revisions 2025-03-26 to 2025-11-25 of MCP: each POST served alone, and answered with one JSON body.
import type { IncomingHttpHeaders } from 'node:http';
import {
  classifyInboundRequest,
  createMcpHandler,
  isLegacyRequest,
  type JSONRPCRequest,
  type McpHttpHandler,
  type Server,
  SUPPORTED_PROTOCOL_VERSIONS,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { answerBatch, isBatch } from './batch.ts';

export interface McpFetchOptions {
  createServer(): Server;
  onerror(error: Error): void;
}

/**
 * Serves all revisions. For the older ones the SDK's own fallback opens an event stream for each answer, which doubles
 * the cost of a call; tools that say nothing before their answer need none. Put together as the SDK describes it for
 * such a case: its own predicate in front of its own strict handler.
 */
export function createMcpFetch({
  createServer,
  onerror,
}: McpFetchOptions): Pick<McpHttpHandler, 'fetch' | 'close'> {
  const modern = createMcpHandler(createServer, { legacy: 'reject', onerror });
  const serveOlder: McpHttpHandler['fetch'] = async (request, options) => {
    const server = createServer();
    server.onerror = onerror;
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    try {
      return await transport.handleRequest(request, options);
    } finally {
      await server.close();
    }
  };
  return {
    fetch: async (request, options) => {
      if (!(await isLegacyRequest(request, options?.parsedBody))) return modern.fetch(request, options);
      const body = options?.parsedBody;
      if (!isBatch(body)) return serveOlder(request, options);
      return answerBatch(body, (parsedBody) => serveOlder(request, { ...options, parsedBody }));
    },
    close: modern.close,
  };
}

/**
 * Whether `body` is a request of an older revision that any connected server can answer: one request and no batch, no
 * `initialize`, and nothing about its headers that the SDK's transport would refuse. Nearly all calls are.
 */
export function isPlainRequest(headers: IncomingHttpHeaders, body: unknown): body is JSONRPCRequest {
  const version = headers['mcp-protocol-version'] as string | undefined;
  if (version !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return false;
  const route = classifyInboundRequest({
    httpMethod: 'POST',
    body,
    ...(version === undefined ? {} : { protocolVersionHeader: version }),
  });
  return route.kind === 'legacy' && route.reason === 'no-claim';
}
