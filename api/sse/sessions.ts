// Which streams of the older transport are open, whose they are, and when they end without the client. Knows no routes.
import type { Server } from '@modelcontextprotocol/server';
import type { Response } from 'express';
import type { Logger } from 'pino';
import { RequestRefused } from '../http/errors.ts';
import type { HeldBytes } from '../sharing/held-bytes.ts';
import type { VerifyAgain } from '../tokens/bearer.ts';
import type { Principal } from '../tokens/verifier.ts';
import { SseStream } from './stream.ts';

// A stream costs a socket and an MCP server of some 100 KB. A person has a handful of clients with one or two each.
const MAX_STREAMS = 512;
const MAX_STREAMS_PER_SUBJECT = 32;
// A client that nobody uses does not refresh: its stream waits for it, longer than a night.
const KEPT_AFTER_EXPIRY_MS = 24 * 3_600_000;
// what loop-auth calls over may not quite be so by our clock
const CLOCK_SKEW_MS = 10_000;

export interface SseSessionsOptions {
  createServer(): Server;
  /** Where clients POST, as they see it. */
  messagesPath: string;
  /** What the names of sessions begin with. */
  prefix?: string | undefined;
  cacheSeconds: number;
  heldBytes: HeldBytes;
  logger: Logger;
  onCount(open: number): void;
}

/** Who is there now; both are of the same subject and client for as long as a stream is open. */
export interface Caller {
  principal: Principal;
  verifyAgain: VerifyAgain;
}

interface Session {
  stream: SseStream;
  caller: Caller;
}

export class SseSessions {
  readonly #options: SseSessionsOptions;
  readonly #sessions = new Map<string, Session>();
  #isDraining = false;

  constructor(options: SseSessionsOptions) {
    this.#options = options;
  }

  /** Begins the answer. Throws RequestRefused where there are too many streams. */
  async open(response: Response, caller: Caller): Promise<void> {
    this.#refuseWhileDraining();
    this.#refuseTooMany(caller.principal.subject);
    // gone while its token was looked at
    if (response.destroyed) return;
    const holding = this.#options.heldBytes.open(caller.principal.subject);
    const stream = new SseStream(response, this.#options, holding);
    const session: Session = { stream, caller };
    this.#sessions.set(stream.sessionId, session);
    // tokens/introspection-cache.ts decides how often that asks loop-auth; a revocation is noticed this much later
    const recheckMs = Math.min(Math.max(this.#options.cacheSeconds, 1), 5) * 1_000;
    const recheck = setInterval(() => void this.#recheck(session), recheckMs);
    response.once('close', () => {
      clearInterval(recheck);
      this.#sessions.delete(stream.sessionId);
      this.#options.onCount(this.#sessions.size);
    });
    this.#options.onCount(this.#sessions.size);
    const server = this.#options.createServer();
    server.onerror = (error): void =>
      this.#options.logger.warn({ reason: error.message.slice(0, 100) }, 'MCP message refused');
    await server.connect(stream);
  }

  /**
   * Gives a way to hand over messages. From now on the stream lives with this caller's token, so that a refresh does
   * not end it. Throws RequestRefused (404) for a session that is unknown or somebody else's.
   */
  find(sessionId: string, caller: Caller): Pick<SseStream, 'send' | 'receive'> {
    this.#refuseWhileDraining();
    const session = this.#sessions.get(sessionId);
    if (!session || !isSameCaller(session.caller.principal, caller.principal)) {
      throw unknownSession();
    }
    session.caller = caller;
    return session.stream;
  }

  /** From now on nothing is taken in; every stream ends when what was asked is answered. */
  drain(): void {
    this.#isDraining = true;
    for (const { stream } of this.#sessions.values()) stream.end();
  }

  // A revoked token ends its stream. One that came to its end does not: nothing goes through a stream without a check of
  // its own, and many clients never open another (docs/decisions/older-transport.md). Nor does our outage.
  async #recheck(session: Session): Promise<void> {
    const asked = session.caller;
    const leftMs = asked.principal.expiresAt * 1_000 - Date.now();
    try {
      const isOver =
        leftMs > CLOCK_SKEW_MS
          ? (await asked.verifyAgain()).outcome === 'inactive'
          : leftMs < -KEPT_AFTER_EXPIRY_MS;
      // a newer token may have come while loop-auth was asked about this one
      if (isOver && session.caller === asked) await session.stream.close();
    } catch (err) {
      this.#options.logger.error({ err }, 'the token of an open stream could not be checked');
    }
  }

  #refuseWhileDraining(): void {
    if (this.#isDraining) throw unavailable('loop-api is stopping; try again');
  }

  #refuseTooMany(subject: string): void {
    if (this.#sessions.size >= MAX_STREAMS)
      throw unavailable('loop-api has too many open streams; try again');
    const own = [...this.#sessions.values()].filter(({ caller }) => caller.principal.subject === subject);
    if (own.length < MAX_STREAMS_PER_SUBJECT) return;
    throw new RequestRefused({
      status: 429,
      error: 'too_many_streams',
      message: `This account has ${MAX_STREAMS_PER_SUBJECT} open streams; close one of them`,
      headers: { 'Retry-After': '15' },
    });
  }
}

export function unknownSession(): RequestRefused {
  return new RequestRefused({
    status: 404,
    error: 'unknown_session',
    message: 'There is no such session here; open a new stream at /sse',
  });
}

function isSameCaller(one: Principal, other: Principal): boolean {
  return one.subject === other.subject && one.clientId === other.clientId;
}

function unavailable(message: string): RequestRefused {
  return new RequestRefused({
    status: 503,
    error: 'temporarily_unavailable',
    message,
    headers: { 'Retry-After': '1' },
  });
}
