// Starts a real loop-api on a free port, with a small vault and a far side that the test commands.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Test } from 'tap';
import { parseConfig } from '../../api/config.ts';
import { createLogger } from '../../api/http/log.ts';
import type { Service } from '../../api/service.ts';
import { startService } from '../../api/service.ts';
import { FakeAuthorizationServer } from './authorization-server.ts';

export const RESOURCE = 'https://notes.example/mcp';

const NOTES = {
  'garden.md': '# Garden\n\nThe apple tree needs water.\n',
  'projects/loop.md': '# Loop\n\nSign in once, then rebuild the API.\n',
  '한국어/인증.md': '# 인증\n\n재인증서버를 다시 만든다.\n',
};

export interface World {
  auth: FakeAuthorizationServer;
  service: Service;
  /** Where loop-api listens. */
  url: string;
  /** The text of /metrics. */
  readMetrics(): Promise<string>;
  /** Log lines, parsed. */
  log: Record<string, unknown>[];
  folder: string;
}

/** A folder of notes that goes with the test. */
export async function makeVault(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-api-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(NOTES)) {
    const file = join(folder, 'vault', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return folder;
}

export async function startWorld(t: Test, settings: Record<string, string> = {}): Promise<World> {
  const folder = await makeVault(t);
  const auth = await new FakeAuthorizationServer().start();
  const log: Record<string, unknown>[] = [];
  const logger = createLogger({ write: (line) => void log.push(JSON.parse(line)) });
  const config = parseConfig({
    AUTH_ISSUER: auth.issuer,
    API_RESOURCE: RESOURCE,
    API_PORT: '0',
    API_METRICS_PORT: '0',
    API_CLIENT_SECRET: 'api-secret',
    API_VAULT_DIR: join(folder, 'vault'),
    API_INDEX_PATH: join(folder, 'index.db'),
    ...settings,
  });
  const service = await startService(config, logger);
  t.teardown(async () => {
    await Promise.all([service.stop(100), auth.stop()]);
  });
  const url = `http://127.0.0.1:${service.port}`;
  const readMetrics = async (): Promise<string> =>
    (await fetch(`http://127.0.0.1:${service.metricsPort}/metrics`)).text();
  return { auth, service, url, readMetrics, log, folder };
}

/** A world with the token `good` for everything, whose notes can all be found. */
export async function startGoodWorld(t: Test, settings: Record<string, string> = {}): Promise<World> {
  const world = await startWorld(t, settings);
  world.auth.addToken('good', RESOURCE);
  await waitForIndex(world);
  return world;
}

/** A world with the tokens `writer` and `reader`, whose notes can all be found. */
export async function startWriterWorld(t: Test): Promise<World> {
  const world = await startWorld(t);
  world.auth.addToken('writer', RESOURCE, { scope: 'vault.read vault.write' });
  world.auth.addToken('reader', RESOURCE, { scope: 'vault.read' });
  await waitForIndex(world);
  return world;
}

/** A world whose vault may only be read. */
export async function startReadOnlyWorld(t: Test): Promise<World> {
  const folder = await makeVault(t);
  const vault = join(folder, 'vault');
  await chmod(folder, 0o777);
  await chmod(vault, 0o555);
  const isRoot = process.getuid?.() === 0;
  // root is refused by mounts only; another user's rights stand in for one
  if (isRoot) process.seteuid?.(65_534);
  return startWorld(t, {
    API_VAULT_DIR: vault,
    API_INDEX_PATH: join(folder, 'index.db'),
  }).finally(() => {
    if (isRoot) process.seteuid?.(0);
  });
}

const ACCEPT = 'application/json, text/event-stream';

/** Waits until every note can be found. */
export async function waitForIndex({ url }: Pick<World, 'url'>): Promise<void> {
  while ((await readJson(await fetch(`${url}/readyz`))).indexing) await setTimeout(10);
}

/** POSTs one JSON-RPC request as a 2025-11-25 client does. */
export function postMcp(
  url: string,
  token: string | undefined,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: ACCEPT,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const MODERN_META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** POSTs one request as a 2026-07-28 client does. */
export function postModern(
  url: string,
  token: string,
  method: string,
  params: Record<string, unknown> = {},
  more: Record<string, string> = {},
): Promise<Response> {
  const headers: Record<string, string> = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...more,
  };
  const name = params['name'] ?? params['uri'];
  if (typeof name === 'string') headers['mcp-name'] = name;
  return postMcp(
    url,
    token,
    { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: MODERN_META } },
    headers,
  );
}

/** The JSON of an answer, or of the events of one: older MCP clients get their answers as an event stream. */
// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the test is about to find out
export async function readJson(answer: Response): Promise<any> {
  const text = await answer.text();
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) return JSON.parse(text);
  const events = [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => JSON.parse(data));
  return events.length === 1 ? events[0] : events;
}

export const LIST_TOOLS = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };

export const callTool = (name: string, args: Record<string, unknown>) => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name, arguments: args },
});

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** For requests that fetch refuses to send, such as ones with a Host header of one's own. */
export function sendRaw(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(
      url,
      { method: options.method ?? 'GET', headers: options.headers ?? {} },
      (res) => {
        let body = '';
        res.setEncoding('utf8');
        res.on('data', (chunk) => {
          body += chunk;
        });
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body }));
      },
    );
    req.on('error', reject);
    req.end(options.body);
  });
}
