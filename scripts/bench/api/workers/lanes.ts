// Searches over HTTP on so many connections, each its own socket with one call at a time: as little work as a client can do.
import { connect, type Socket } from 'node:net';

export interface LaneOptions {
  url: string;
  connections: number;
  seconds: number;
  /** In turn. */
  queries: readonly string[];
}

export interface LaneResult {
  calls: number;
  errors: number;
  perSecond: number;
  /** Of this process, meanwhile. */
  cpuMicroseconds: number;
}

export async function loadLanes({ url, connections, seconds, queries }: LaneOptions): Promise<LaneResult> {
  const { hostname, port, pathname } = new URL(url);
  const requests = queries.map((query) => createRequest(pathname, query));
  const counted = { calls: 0, errors: 0 };
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  const lane = async (): Promise<void> => {
    const socket = connect(Number(port), hostname).setNoDelay();
    while (performance.now() < until) {
      const isAnswered = await ask(socket, requests[counted.calls % requests.length] ?? '');
      counted.calls += 1;
      if (!isAnswered) counted.errors += 1;
      if (socket.destroyed) return;
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const { user, system } = process.cpuUsage(before);
  const perSecond = (counted.calls * 1_000) / (performance.now() - startedAt);
  return { ...counted, perSecond, cpuMicroseconds: user + system };
}

function createRequest(path: string, query: string): string {
  const params = { name: 'search', arguments: { query } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Authorization: Bearer bench',
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    'MCP-Protocol-Version: 2025-11-25',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** True for an answer of a tool; loop-api says how long each is. */
function ask(socket: Socket, request: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let read = Buffer.alloc(0);
  const take = (bytes: Buffer): void => {
    read = Buffer.concat([read, bytes]);
    const end = read.indexOf('\r\n\r\n');
    const length =
      end < 0 ? undefined : /^content-length: (\d+)/im.exec(read.toString('latin1', 0, end))?.[1];
    if (length === undefined || read.length < end + 4 + Number(length)) return;
    socket.off('data', take).off('close', lose);
    resolve(read.includes('structuredContent'));
  };
  const lose = (): void => resolve(false);
  socket.on('data', take).once('close', lose).once('error', lose);
  socket.write(request);
  return promise.finally(() => socket.off('error', lose));
}
