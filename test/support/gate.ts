// A gate in front of servers that know no OAuth, and a far side that the test commands.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { parseConfig } from '../../api/gate/config.ts';
import { startGate } from '../../api/gate.ts';
import { createLogger } from '../../api/http/log.ts';
import { FakeAuthorizationServer } from './authorization-server.ts';

export const tasks = 'https://tasks.example/mcp';
const scopes = ['tasks.read', 'tasks.write'];

export interface Upstream {
  /** Without a path. */
  readonly origin: string;
  /** Every request that arrived, with its body once that is whole. */
  readonly requests: Array<{ req: IncomingMessage; body: string }>;
  /** Ends it; it listens again at the same port with `start`. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/** A server that answers as `listener` says, after the body was read. */
export async function startUpstream(
  t: Test,
  listener: (...exchange: Parameters<RequestListener>) => void = (_req, res) => void res.end('{}'),
): Promise<Upstream> {
  const requests: Upstream['requests'] = [];
  const server = createServer(async (req, res) => {
    const request = { req, body: '' };
    requests.push(request);
    req.setEncoding('utf8');
    listener(req, res);
    for await (const chunk of req) request.body += chunk;
  });
  let port = 0;
  const start = async (): Promise<void> => {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(stop);
  await start();
  return { origin: `http://127.0.0.1:${port}`, requests, stop, start };
}

export interface GateWorld {
  readonly auth: FakeAuthorizationServer;
  /** Where the gate listens. */
  readonly url: string;
  readonly log: Record<string, unknown>[];
  /** A call with the token `good`, or with what is given instead. */
  readonly call: (path: string, init?: RequestInit) => Promise<Response>;
}

/** `routes` are GATE_ROUTES. The token `good` is for the first of them. */
export async function startGateWorld(
  t: Test,
  routes: string,
  settings: Record<string, string> = {},
): Promise<GateWorld> {
  const auth = await new FakeAuthorizationServer().start();
  const log: Record<string, unknown>[] = [];
  const logger = createLogger({ write: (line) => void log.push(JSON.parse(line)) });
  const config = parseConfig({
    AUTH_ISSUER: auth.issuer,
    GATE_PORT: '0',
    GATE_ROUTES: routes,
    GATE_CLIENT_ID: 'tasks',
    GATE_CLIENT_SECRET: 'the secret of tasks',
    ...settings,
  });
  auth.ownResources = config.routes.map(({ resource }) => ({ resource, name: 'Our tasks', scopes }));
  auth.addToken('good', config.routes[0]?.resource ?? '', { scope: 'tasks.read' });
  const gate = await startGate(config, logger);
  t.teardown(() => Promise.all([gate.stop(100), auth.stop()]));
  const url = `http://127.0.0.1:${gate.port}`;
  const call: GateWorld['call'] = (path, init = {}) =>
    fetch(url + path, {
      redirect: 'manual',
      ...init,
      headers: { authorization: 'Bearer good', ...(init.headers as Record<string, string>) },
    });
  return { auth, url, log, call };
}
