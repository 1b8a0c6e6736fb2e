// Between Node's HTTP and the web standard's Request and Response, in which the MCP SDK serves.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Request as ExpressRequest, Response as ExpressResponse } from 'express';
import { sendHeld } from '../sharing/held-bytes.ts';

/**
 * `req` without its body, which its caller has read. The address is `url` whatever the Host header says, and the signal
 * is the end of the connection. The SDK refuses clients that don't say they take event streams too; here any client is
 * answered with JSON (RFC 9110, section 12.5.1: a server may disregard Accept rather than refuse).
 */
export function toWebRequest(req: ExpressRequest, res: ExpressResponse, url: string): Request {
  const abort = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) abort.abort();
  });
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(req.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  headers.set('accept', 'application/json, text/event-stream');
  return new Request(url, { method: 'POST', headers, signal: abort.signal });
}

/**
 * Answers with `response`. What is not an event stream goes out in one piece: the SDK's own adapter for Node writes
 * every answer as a stream, which costs as much again as all of the rest.
 */
export async function sendWebResponse(response: Response, res: ExpressResponse): Promise<void> {
  res.status(response.status);
  for (const [name, value] of response.headers) res.setHeader(name, value);
  if (response.body === null) {
    res.end();
  } else if (isEventStream(response)) {
    // a client that goes away ends its stream, as it may
    await pipeline(Readable.fromWeb(response.body as ReadableStream), res).catch(() => undefined);
  } else {
    sendHeld(res, new Uint8Array(await response.arrayBuffer()));
  }
}

export function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true;
}
