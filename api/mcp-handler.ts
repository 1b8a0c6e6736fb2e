// One MCP handler for both eras: revision 2026-07-28, and 2025-11-25 back to 2025-03-26. Stateless in both.
import type { FetchLikeMcpHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler as createModernHandler,
  isLegacyRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';

export interface McpHandler extends FetchLikeMcpHandler {
  close(): Promise<void>;
}

// createMcpHandler would serve older clients too, each answer as an event stream of its own. A JSON body says the same
// (Streamable HTTP, Sending Messages to the Server), costs a third, and no proxy holds it back.
export function createMcpHandler(factory: () => Server, onerror: (error: Error) => void): McpHandler {
  const modern = createModernHandler(factory, { legacy: 'reject', onerror });
  const serveLegacy: FetchLikeMcpHandler['fetch'] = async (request, options) => {
    const server = factory();
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    transport.onerror = onerror;
    await server.connect(transport);
    try {
      return await transport.handleRequest(request, options);
    } finally {
      await server.close();
    }
  };
  return {
    fetch: async (request, options): Promise<Response> => {
      const isLegacy = await isLegacyRequest(request, options?.parsedBody);
      return isLegacy ? serveLegacy(request, options) : modern.fetch(request, options);
    },
    close: modern.close,
  };
}
