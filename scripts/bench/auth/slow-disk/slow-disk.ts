// Refreshes on a disk whose syncs take 20 ms, 64 at once, with introspections beside them; the same on the disk as it is.
// Before: SQLite synced each commit itself, and the process stood still for it.
// The room: a slow disk, what it does to loop-auth's answers. Not that it loses nothing: test/crash/.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { formatMs, formatRatio, median, percentile, printMeasures } from '../../measure.ts';
import type { Family } from '../refresh/families.ts';
import { introspect, refresh } from '../refresh/requests.ts';
import { buildSlowDisk, slowDiskEnvironment } from './preload.ts';
import type { ServerFacts, ServerFigures } from './server.ts';

const rounds = 3;
const introspectionsASecond = 50;
const way = { before: 'stopping', now: 'going on' } as const;
const disks = [20, 0];

interface Turn {
  readonly refreshesASecond: number;
  readonly cpuMicrosecondsPerRefresh: number;
  /** Milliseconds at the 99th percentile. */
  readonly introspection: number;
  readonly refresh: number;
  readonly logBytes: number;
}

export async function run({ seconds }: { seconds: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-bench-'));
  try {
    const library = await buildSlowDisk(folder);
    for (const ms of disks) {
      const turns = { before: [] as Turn[], now: [] as Turn[] };
      for (let round = 0; round < rounds; round += 1) {
        for (const name of ['before', 'now'] as const) {
          const env = { ...process.env, ...slowDiskEnvironment(library, { ms }) };
          turns[name].push(await measure(way[name], env, seconds / rounds / disks.length / 2));
        }
      }
      print(ms, turns.before, turns.now);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(ms: number, before: readonly Turn[], now: readonly Turn[]): void {
  const row = (what: string, of: (turn: Turn) => number, format: (value: number) => string, aim = '') => {
    const [was, is] = [median(before.map(of)), median(now.map(of))];
    return { what, value: format(is), beside: `before: ${format(was)}`, ratio: formatRatio(is / was), aim };
  };
  const whole = (value: number): string => value.toFixed(0);
  const isSlow = ms > 0;
  printMeasures(
    `A sync takes ${ms} ms more: refreshes, 64 at once, ${introspectionsASecond} introspections a second beside them (load ${loadavg()[0]?.toFixed(1)})`,
    [
      row('refreshes a second', (turn) => turn.refreshesASecond, whole, isSlow ? 'at least 400' : ''),
      row('refresh, p99', (turn) => turn.refresh, formatMs),
      row('introspection, p99', (turn) => turn.introspection, formatMs, isSlow ? 'at most 40 ms' : ''),
      row(
        'CPU a refresh, µs, introspections and threads with it',
        (turn) => turn.cpuMicrosecondsPerRefresh,
        whole,
      ),
      row(
        "SQLite's log at the end, MB",
        (turn) => turn.logBytes / 1e6,
        (value) => value.toFixed(1),
      ),
    ],
  );
}

/** One server, warmed up and under load for so many seconds. */
async function measure(argument: string, env: NodeJS.ProcessEnv, seconds: number): Promise<Turn> {
  const child = fork(join(import.meta.dirname, 'server.ts'), [argument], { env });
  const [{ port, families }] = (await once(child, 'message')) as [ServerFacts];
  const origin = `http://127.0.0.1:${port}`;
  const pools = { refresh: new Pool(origin, { connections: families.length }), ask: new Pool(origin) };
  try {
    await load(pools, families, 1);
    const before = await askFigures(child);
    const { refreshes, introspections, took } = await load(pools, families, seconds);
    const after = await askFigures(child);
    return {
      refreshesASecond: refreshes.length / took,
      cpuMicrosecondsPerRefresh: (after.cpuMicroseconds - before.cpuMicroseconds) / refreshes.length,
      introspection: percentile(introspections, 0.99),
      refresh: percentile(refreshes, 0.99),
      logBytes: after.logBytes,
    };
  } finally {
    await Promise.all([pools.refresh.close(), pools.ask.close()]);
    child.disconnect();
    await once(child, 'exit');
  }
}

async function askFigures(child: ChildProcess): Promise<ServerFigures> {
  child.send('figures');
  const [figures] = (await once(child, 'message')) as [ServerFigures];
  return figures;
}

interface Pools {
  readonly refresh: Pool;
  readonly ask: Pool;
}

async function load(
  pools: Pools,
  chains: readonly Family[],
  seconds: number,
): Promise<{ refreshes: number[]; introspections: number[]; took: number }> {
  const refreshes: number[] = [];
  const introspections: number[] = [];
  const startedAt = performance.now();
  const isOver = (): boolean => performance.now() - startedAt > seconds * 1000;
  const refreshing = chains.map(async (chain) => {
    while (!isOver()) {
      const sentAt = performance.now();
      await refresh(pools.refresh, chain);
      refreshes.push(performance.now() - sentAt);
    }
  });
  // Each begins at its time, whatever became of those before.
  const asked: Promise<void>[] = [];
  for (let at = 0; !isOver(); at += 1) {
    const due = startedAt + (at * 1000) / introspectionsASecond;
    await delay(Math.max(0, due - performance.now()));
    const chain = chains[at % chains.length];
    const sentAt = performance.now();
    if (chain) {
      asked.push(
        introspect(pools.ask, chain.accessToken).then(
          () => void introspections.push(performance.now() - sentAt),
        ),
      );
    }
  }
  await Promise.all([...refreshing, ...asked]);
  return { refreshes, introspections, took: (performance.now() - startedAt) / 1000 };
}
