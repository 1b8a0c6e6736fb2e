// The older HTTP+SSE transport (MCP 2024-11-05) on Express: a stream at /sse, messages to it at /messages.
import { isSpecType, type JSONRPCMessage } from '@modelcontextprotocol/server';
import type { RequestHandler, Response } from 'express';
import { JSON_RPC, jsonRpcAnswer, RequestRefused } from '../http/errors.ts';
import { parseJsonBody, readJsonBody } from '../http/json-body.ts';
import { guardOrigin } from '../http/origins.ts';
import type { McpOptions } from '../mcp/endpoint.ts';
import { findMissingScopes } from '../mcp/scopes.ts';
import { createMcpServerFactory } from '../mcp/server.ts';
import { holdCall } from '../sharing/held-bytes.ts';
import { inRound } from '../sharing/rounds.ts';
import { createChallenge, insufficientScope, requireBearer, tokenOf } from '../tokens/bearer.ts';
import { methodNotAllowed } from '../tokens/resource-metadata.ts';
import { listScopes } from '../tools/tool.ts';
import {
  createOwnSessions,
  type PostedMessage,
  postTo,
  type Session,
  type StreamsElsewhere,
  takePosted,
} from './posted.ts';
import { type Caller, SseSessions } from './sessions.ts';

export interface SseOptions extends McpOptions {
  cacheSeconds: number;
  onCount(open: number): void;
  elsewhere?: StreamsElsewhere | undefined;
}

export interface SseEndpoint {
  /** In this order, for every method of /sse. */
  streamHandlers: RequestHandler[];
  /** In this order, for every method of /messages. */
  messageHandlers: RequestHandler[];
  /** Takes what another process was sent for a stream of this one. Throws RequestRefused. */
  takePosted(posted: PostedMessage): Promise<void>;
  /** Ends every stream once what was asked is answered, and takes nothing new. */
  drain(): void;
}

export function createSseEndpoint(options: SseOptions): SseEndpoint {
  const { tools, resources, verify, logger, elsewhere } = options;
  const createServer = createMcpServerFactory(options);
  const sessions = new SseSessions({
    createServer: () => createServer({ era: 'legacy' }),
    messagesPath: `${resources.pathPrefix}/messages`,
    prefix: elsewhere?.prefix,
    cacheSeconds: options.cacheSeconds,
    heldBytes: options.heldBytes,
    logger,
    onCount: options.onCount,
  });

  const findOwn = createOwnSessions(sessions, options);
  const findSession: RequestHandler = (req, res, next) => {
    const sessionId = new URL(req.url, 'http://localhost').searchParams.get('sessionId') ?? '';
    const caller = callerOf(res);
    const requestId: unknown = res.locals['requestId'];
    const post = elsewhere?.find(sessionId);
    res.locals['session'] = post
      ? postTo(post, { sessionId, requestId, principal: caller.principal, token: tokenOf(req) })
      : findOwn(sessionId, caller, requestId);
    next();
  };

  const receive: RequestHandler = async (req, res) => {
    const session: Session = res.locals['session'];
    const message = parseMessage(parseJsonBody(req));
    const missing = findMissingScopes(message, tools, callerOf(res).principal.scopes);
    if (missing) {
      const refusal = insufficientScope(res.locals, missing.scopes, missing.request);
      // Clients of this transport wait for answers on the stream, and may never look at that of a POST.
      const answer = jsonRpcAnswer(refusal.options);
      if (answer.id !== null) await session.send(answer as JSONRPCMessage);
      throw refusal;
    }
    await session.receive(message);
    res.status(202).set('Cache-Control', 'no-store').send('Accepted');
  };

  const bearer = requireBearer(verify, createChallenge(resources, 'sse', listScopes(tools)));
  const open: RequestHandler = (_req, res) => sessions.open(res, callerOf(res));
  return {
    streamHandlers: [guardOrigin(resources, 'GET'), bearer, only('GET'), open],
    messageHandlers: [
      guardOrigin(resources, 'POST'),
      bearer,
      only('POST'),
      findSession,
      holdCall(options.heldBytes),
      readJsonBody(),
      inRound,
      receive,
    ],
    takePosted: (posted) => takePosted(posted, findOwn, verify),
    drain: () => sessions.drain(),
  };
}

function callerOf(res: Response): Caller {
  return { principal: res.locals['principal'], verifyAgain: res.locals['verifyAgain'] };
}

function only(method: 'GET' | 'POST'): RequestHandler {
  return (req, _res, next) => {
    if (req.method !== method) throw methodNotAllowed(`${method}, OPTIONS`);
    next();
  };
}

function parseMessage(body: unknown): JSONRPCMessage {
  if (isSpecType.JSONRPCMessage(body)) return body;
  throw new RequestRefused({
    status: 400,
    error: 'invalid_request',
    message: 'The body is not one JSON-RPC message',
    jsonRpcCode: JSON_RPC.invalidRequest,
  });
}
