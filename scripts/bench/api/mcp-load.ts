// Calls a tool over HTTP on so many connections at once, as clients of either era do, and counts.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Pool } from 'undici';

export type Era = '2026-07-28' | '2025-11-25';

export interface LoadResult {
  /** Calls answered in the time, per second. */
  perSecond: number;
  /** Milliseconds of each call. */
  times: number[];
  errors: number;
}

export interface LoadOptions {
  /** Where the MCP endpoint is. */
  url: string;
  era: Era;
  connections: number;
  seconds: number;
  tool: string;
  /** The arguments of the calls in turn. */
  inputs: readonly Record<string, unknown>[];
}

/** From a thread of its own, so that a server in this one has its time for itself. */
export function load(options: LoadOptions): Promise<LoadResult> {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { origin } = new URL(options.url);
  const pool = new Pool(origin, { connections: options.connections });
  const result = { times: [] as number[], errors: 0 };
  const startedAt = performance.now();
  const until = startedAt + options.seconds * 1_000;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const input = options.inputs[result.times.length % options.inputs.length] ?? {};
      const calledAt = performance.now();
      const isAnswered = await call(pool, options, input).catch(() => false);
      result.times.push(performance.now() - calledAt);
      if (!isAnswered) result.errors += 1;
    }
  };
  await Promise.all(Array.from({ length: options.connections }, client));
  const perSecond = (result.times.length * 1_000) / (performance.now() - startedAt);
  await pool.close();
  return { ...result, perSecond };
}

async function call(
  pool: Pool,
  { url, era, tool }: LoadOptions,
  input: Record<string, unknown>,
): Promise<boolean> {
  const answer = await pool.request({
    path: new URL(url).pathname,
    method: 'POST',
    ...describeCall(tool, input, era),
  });
  return (await answer.body.text()).includes('structuredContent') && answer.statusCode === 200;
}

/** One call as a client of that revision sends it. */
function describeCall(
  tool: string,
  input: Record<string, unknown>,
  era: Era,
): { headers: Record<string, string>; body: string } {
  const isModern = era === '2026-07-28';
  const params = { name: tool, arguments: input, ...(isModern ? { _meta: meta } : {}) };
  return {
    headers: {
      authorization: 'Bearer bench',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': era,
      ...(isModern ? { 'mcp-method': 'tools/call', 'mcp-name': tool } : {}),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  };
}

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

if (!isMainThread && parentPort !== null) parentPort.postMessage(await runLoad(workerData as LoadOptions));
