// A proxy with TLS in front of a pair, as nginx/one-host.conf leads; it does as it should until a test says otherwise.
import {
  createServer as createPlainServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import type { Test } from 'tap';
import type { Certificate } from './certificates.ts';

/** What it does wrong. Headers are pairs of name and value as they came. */
interface Fault {
  /** Where a request goes, in place of the right one. */
  readonly route?: (path: string) => { readonly port?: number; readonly path?: string };
  readonly requestHeaders?: (headers: Record<string, string | string[] | undefined>) => void;
  readonly answerHeaders?: (headers: [name: string, value: string][], path: string) => [string, string][];
  /** Answers by itself; false where it does not. */
  readonly answer?: (req: IncomingMessage, res: ServerResponse) => boolean;
  /** Holds every answer back until it is whole. */
  readonly isBuffering?: boolean;
  /** Speaks HTTP/1.0 to its clients. */
  readonly isOld?: boolean;
}

export interface BrokenProxy {
  readonly port: number;
  fault: Fault;
  /** With which certificate it answers from now on; `chain` is PEM. */
  readonly present: (chain: string, key: string) => void;
}

/** Ends with the test. `ports` are the services' own. */
export async function startBrokenProxy(
  t: Test,
  ports: () => { readonly auth: number; readonly api: number },
  own: Certificate,
  chain: string,
): Promise<BrokenProxy> {
  const server = createServer({ cert: chain, key: own.key }, (req, res) => void pass(req, res));
  const proxy: BrokenProxy = {
    port: await listen(t, server),
    fault: {},
    present: (cert, key) => server.setSecureContext({ cert, key }),
  };
  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { fault } = proxy;
    if (fault.answer?.(req, res)) return;
    const right = { port: isOfAuth(req.url ?? '/') ? ports().auth : ports().api, path: req.url ?? '/' };
    const { port, path } = { ...right, ...fault.route?.(right.path) };
    const headers = { ...req.headers, 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' };
    fault.requestHeaders?.(headers);
    const onward = request({ host: '127.0.0.1', port, path, method: req.method, headers }, (answer) => {
      void pour(answer, { fault, path: req.url ?? '/', req, res });
    });
    onward.on('error', () => {
      if (!res.headersSent)
        res.writeHead(502, { 'Content-Type': 'text/html' }).end('<html><h1>502 Bad Gateway</h1></html>');
    });
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  }
  return proxy;
}

interface Pouring {
  readonly fault: Fault;
  readonly path: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

async function pour(answer: IncomingMessage, { fault, path, req, res }: Pouring): Promise<void> {
  const raw = Array.from({ length: answer.rawHeaders.length / 2 }, (_, at): [string, string] => [
    String(answer.rawHeaders[2 * at]),
    String(answer.rawHeaders[2 * at + 1]),
  ]).filter(([name]) => !/^(connection|keep-alive|transfer-encoding)$/i.test(name));
  const headers = fault.answerHeaders?.(raw, path) ?? raw;
  if (fault.isOld) {
    const head = [
      `HTTP/1.0 ${answer.statusCode} Old`,
      ...headers.map((pair) => pair.join(': ')),
      '',
      '',
    ].join('\r\n');
    req.socket.end(head + (await readText(answer).catch(() => '')));
    return;
  }
  if (fault.isBuffering) {
    const body = await readText(answer).catch(() => '');
    res.writeHead(answer.statusCode ?? 502, headers.flat()).end(body);
    return;
  }
  res.writeHead(answer.statusCode ?? 502, headers.flat());
  answer.pipe(res);
}

function isOfAuth(path: string): boolean {
  return /^\/auth(\/|$)|^\/\.well-known\/(oauth-authorization-server|openid-configuration)\/auth$/.test(path);
}

async function listen(t: Test, server: Server | ReturnType<typeof createPlainServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A server without TLS that answers everything the same. */
export async function startPlainServer(
  t: Test,
  answer: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<number> {
  return listen(t, createPlainServer(answer));
}
