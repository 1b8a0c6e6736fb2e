// Tells loop-auth every few seconds what was noted of calls: apart from every request, and lost rather than in the way.
import type { ClientSecret } from '../config.ts';
import { basicAuthorization, readSecret } from '../tokens/credential.ts';
import { openWire, type Wire } from '../tokens/wire/wire.ts';
import type { NotedCall } from './noted-calls.ts';

export interface ReporterOptions {
  readonly issuer: string;
  readonly authOrigin: string;
  readonly clientId: string;
  readonly clientSecret: ClientSecret;
  readonly resource: string;
  readonly waits?: Partial<typeof usualWaits>;
}

export interface Reporter {
  readonly note: (call: NotedCall) => void;
  /** What is left to be told is lost. */
  readonly close: () => Promise<void>;
}

/** In milliseconds. */
const usualWaits = {
  gather: 5_000,
  /** While loop-auth is away or refuses: twice as long each time. */
  retryFirst: 10_000,
  retryLast: 5 * 60_000,
  /** An older loop-auth takes none; it may be another one later. */
  absent: 3_600_000,
};
const timeoutMs = 5_000;
const mostKept = 100;

interface Kept {
  readonly call: NotedCall;
  readonly at: number;
  readonly count: number;
}

export function openReporter(options: ReporterOptions): Reporter {
  const waits = { ...usualWaits, ...options.waits };
  const wire = openWire({ connections: 1, mostBytes: 65_536 });
  let kept = new Map<string, Kept>();
  let timer: NodeJS.Timeout | undefined;
  let retryMs = waits.retryFirst;
  let absentUntil = 0;

  async function tell(): Promise<void> {
    const calls = [...kept.values()].sort((one, other) => one.at - other.at);
    kept = new Map();
    const status = await send(options, wire, calls).catch(() => 0);
    if (status === 404 || status === 405) absentUntil = Date.now() + waits.absent;
    timer = plan(nextWait(status >= 200 && status <= 299));
  }
  function nextWait(isTaken: boolean): number {
    const waitMs = isTaken ? waits.gather : retryMs;
    retryMs = isTaken ? waits.retryFirst : Math.min(retryMs * 2, waits.retryLast);
    return waitMs;
  }
  const tellKept = (): void => {
    timer = undefined;
    if (kept.size > 0) void tell();
  };
  const plan = (afterMs: number): NodeJS.Timeout => setTimeout(tellKept, afterMs).unref();

  return {
    note: (call) => {
      const { outcome, address, forwardedFor, clientId, subject } = call;
      const key = [outcome, address, forwardedFor, clientId, subject].join(' ');
      const known = kept.get(key);
      if ((!known && kept.size >= mostKept) || Date.now() < absentUntil) return;
      kept.set(key, { call, at: Date.now(), count: (known?.count ?? 0) + 1 });
      timer ??= plan(waits.gather);
    },
    close: async () => {
      clearTimeout(timer);
      kept = new Map();
      wire.close();
    },
  };
}

/** Resolves to the status of the answer. */
async function send(options: ReporterOptions, wire: Wire, calls: readonly Kept[]): Promise<number> {
  const { issuer, authOrigin, clientId, clientSecret, resource } = options;
  const path = new URL(issuer).pathname.replace(/\/$/, '');
  const now = Date.now();
  // ago, since the two may have clocks of their own
  const told = calls.map(({ call, at, count }) => ({
    ...call,
    count,
    secondsAgo: Math.round((now - at) / 1_000),
  }));
  const { status } = await wire.ask(`${authOrigin}${path}/resource-refusals`, {
    method: 'POST',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      authorization: basicAuthorization(clientId, readSecret(clientSecret)),
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify({ resource, calls: told }),
  });
  return status;
}
