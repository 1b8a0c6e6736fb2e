// One open stream of the older HTTP+SSE transport (MCP 2024-11-05, Transports): what the SDK's server writes to.
import { randomUUID } from 'node:crypto';
import {
  type AuthInfo,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/server';
import type { Response } from 'express';
import { largestAnswerBytes } from '../answers/size.ts';
import { jsonRpcAnswer, RequestRefused } from '../http/errors.ts';
import { endWhenIgnored, type Holding } from '../sharing/held-bytes.ts';

// proxies cut connections that are silent for 60 to 100 seconds
const KEEP_ALIVE_MS = 15_000;
// what a message costs until it is answered
const PENDING_BYTES = 65_536;

export class SseStream implements Transport {
  readonly sessionId: string;
  onmessage?: Transport['onmessage'];
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  readonly #response: Response;
  readonly #messagesPath: string;
  readonly #holding: Holding;
  /** The ids of requests that have no answer yet. */
  readonly #pending = new Set<unknown>();
  #isEnding = false;
  #keepAlive: NodeJS.Timeout | undefined;

  /**
   * `messagesPath` is where the client is to POST, without the session, whose name begins with `prefix`; `holding` counts what
   * it has not read, and is closed with the stream. Nothing is sent before start.
   */
  constructor(
    response: Response,
    { messagesPath, prefix = '' }: { messagesPath: string; prefix?: string | undefined },
    holding: Holding,
  ) {
    this.sessionId = prefix + randomUUID();
    this.#response = response;
    this.#messagesPath = messagesPath;
    this.#holding = holding;
  }

  start(): Promise<void> {
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
      // nginx must not hold back what is streamed
      'X-Accel-Buffering': 'no',
    });
    this.#response.once('close', () => {
      clearInterval(this.#keepAlive);
      this.#holding.close();
      this.onclose?.();
    });
    endWhenIgnored(this.#response);
    this.#response.on('drain', () => this.#holding.set(this.#heldBytes()));
    this.#keepAlive = setInterval(() => this.#write(': keep-alive\n\n'), KEEP_ALIVE_MS);
    // a path and no origin: clients refuse another origin than the one they were given, which a proxy may have
    this.#write(`event: endpoint\ndata: ${this.#messagesPath}?sessionId=${this.sessionId}\n\n`);
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.#writeMessage(message);
    if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) this.#settle(message.id);
    return Promise.resolve();
  }

  /**
   * Hands a message of the client to the SDK's server; `authInfo` is that of the POST which brought it. Throws
   * RequestRefused (503) while the account has too much that is not read.
   */
  receive(message: JSONRPCMessage, authInfo: AuthInfo): void {
    if (isJSONRPCRequest(message)) {
      // room for a large answer is asked for and not kept: most are small
      this.#holding.raise(this.#heldBytes() + largestAnswerBytes);
      this.#pending.add(message.id);
      this.#holding.set(this.#heldBytes());
    }
    this.onmessage?.(message, { authInfo });
    // a request that is cancelled gets no answer (MCP, Cancellation)
    if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      this.#settle(message.params?.['requestId']);
    }
  }

  /** Ends the stream once what was asked is answered. */
  end(): void {
    this.#isEnding = true;
    if (this.#pending.size === 0) this.#response.end();
  }

  /** Ends the stream now. */
  close(): Promise<void> {
    this.#response.end();
    return Promise.resolve();
  }

  #settle(id: unknown): void {
    this.#pending.delete(id);
    this.#holding.set(this.#heldBytes());
    if (this.#isEnding) this.end();
  }

  #heldBytes(): number {
    return this.#response.writableLength + this.#pending.size * PENDING_BYTES;
  }

  #writeMessage(message: JSONRPCMessage): void {
    const frame = frameOf(message);
    try {
      this.#holding.raise(this.#heldBytes() + frame.length);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      this.#writeRefusal(error, message);
      return;
    }
    this.#write(frame);
  }

  // Where 503 can no longer be said: in the place of an answer, whose request has kept room for so much.
  #writeRefusal({ options }: RequestRefused, message: JSONRPCMessage): void {
    if (!('id' in message) || !this.#pending.has(message.id)) return;
    this.#write(frameOf(jsonRpcAnswer({ ...options, jsonRpcId: message.id }) as JSONRPCMessage));
  }

  #write(frame: string | Uint8Array): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#response.write(frame);
  }
}

function frameOf(message: JSONRPCMessage): Uint8Array {
  return Buffer.from(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}
