// loop-api in several processes, as it is run: its workers by number, and connections of which each ends at one of them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { FakeAuthorizationServer } from './authorization-server.ts';
import { bareEnvironment } from './bare-environment.ts';
import { callTool, makeVault, RESOURCE, readJson } from './loop-api.ts';
import { until } from './until.ts';

type LogLine = Record<string, unknown>;

export interface Workers {
  child: ChildProcess;
  auth: FakeAuthorizationServer;
  url: string;
  folder: string;
  log: LogLine[];
  stderr: () => string;
  exited: Promise<number | null>;
  /** The process that is this worker now. */
  pidOf(number: number): number;
  /** Waits for a process of this number other than `before`. */
  nextPid(number: number, before: number): Promise<number>;
  /** A connection to each, by its number; closed with the test. */
  lanes(t: Test): Promise<Map<number, Lane>>;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

interface Sent {
  method?: string;
  token?: string;
  body?: unknown;
  /** Instead of a body in JSON. */
  text?: string;
  headers?: Record<string, string>;
}

/** One connection, which is one worker's for as long as it is kept. */
export interface Lane {
  send(path: string, options?: Sent): Promise<Answer>;
  /** What a tool gives, or why not. */
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the test is about to find out
  call(name: string, args: Record<string, unknown>, token?: string): Promise<any>;
}

/** With the tokens `good` for everything and `reader` for reading; `settings` are added. */
export async function startWorkers(
  t: Test,
  workers: number,
  settings: Record<string, string> = {},
): Promise<Workers> {
  const folder = await makeVault(t);
  const auth = await new FakeAuthorizationServer().start();
  auth.addToken('good', RESOURCE, { scope: 'vault.read vault.write' });
  auth.addToken('reader', RESOURCE, { scope: 'vault.read' });
  const child = spawn(process.execPath, ['api/main.ts'], {
    env: {
      ...bareEnvironment,
      AUTH_ISSUER: auth.issuer,
      API_RESOURCE: RESOURCE,
      API_WORKERS: String(workers),
      API_PORT: '0',
      API_CLIENT_SECRET: 'api-secret',
      API_VAULT_DIR: join(folder, 'vault'),
      API_INDEX_PATH: join(folder, 'index.db'),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log: LogLine[] = [];
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  readLines(child, (line) => log.push(JSON.parse(line) as LogLine));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await Promise.all([exited, auth.stop()]);
  });
  await Promise.race([
    once(child, 'message'),
    exited.then(() => {
      throw new Error(`it ended:\n${stderr}`);
    }),
  ]);
  const listens = (): LogLine[] => log.filter(({ msg }) => msg === 'loop-api listens');
  await until(() => listens().length === workers, 'every worker to listen');
  const url = `http://127.0.0.1:${String(listens()[0]?.['port'])}`;
  const pidOf = (number: number): number =>
    Number(listens().findLast(({ worker }) => worker === number)?.['pid']);
  return {
    ...{ child, auth, url, folder, log, exited, pidOf },
    stderr: () => stderr,
    nextPid: async (number, before) => {
      await until(() => pidOf(number) !== before, `worker ${number} to be started again`, 20_000);
      return pidOf(number);
    },
    lanes: (test) => openLanes(test, url, { log, workers }),
  };
}

/** One that nobody listens on just now. */
export async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

async function openLanes(
  t: Test,
  url: string,
  { log, workers }: { log: LogLine[]; workers: number },
): Promise<Map<number, Lane>> {
  const lanes = new Map<number, Lane>();
  for (let tries = 0; lanes.size < workers && tries < 200; tries += 1) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.teardown(() => agent.destroy());
    const lane = createLane(url, agent);
    const answer = await lane.send('/openapi.json').catch(() => undefined);
    const requestId = answer?.headers['x-request-id'];
    if (requestId === undefined) continue;
    const isIt = (line: LogLine): boolean => line['requestId'] === requestId;
    await until(() => log.some(isIt), 'the line of a request');
    const number = Number(log.find(isIt)?.['worker']);
    if (lanes.has(number)) agent.destroy();
    else lanes.set(number, lane);
  }
  return lanes;
}

function createLane(url: string, agent: Agent): Lane {
  const send: Lane['send'] = (path, { method = 'GET', token, body, text: given, headers: more } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        accept: 'application/json, text/event-stream',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more,
      };
      const asked = request(new URL(path, url), { agent, method, headers }, (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        res.on('error', reject);
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
      });
      asked.on('error', reject);
      asked.end(body === undefined ? given : JSON.stringify(body));
    });
  return {
    send,
    call: async (name, args, token = 'good') => {
      const body = callTool(name, args);
      const answer = await send('/mcp', { method: 'POST', token, body });
      if (answer.status !== 200) throw new Error(`it answered ${answer.status}: ${answer.text}`);
      const { result, error } = await readJson(new Response(answer.text));
      if (error) throw new Error(error.message);
      return result.isError ? { refused: result.content[0].text } : result.structuredContent;
    },
  };
}
