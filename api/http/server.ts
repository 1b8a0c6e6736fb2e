// Listening and stopping; and an answer in JSON for what is no request that Express would see.
import {
  createServer,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { inRounds } from '../sharing/rounds.ts';

/** As loop-auth has them. Node looks after them each half minute of its own; until then half a request costs nothing. */
export const requestLimits = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
};

export interface Address {
  host: string;
  port: number;
}

/** Throws what listening throws; the error names the port. */
export async function startServer(
  listener: RequestListener,
  { host, port }: Address,
  limits = requestLimits,
): Promise<Server> {
  const server = createServer(limits, boundPipelines(inRounds(listener)));
  server.on('clientError', (error, socket) => refuseUnreadable(error, socket));
  server.on('checkExpectation', ({ socket }) => {
    refuse(socket, 417, 'Of Expect only 100-continue can be met');
  });
  server.on('connect', (_req, socket) => {
    refuse(socket, 405, 'loop-api is no proxy, and takes no CONNECT');
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  await promise;
  server.off('error', reject);
  return server;
}

/**
 * Requests of one connection that wait for their answers: more of them come only from who wants to fill the memory, 40 bytes for some
 * kilobytes. No client in use sends one before the answer to the last, and a connection may be closed at any time (RFC 9112,
 * section 9.3.2).
 */
const mostUnanswered = 8;

/** Cuts connections with more than that. */
function boundPipelines(listener: RequestListener): RequestListener {
  const unanswered = new WeakMap<object, number>();
  return (req, res) => {
    const { socket } = req;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > mostUnanswered) {
      socket.destroy();
      return;
    }
    unanswered.set(socket, count);
    res.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    listener(req, res);
  };
}

/** Takes no new connections, lets running requests end within `drainMs`, and cuts what is left. */
export async function stopServer(server: Server, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // a connection that was busy when the server closed would otherwise be kept alive for seconds after its answer
  const closingIdle = setInterval(() => server.closeIdleConnections(), 50);
  const deadline = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(closingIdle);
  clearTimeout(deadline);
}

const unreadable: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The extensions of a chunk are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive'],
};

function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  // nobody listens any more, or an answer is under way: where Node's own handler looks for it, too
  const { _httpMessage: begun } = socket as { _httpMessage?: ServerResponse | null };
  if (error.code === 'ECONNRESET' || !socket.writable || begun?.headersSent) {
    socket.destroy();
    return;
  }
  const [status, why] = unreadable[error.code ?? ''] ?? [400, 'This is no HTTP request that can be read'];
  refuse(socket, status, why);
}

// The body is problem details (RFC 9457) and the plain JSON of other routes in one: nobody knows which was asked for.
function refuse(socket: Duplex, status: number, detail: string): void {
  const title = STATUS_CODES[status];
  const said = {
    type: 'about:blank',
    title,
    status,
    detail,
    error: 'invalid_request',
    error_description: detail,
  };
  const body = JSON.stringify(said);
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
