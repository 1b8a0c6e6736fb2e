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

// proxies cut connections that are silent for 60 to 100 seconds
const KEEP_ALIVE_MS = 15_000;
// for a client that asks and does not read: two answers of the largest size that a note can have
const MAX_UNREAD_BYTES = 16_777_216;

export class SseStream implements Transport {
  readonly sessionId = randomUUID();
  onmessage?: Transport['onmessage'];
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  readonly #response: Response;
  readonly #messagesPath: string;
  /** The ids of requests that have no answer yet. */
  readonly #pending = new Set<unknown>();
  #isEnding = false;
  #keepAlive: NodeJS.Timeout | undefined;

  /** `messagesPath` is where the client is to POST, without the session. Nothing is sent before start. */
  constructor(response: Response, messagesPath: string) {
    this.#response = response;
    this.#messagesPath = messagesPath;
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
      this.onclose?.();
    });
    this.#keepAlive = setInterval(() => this.#write(': keep-alive\n\n'), KEEP_ALIVE_MS);
    // a path and no origin: clients refuse another origin than the one they were given, which a proxy may have
    this.#write(`event: endpoint\ndata: ${this.#messagesPath}?sessionId=${this.sessionId}\n\n`);
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.#write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
    if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) this.#settle(message.id);
    return Promise.resolve();
  }

  /** Hands a message of the client to the SDK's server; `authInfo` is that of the POST which brought it. */
  receive(message: JSONRPCMessage, authInfo: AuthInfo): void {
    if (isJSONRPCRequest(message)) this.#pending.add(message.id);
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
    if (this.#isEnding) this.end();
  }

  #write(text: string): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#response.write(text);
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#response.destroy();
  }
}
