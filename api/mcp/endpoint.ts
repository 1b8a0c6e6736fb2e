// The MCP endpoint on Express: revision 2026-07-28 and the older ones, without sessions, so that nothing is lost with the process.
// The room: MCP over HTTP, and notes as its resources. Not the tools: tools/; not the older transport: sse/.
import type { AuthInfo, JSONRPCMessage } from '@modelcontextprotocol/server';
import type { RequestHandler } from 'express';
import type { FindAccess } from '../access.ts';
import { RequestRefused } from '../http/errors.ts';
import { parseJsonBody, readJsonBody } from '../http/json-body.ts';
import { guardOrigin } from '../http/origins.ts';
import { type HeldBytes, holdCall, sendHeld } from '../sharing/held-bytes.ts';
import { inRound } from '../sharing/rounds.ts';
import { createChallenge, insufficientScope, requireBearer } from '../tokens/bearer.ts';
import type { ResourceIdentifiers } from '../tokens/resource-identifiers.ts';
import { methodNotAllowed } from '../tokens/resource-metadata.ts';
import type { Principal, TokenVerifier } from '../tokens/verifier.ts';
import { listScopes } from '../tools/tool.ts';
import { describeCaller } from './caller.ts';
import { createMcpFetch } from './older-revisions.ts';
import { answerPlainCall, findPlainCall } from './plain-calls.ts';
import { findPlainRequest, type PlainRequest } from './plain-requests.ts';
import { findMissingScopes } from './scopes.ts';
import { createCallTool, createMcpServerFactory, type McpServerOptions, newestRevision } from './server.ts';
import { createServerPool } from './server-pool.ts';
import { isEventStream, sendWebResponse, toWebRequest } from './web-exchange.ts';

export interface McpOptions extends McpServerOptions {
  verify: TokenVerifier;
  findAccess: FindAccess;
  resources: ResourceIdentifiers;
  heldBytes: HeldBytes;
}

export interface McpEndpoint {
  /** In this order, for every method of its address. */
  handlers: RequestHandler[];
  /** Ends what is running; for after the last answer. */
  close(): Promise<void>;
}

export function createMcpEndpoint(options: McpOptions): McpEndpoint {
  const { tools, logger, resources } = options;
  const challengeOf = createChallenge(resources, 'mcp', listScopes(tools));
  const createServer = createMcpServerFactory(options);
  const callTool = createCallTool(options);
  // it may quote what the client sent
  const onerror = (error: Error): void =>
    logger.warn({ reason: error.message.slice(0, 100) }, 'MCP request refused');
  const handler = createMcpFetch({ createServer, onerror });
  const createPool = (classification: { era: PlainRequest['era']; revision?: string }) =>
    createServerPool({ createServer: () => createServer(classification), onerror, classification });
  const pools = {
    legacy: createPool({ era: 'legacy' }),
    modern: createPool({ era: 'modern', revision: newestRevision }),
  };

  const answerPlainly = (plain: PlainRequest, authInfo: AuthInfo): Promise<JSONRPCMessage | undefined> => {
    const call = findPlainCall(plain, tools);
    if (call) return answerPlainCall(call, callTool, authInfo);
    return pools[plain.era].answer(plain.request, authInfo);
  };

  const serve: RequestHandler = async (req, res) => {
    const body = parseJsonBody(req);
    const principal: Principal = res.locals['principal'];
    // over HTTP and before the tool runs, so that clients can step up (MCP, Scope Challenge Handling)
    const missing = findMissingScopes(body, tools, principal.scopes);
    if (missing) throw insufficientScope(res.locals, missing.scopes, missing.request);
    // nginx must not hold back what is streamed
    res.setHeader('X-Accel-Buffering', 'no').setHeader('Cache-Control', 'no-store');
    const authInfo = describeCaller(res.locals, options.findAccess(principal));
    const plain = findPlainRequest(req.headers, body);
    const answered = plain && (await answerPlainly(plain, authInfo));
    if (answered) {
      sendHeld(res, JSON.stringify(answered));
      return;
    }
    const request = toWebRequest(req, res, resources.mcp);
    const answer = await handler.fetch(request, { authInfo, parsedBody: body });
    if (isEventStream(answer) && !req.accepts('text/event-stream')) {
      await answer.body?.cancel();
      throw streamRefused();
    }
    await sendWebResponse(answer, res);
  };

  const handlers: RequestHandler[] = [
    guardOrigin(resources, 'POST'),
    requireBearer(options.verify, challengeOf),
    onlyPost,
    holdCall(options.heldBytes),
    readJsonBody(),
    inRound,
    serve,
  ];
  return {
    handlers,
    close: async () => {
      await handler.close();
      await Promise.all([pools.legacy.close(), pools.modern.close()]);
    },
  };
}

function streamRefused(): RequestRefused {
  return new RequestRefused({
    status: 406,
    error: 'not_acceptable',
    message: 'This is answered with an event stream, which Accept leaves out',
  });
}

// MCP (Streamable HTTP): there is no GET stream and no session to DELETE; older clients take 405 for that.
const onlyPost: RequestHandler = (req, _res, next) => {
  if (req.method !== 'POST') throw methodNotAllowed('POST, OPTIONS');
  next();
};
