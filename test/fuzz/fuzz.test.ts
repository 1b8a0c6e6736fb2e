// Both services under requests that nobody sane sends: no answer of 5xx but the 503s that are meant, no secret in a log line,
// level memory. FUZZ_REQUESTS says how many (npm run test:fuzz: 200,000), FUZZ_SEED which.
import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { connectApp, startConnectedPair } from '../support/connected-pair.ts';
import { readApiSecret } from '../support/introspect.ts';
import { person } from '../support/person.ts';
import { createRandom } from './random.ts';
import { createRequests, documentUrl, type FuzzRequest, type World } from './requests.ts';

const count = Number(process.env['FUZZ_REQUESTS'] ?? 4_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const atOnce = 16;

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: atOnce });

/** Resolves to undefined where the service closed the connection, as it may on a request that is none. */
function send(origin: string, { method, path, headers, body }: FuzzRequest): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const url = new URL(origin);
    const clean = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\t\x20-\x7e]/g, '?')]),
    );
    if (body !== undefined && body.length > 0) clean['content-length'] = String(Buffer.byteLength(body));
    const sent = httpRequest(
      {
        agent,
        host: url.hostname,
        port: url.port,
        method,
        path: path.replace(/[^\x21-\x7e]/g, '%20'),
        headers: clean,
      },
      (response) => {
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
      },
    );
    sent.setTimeout(60_000, () =>
      sent.destroy(new Error(`no answer in 60 s: ${method} ${path.slice(0, 200)}`)),
    );
    sent.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(undefined) : reject(error),
    );
    sent.end(body);
  });
}

function residentMb(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

t.test(`${count} bent requests`, { timeout: 60 * 60 * 1000 }, async (t) => {
  const vault = join(t.testdir({}), 'vault');
  await cp(join(import.meta.dirname, '../../api/sample-vault'), vault, { recursive: true });
  const { pair } = await startConnectedPair(t, {
    AUTH_TRUSTED_PROXIES: '127.0.0.1',
    API_VAULT_DIR: vault,
    AUTH_ACCESS_TOKEN_SECONDS: '86400',
    // As the images run within what compose.yaml allows them: without a bound the heap grows with what else the machine
    // does, and a level one says nothing.
    NODE_OPTIONS: '--max-semi-space-size=2 --max-old-space-size=77',
  });
  const { clientId, tokens } = await connectApp(pair, 'vault.read vault.write');
  const world: World = {
    issuer: pair.issuer,
    resource: pair.resource,
    clientId,
    redirectUri: 'http://127.0.0.1:40404/callback',
    apiSecret: await readApiSecret(pair),
    accessToken: tokens.access_token,
    noteId: 'Projects/Loop.md',
  };
  const origins = { auth: pair.authOrigin, api: new URL(pair.resource).origin };
  const random = createRandom(seed);
  const next = createRequests(world, random);
  const statuses = new Map<string, number>();
  const bad: string[] = [];
  const memory: Record<'auth' | 'api', number[]> = { auth: [], api: [] };
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < count) {
      sent += 1;
      if (sent % Math.ceil(count / 20) === 0) {
        for (const name of ['auth', 'api'] as const) memory[name].push(residentMb(pair.pid(name)));
      }
      const request = next();
      const answer = await send(origins[request.service], request);
      const key = `${request.service} ${answer?.status ?? 'closed'}`;
      statuses.set(key, (statuses.get(key) ?? 0) + 1);
      if (answer && answer.status >= 500 && !isMeant(request, answer)) bad.push(describe(request, answer));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  agent.destroy();
  t.comment(JSON.stringify({ seed, statuses: Object.fromEntries([...statuses].sort()), memory }));
  t.same(bad.slice(0, 10), [], 'no 5xx but what is meant');
  const secrets = [tokens.access_token, tokens.refresh_token, world.apiSecret, person.password];
  const telling = pair.lines.filter((line) => secrets.some((secret) => line.includes(secret)));
  t.same(telling.slice(0, 3), [], 'no log line with a secret');
  const errors = pair.lines.filter((line) => /"level":(50|60)/.test(line));
  t.same(errors.slice(0, 5), [], 'nobody made a service log an error');
  for (const name of ['auth', 'api'] as const) {
    const warm = memory[name].slice(8, 14);
    const late = memory[name].slice(14);
    t.ok(
      Math.max(...late) < Math.max(...warm) * 1.25,
      `loop-${name}'s memory is level: ${memory[name].map(Math.round)}`,
    );
  }
  const alive = await Promise.all(Object.values(origins).map((origin) => fetch(`${origin}/readyz`)));
  t.same(
    alive.map(({ status }) => status),
    [200, 200],
  );
});

/** The one outage that anybody may cause: an app's own host that can't be asked, and then only with a time to come back. */
function isMeant({ path }: FuzzRequest, { status, retryAfter }: Answer): boolean {
  return status === 503 && retryAfter !== undefined && path.includes(encodeURIComponent(documentUrl));
}

function describe({ service, method, path, headers, body }: FuzzRequest, answer: Answer): string {
  return `${answer.status} ${service} ${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 400)} ${String(body).slice(0, 300)} -> ${answer.body.slice(0, 200)}`;
}
