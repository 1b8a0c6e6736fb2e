// npm run demo: the promise in 20 seconds. One sign-in; then both services go down and come back while a client works.

import { setTimeout as delay } from 'node:timers/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { connectOnce } from './demo/connect-once.ts';
import { MemoryOAuthClient } from './demo/oauth-client.ts';
import { Pair } from './demo/pair.ts';
import { authorizeInBrowser, createFirstAccount } from './demo/sign-in.ts';

const person = { username: 'demo', password: 'a password for the demo' };
const rebuilds = 5;
const queries = ['project', 'NAS', '인증', 'backup', 'meeting'];

const connectionErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused connection',
  ECONNRESET: 'cut connection',
  UND_ERR_SOCKET: 'cut connection',
};

const oauth = new MemoryOAuthClient('The demo');
const tally = new Map<string, number>();
const pair = await Pair.create();
try {
  await run();
} finally {
  await pair.close();
}
report();

async function run(): Promise<void> {
  step('starting loop-auth and loop-api on a temporary folder');
  await pair.start('auth');
  await pair.start('api');
  await createFirstAccount(pair.setupUrl(), person);
  step('a client finds the authorization server, registers, signs in and is allowed');
  await signIn();
  step('it goes on calling while loop-api is killed and started again');
  const calling = new AbortController();
  const calls = callUntil(calling.signal);
  for (let round = 1; round <= rebuilds; round += 1) {
    await delay(700);
    await pair.kill('api');
    await delay(200);
    await pair.start('api');
    step(`  loop-api rebuilt ${round} of ${rebuilds}`);
  }
  await delay(700);
  step('loop-auth is killed and started again');
  await pair.kill('auth');
  await delay(500);
  await pair.start('auth');
  await delay(300);
  step('the access token is thrown away: the client refreshes');
  calling.abort();
  await calls;
  oauth.forgetAccessToken();
  await call();
}

async function signIn(): Promise<void> {
  await connectOnce(createTransport(), oauth, (url) => authorizeInBrowser(url, person));
  await call();
}

function createTransport(): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(pair.resource), { authProvider: oauth });
}

function createClient(): Client {
  return new Client({ name: 'demo', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
}

async function callUntil(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await call();
    await delay(40);
  }
}

/** One search by a client that has only its tokens, as after a restart of its own. */
async function call(): Promise<void> {
  const client = createClient();
  const query = queries[total() % queries.length];
  try {
    await client.connect(createTransport());
    const result = await client.callTool({ name: 'search', arguments: { query } });
    count(result.isError ? 'tool error' : 'answered');
  } catch (error) {
    count(kindOf(error));
  } finally {
    await client.close().catch(() => undefined);
  }
}

// The SDK wraps what happened: the innermost known code or status says it.
function kindOf(error: unknown): string {
  const { status, code, cause, data } = error as {
    status?: number;
    code?: unknown;
    cause?: unknown;
    data?: { cause?: unknown };
  };
  const inner = cause ?? data?.cause;
  const connection = connectionErrors[String(code)];
  if (connection) return connection;
  if (inner instanceof Error) return kindOf(inner);
  return status ? `HTTP ${status}` : `${code ?? ''} ${(error as Error).message}`.trim();
}

function count(kind: string): void {
  tally.set(kind, (tally.get(kind) ?? 0) + 1);
}

function total(): number {
  return [...tally.values()].reduce((sum, one) => sum + one, 0);
}

function step(text: string): void {
  console.log(`${(performance.now() / 1000).toFixed(1).padStart(5)} s  ${text}`);
}

function report(): void {
  // Without a proxy a process that is not there refuses connections: a call to repeat, never a sign-in.
  const harmless = new Set(['answered', 'refused connection', 'cut connection']);
  const answered = tally.get('answered') ?? 0;
  const rows = [
    ['calls', total()],
    ...[...tally].map(([kind, times]) => [`  ${kind}`, times] as const),
    ['refreshes', oauth.refreshes],
    ['sign-ins', oauth.signIns],
  ] as const;
  console.log(
    `\n${rows.map(([name, value]) => `  ${String(name).padEnd(24)}${String(value).padStart(6)}`).join('\n')}\n`,
  );
  const holds =
    oauth.signIns === 1 &&
    oauth.refreshes >= 1 &&
    answered > 20 &&
    [...tally.keys()].every((kind) => harmless.has(kind));
  console.log(holds ? '  The promise holds: one sign-in.\n' : '  The promise does NOT hold.\n');
  process.exitCode = holds ? 0 : 1;
}
