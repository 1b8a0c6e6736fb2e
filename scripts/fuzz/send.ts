// One bent request over the wire, as bytes and not as a client library would mend it.
import { Agent, request as httpRequest } from 'node:http';
import type { FuzzRequest } from './shapes.ts';

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

export type Send = (origin: string, request: FuzzRequest) => Promise<Answer | undefined>;

/** Over so many kept connections; the caller closes them. */
export function createSender(atOnce: number): { send: Send; close: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  return { send: (origin, request) => send(agent, origin, request), close: () => agent.destroy() };
}

/** Resolves to undefined where the service closed the connection, as it may on a request that is none. */
function send(agent: Agent, origin: string, request: FuzzRequest): Promise<Answer | undefined> {
  const { method, path, headers, body } = request;
  const { hostname: host, port } = new URL(origin);
  const asciiPath = path.replace(/[^\x21-\x7e]/g, '%20');
  const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>();
  const options = { agent, host, port, method, path: asciiPath, headers: toAscii(headers, body) };
  const sent = httpRequest(options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A stream of the older transport has no end: its beginning is enough.
    if (response.headers['content-type']?.startsWith('text/event-stream'))
      setTimeout(() => response.destroy(), 5);
    response.on('close', () =>
      resolve({
        status: response.statusCode ?? 0,
        retryAfter: response.headers['retry-after'],
        body: Buffer.concat(chunks).toString('utf8'),
      }),
    );
  });
  sent.setTimeout(60_000, () =>
    sent.destroy(new Error(`no answer in 60 s: ${method} ${path.slice(0, 200)}`)),
  );
  sent.on('error', (error: NodeJS.ErrnoException) =>
    error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(undefined) : reject(error),
  );
  sent.end(body);
  return promise;
}

function toAscii(headers: Record<string, string>, body: string | Buffer | undefined): Record<string, string> {
  const clean = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\t\x20-\x7e]/g, '?')]),
  );
  if (body !== undefined && body.length > 0) clean['content-length'] = String(Buffer.byteLength(body));
  return clean;
}
