// Revisions 2025-03-26 to 2025-11-25 of MCP: each POST served alone, and answered with one JSON body.
import {
  createMcpHandler,
  isLegacyRequest,
  type McpHttpHandler,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { answerBatch, isBatch } from './batch.ts';
import type { CreateMcpServer } from './server.ts';

export interface McpFetchOptions {
  createServer: CreateMcpServer;
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
    const server = createServer({ era: 'legacy' });
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
