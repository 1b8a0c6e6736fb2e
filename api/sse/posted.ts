// What is posted for a stream, here or by way of another process: whoever has the stream answers on it.
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import type { FindAccess } from '../access.ts';
import { describeCaller } from '../mcp/caller.ts';
import type { Principal, TokenVerifier } from '../tokens/verifier.ts';
import type { Caller, SseSessions } from './sessions.ts';

/** A message of a client for a stream that another process has. */
export interface PostedMessage {
  sessionId: string;
  /** Who is asking, as judged where the message came, and the access token that said so. */
  principal: Principal;
  token: string;
  requestId: unknown;
  message: JSONRPCMessage;
  /** It is for the client: an answer that was given where its request came. */
  isAnswer: boolean;
}

export interface StreamsElsewhere {
  /** What the names of this process's sessions begin with. */
  prefix: string;
  /** A way to the process that has the session; undefined for one of ours, and what names none. */
  find(sessionId: string): ((posted: PostedMessage) => Promise<void>) | undefined;
}

/** What a message that was posted is handed to. */
export interface Session {
  send(message: JSONRPCMessage): Promise<void>;
  receive(message: JSONRPCMessage): Promise<void>;
}

type Post = (posted: PostedMessage) => Promise<void>;

export function postTo(post: Post, sender: Omit<PostedMessage, 'message' | 'isAnswer'>): Session {
  return {
    send: (message) => post({ ...sender, message, isAnswer: true }),
    receive: (message) => post({ ...sender, message, isAnswer: false }),
  };
}

/** Throws RequestRefused (404) for a session that is unknown or somebody else's. */
export type FindSession = (sessionId: string, caller: Caller, requestId: unknown) => Session;

export function createOwnSessions(
  sessions: Pick<SseSessions, 'find'>,
  { findAccess }: { findAccess: FindAccess },
): FindSession {
  return (sessionId, caller, requestId) => {
    const { principal } = caller;
    const stream = sessions.find(sessionId, caller);
    return {
      send: (message) => stream.send(message),
      receive: async (message) =>
        stream.receive(message, describeCaller({ principal, requestId }, findAccess(principal))),
    };
  };
}

/** Whoever sent it has judged its token. */
export function takePosted(
  { sessionId, principal, token, requestId, message, isAnswer }: PostedMessage,
  find: FindSession,
  verify: TokenVerifier,
): Promise<void> {
  const session = find(sessionId, { principal, verifyAgain: () => verify(token) }, requestId);
  return isAnswer ? session.send(message) : session.receive(message);
}
