// What a refresh with rotation costs loop-auth, beside the library's own memory adapter, which loses everything with the process.
// The room: how refreshes fare, one loop-auth and two. Not on a slow disk: slow-disk/.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { formatMs, formatRatio, median, percentile, printMeasures } from '../../measure.ts';
import type { Family } from './families.ts';
import { refresh } from './requests.ts';
import type { ServerFacts } from './server.ts';

const rounds = 5;
const requests = 800;
const atOnce = 8;
// Without a disk, so that what is ours can be told from what is the disk's.
const memoryFolder = '/dev/shm';

interface Turn {
  readonly cpuMicroseconds: number;
  readonly aSecond: number;
  /** Milliseconds, of half of them. */
  readonly p50: number;
  readonly p99: number;
}

/** The servers take turns, so that a busy machine slows all of them. */
export async function run(): Promise<void> {
  const servers = {
    floor: await RefreshServer.start('memory', tmpdir()),
    loop: await RefreshServer.start('file', tmpdir()),
    ...(existsSync(memoryFolder) && { diskless: await RefreshServer.start('file', memoryFolder) }),
  };
  for (const count of [atOnce, 1]) {
    print(count, await takeTurns(Object.values(servers), count), servers);
  }
  await Promise.all(Object.values(servers).map((server) => server.stop()));
}

async function takeTurns(
  servers: readonly RefreshServer[],
  count: number,
): Promise<Map<RefreshServer, Turn[]>> {
  const turns = new Map(servers.map((server) => [server, [] as Turn[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const server of servers) {
      const turn = await server.load(count);
      // The first round warms the compilers up.
      if (round > 0) turns.get(server)?.push(turn);
    }
  }
  return turns;
}

interface Servers {
  readonly floor: RefreshServer;
  readonly loop: RefreshServer;
  readonly diskless?: RefreshServer;
}

function print(count: number, turns: ReadonlyMap<RefreshServer, Turn[]>, servers: Servers): void {
  const of = (server: RefreshServer, pick: (turn: Turn) => number): number[] =>
    (turns.get(server) ?? []).map(pick);
  const row = (what: string, pick: (turn: Turn) => number, format: (value: number) => string, aim = '') =>
    (['loop', 'diskless'] as const).flatMap((name) => {
      const server = servers[name];
      if (!server) return [];
      const [own, base] = [of(server, pick), of(servers.floor, pick)];
      const ratios = own.map((value, round) => value / (base[round] ?? Number.NaN));
      return {
        what: name === 'loop' ? what : `the same, the file in memory`,
        value: format(median(own)),
        beside: `memory adapter: ${format(median(base))}`,
        ratio: formatRatio(median(ratios)),
        aim,
      };
    });
  const isAimed = count === atOnce;
  printMeasures(
    `Refreshes with rotation, ${count} at once, ${rounds} turns of ${requests} (load ${loadavg()[0]?.toFixed(1)})`,
    [
      ...row(
        'processor time',
        ({ cpuMicroseconds }) => cpuMicroseconds,
        formatMicroseconds,
        isAimed ? 'at most 1.2 ×' : '',
      ),
      ...row(
        'a second',
        ({ aSecond }) => aSecond,
        (value) => value.toFixed(0),
        isAimed ? 'at least 0.9 ×' : '',
      ),
      ...row('p50', ({ p50 }) => p50, formatMs),
      ...row('p99', ({ p99 }) => p99, formatMs),
    ],
  );
}

const formatMicroseconds = (value: number): string => `${value.toFixed(0)} µs`;

class RefreshServer {
  readonly #child: ChildProcess;
  readonly #pool: Pool;
  readonly #families: Family[];
  #next = 0;

  private constructor(child: ChildProcess, { port, families }: ServerFacts) {
    this.#child = child;
    this.#families = families;
    this.#pool = new Pool(`http://127.0.0.1:${port}`, { connections: atOnce });
  }

  static async start(storage: string, folder: string): Promise<RefreshServer> {
    const env = { ...process.env, TMPDIR: folder };
    const child = fork(join(import.meta.dirname, 'server.ts'), [storage], { env });
    const [facts] = (await once(child, 'message')) as [ServerFacts];
    return new RefreshServer(child, facts);
  }

  async load(count: number): Promise<Turn> {
    const before = await this.#cpuMicroseconds();
    const times: number[] = [];
    let begun = 0;
    const startedAt = performance.now();
    const lane = async (): Promise<void> => {
      while (begun < requests) {
        begun += 1;
        const sentAt = performance.now();
        // Never one that another lane is at: there are many times as many as lanes.
        await refresh(this.#pool, this.#take());
        times.push(performance.now() - sentAt);
      }
    };
    await Promise.all(Array.from({ length: count }, lane));
    const seconds = (performance.now() - startedAt) / 1000;
    return {
      cpuMicroseconds: ((await this.#cpuMicroseconds()) - before) / requests,
      aSecond: requests / seconds,
      p50: median(times),
      p99: percentile(times, 0.99),
    };
  }

  #take(): Family {
    const family = this.#families[this.#next];
    this.#next = (this.#next + 1) % this.#families.length;
    if (!family) throw new Error('there is nothing to refresh');
    return family;
  }

  async #cpuMicroseconds(): Promise<number> {
    this.#child.send('figures');
    const [{ cpuMicroseconds }] = (await once(this.#child, 'message')) as [{ cpuMicroseconds: number }];
    return cpuMicroseconds;
  }

  async stop(): Promise<void> {
    await this.#pool.close();
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}
