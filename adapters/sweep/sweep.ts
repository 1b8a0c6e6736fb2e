// Deletes what is of no use any more, on its own schedule: small transactions with pauses between them.
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import { epochSeconds } from '../database/time.ts';
import type { TableCounts } from './rows.ts';
import { createSweepSteps, type SweepStep } from './steps.ts';
import { createSurplusSteps } from './surplus.ts';

// Pauses last this many times as long as the transaction before them: on a slow or busy disk, too, the sweep is at work
// a tenth of the time at most.
const pauseFactor = 9;

export interface SweepOptions {
  /** A grant that nothing was issued under any more goes once it is older than this. */
  readonly refreshTokenIdleSeconds: number;
  /** For how long an access token is good. */
  readonly accessTokenSeconds: number;
  /** A client that registered itself and never got a grant goes after this. */
  readonly unusedClientSeconds: number;
  /** Gets the large tables counted by the way. */
  readonly counts?: TableCounts;
  readonly everySeconds?: number;
  readonly batchRows?: number;
  readonly pauseMs?: number;
  readonly onSwept?: (counts: SweptCounts) => void;
  /** A run that failed is told and made again at its next time. */
  readonly onFailed?: (error: unknown) => void;
}

/** Rows by the name of their table; `salts` are those erased from refresh tokens. */
export type SweptCounts = Readonly<Record<string, number>>;

export interface Sweep {
  /** Ends the schedule; resolves when the transaction in hand, if any, is over. */
  stop(): Promise<void>;
  /** Sweeps all there is now, or joins the run that is under way. */
  runOnce(): Promise<SweptCounts>;
}

/** Sweeps now and then every ten minutes, without keeping the process alive for it; the caller stops it. */
export function startSweep(database: Database, options: SweepOptions): Sweep {
  // SQLite deletes in the thread that answers: 25 rows take it about as long as one request for a token does.
  const { everySeconds = 600, batchRows = 25, pauseMs = 10 } = options;
  const limits = { ...options, batchRows };
  const steps = [
    ...createSweepSteps(database, limits),
    ...createSurplusSteps(database, limits),
    ...(options.counts?.steps() ?? []),
  ];
  const stopping = new AbortController();
  let running: Promise<SweptCounts> | undefined;
  const runOnce = (): Promise<SweptCounts> => {
    running ??= runSteps(steps, pauseMs, stopping.signal).finally(() => {
      running = undefined;
    });
    return running;
  };
  const schedule = (): Promise<void> =>
    runOnce().then(
      (counts) => options.onSwept?.(counts),
      (error) => options.onFailed?.(error),
    );
  const timer = setInterval(() => void schedule(), everySeconds * 1000);
  timer.unref();
  void schedule();
  return {
    runOnce,
    stop: async () => {
      clearInterval(timer);
      stopping.abort();
      await running?.catch(() => {});
    },
  };
}

async function runSteps(
  steps: readonly SweepStep[],
  leastPauseMs: number,
  signal: AbortSignal,
): Promise<SweptCounts> {
  const counts: Record<string, number> = {};
  for (const { name, start } of steps) {
    let startedAt = performance.now();
    for await (const changed of start(epochSeconds())) {
      counts[name] = (counts[name] ?? 0) + changed;
      if (signal.aborted) return counts;
      const pauseMs = Math.max(leastPauseMs, (performance.now() - startedAt) * pauseFactor);
      await delay(pauseMs, undefined, { signal }).catch(() => {});
      startedAt = performance.now();
    }
  }
  return counts;
}
