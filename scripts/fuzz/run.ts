// Both services under requests that nobody sane sends: no answer of 5xx but what is meant, no secret in a line of the log,
// level memory.
// The room: requests of every route, bent. Not what goes wrong around the services: soak.
import { residentMb } from '../operator/memory.ts';
import { apiMakers } from './api-requests.ts';
import { authMakers } from './auth-requests.ts';
import { bend } from './bends.ts';
import { type Connected, connect, startPair } from './connected.ts';
import { documentUrl } from './odd.ts';
import { createRandom, type Random } from './random.ts';
import { type Answer, createSender } from './send.ts';
import type { FuzzRequest } from './shapes.ts';

type Pair = Awaited<ReturnType<typeof startPair>>;
type Origins = Readonly<Record<'auth' | 'api', string>>;

export interface FuzzOptions {
  /** The same seed: the same requests, as far as the times of answers let them be. */
  readonly seed: number;
  /** Asked before each request, with how many there were. */
  readonly isOver: (sent: number) => boolean;
}

export interface FuzzResult {
  readonly sent: number;
  /** How often each service gave each status. */
  readonly statuses: ReadonlyMap<string, number>;
  /** MB resident, in the order of time. */
  readonly memory: Readonly<Record<'auth' | 'api', readonly number[]>>;
  /** What is wrong; empty where all is well. */
  readonly broken: readonly string[];
}

const atOnce = 16;
const requestsPerSample = 100;

/** All it started is stopped when it resolves. */
export async function fuzz({ seed, isOver }: FuzzOptions): Promise<FuzzResult> {
  const pair = await startPair();
  const { send, close } = createSender(atOnce);
  try {
    const connected = await connect(pair);
    const origins = { auth: pair.authOrigin, api: new URL(pair.resource).origin };
    const next = createRequests(createRandom(seed), connected);
    const tally = new Tally(pair);
    const worker = async (): Promise<void> => {
      while (!isOver(tally.sent)) {
        tally.begin();
        const request = next();
        tally.count(request, await send(origins[request.service], request));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const { sent, statuses, memory, bad } = tally;
    const inLog = findInLog(pair, connected.secrets);
    const broken = [...bad.slice(0, 10), ...inLog, ...judgeMemory(memory), ...(await judgeReady(origins))];
    return { sent, statuses, memory, broken };
  } finally {
    close();
    await pair.close();
  }
}

class Tally {
  sent = 0;
  readonly statuses = new Map<string, number>();
  readonly memory = { auth: [] as number[], api: [] as number[] };
  readonly bad: string[] = [];
  readonly #pair: Pair;

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  begin(): void {
    this.sent += 1;
    if (this.sent % requestsPerSample !== 0) return;
    for (const name of ['auth', 'api'] as const)
      this.memory[name].push(residentMb(this.#pair.pid(name)) ?? 0);
  }

  count(request: FuzzRequest, answer: Answer | undefined): void {
    const key = `${request.service} ${answer?.status ?? 'closed'}`;
    this.statuses.set(key, (this.statuses.get(key) ?? 0) + 1);
    if (answer && answer.status >= 500 && !isMeant(request, answer)) this.bad.push(describe(request, answer));
  }
}

function createRequests(random: Random, { world, shapes, routes }: Connected): () => FuzzRequest {
  const makers = [...authMakers(world, routes, random), ...apiMakers(world, shapes, random)];
  return () => {
    const request = bend(random.pick(makers)(), random);
    // Behind the proxy that these services are told of, each request comes from another network.
    const address = `${random.number(220) + 1}.${random.number(256)}.${random.number(256)}.7`;
    return { ...request, headers: { 'x-forwarded-for': address, ...request.headers } };
  };
}

/** The one outage that anybody may cause: an app's own host that can't be asked, and then only with a time to come back. */
function isMeant({ path }: FuzzRequest, { status, retryAfter }: Answer): boolean {
  return status === 503 && retryAfter !== undefined && path.includes(encodeURIComponent(documentUrl));
}

function describe({ service, method, path, headers, body }: FuzzRequest, answer: Answer): string {
  return `${answer.status} ${service} ${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 400)} ${String(body).slice(0, 300)} -> ${answer.body.slice(0, 200)}`;
}

function findInLog({ lines }: Pair, secrets: readonly string[]): string[] {
  const telling = lines.filter((line) => secrets.some((secret) => secret !== '' && line.includes(secret)));
  const errors = lines.filter((line) => /"level":(50|60)/.test(line));
  return [
    ...telling.slice(0, 3).map((line) => `a line of the log has a secret: ${line}`),
    ...lines.filter((line) => line.includes('could not be stored')).slice(0, 3),
    ...errors.slice(0, 5).map((line) => `somebody made a service log an error: ${line}`),
  ];
}

/** Where there were too few requests to tell, nothing. */
function judgeMemory(memory: Readonly<Record<'auth' | 'api', readonly number[]>>): string[] {
  return (['auth', 'api'] as const).flatMap((name) => {
    const used = memory[name];
    const warm = Math.max(...used.slice(Math.floor(used.length * 0.4), Math.floor(used.length * 0.7)));
    const late = Math.max(...used.slice(Math.floor(used.length * 0.7)));
    if (used.length < 20 || late < warm * 1.25) return [];
    return [`loop-${name}'s memory grows: ${used.map(Math.round)}`];
  });
}

async function judgeReady(origins: Origins): Promise<string[]> {
  const answers = await Promise.all(Object.values(origins).map((origin) => fetch(`${origin}/readyz`)));
  return answers.filter(({ ok }) => !ok).map(({ url, status }) => `${url} answers ${status} afterwards`);
}
