// Two loop-auth on one PostgreSQL beside one: refreshes and introspections at once, each process held to a share of a core.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { openDatabase } from '../../../../adapters/database/open.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { formatMs, formatRatio, median, percentile, printMeasures } from '../../measure.ts';
import { type Family, makeFamilies, storeFamilies } from './families.ts';
import { startPostgres } from './postgres.ts';
import { introspect, refresh } from './requests.ts';
import type { ServerFacts } from './server.ts';
import { holdToShare } from './share.ts';

const share = 0.2;
const rounds = 7;
// Of each kind, at each process that is asked.
const lanes = 8;
const familiesThere = 512;

interface Turn {
  readonly refreshes: number;
  readonly introspections: number;
  /** Milliseconds at the 99th percentile. */
  readonly p99: number;
  /** Of a core, by each of those that were asked. */
  readonly used: number;
}

export async function run({ seconds }: { seconds: number }): Promise<void> {
  // Control groups are root's to make.
  const postgres = process.getuid?.() === 0 ? await startPostgres() : undefined;
  if (!postgres)
    return console.log(
      '\nTwo loop-auth on one PostgreSQL: left out, which takes root and a PostgreSQL server',
    );
  try {
    const made = await fill(postgres.url);
    const servers = [await ScaledServer.start(postgres.url), await ScaledServer.start(postgres.url)];
    await takeTurns(servers, new Load(made), seconds / rounds / 2);
    for (const server of servers) await server.stop();
  } finally {
    await postgres.stop();
  }
}

async function takeTurns(servers: readonly ScaledServer[], load: Load, seconds: number): Promise<void> {
  const turns = { one: [] as Turn[], two: [] as Turn[] };
  for (let round = 0; round <= rounds; round += 1) {
    // Each of them is the one in its turn.
    const one = await load.run(servers.slice(round % 2, (round % 2) + 1), seconds);
    const two = await load.run(servers, seconds);
    // The first round warms the compilers up.
    if (round === 0) continue;
    turns.one.push(one);
    turns.two.push(two);
  }
  print(turns.one, turns.two);
}

async function fill(url: string): Promise<Family[]> {
  const database = await openDatabase(url);
  const { id } = await new AccountStore(database).create('bench', 'no password opens this');
  const made = makeFamilies(familiesThere);
  await storeFamilies(database, id, made);
  await database.close();
  return made;
}

function print(one: readonly Turn[], two: readonly Turn[]): void {
  const row = (
    what: string,
    of: (turn: Turn) => number,
    format = (value: number) => value.toFixed(0),
    aim = '',
  ) => {
    const ratio = median(two.map((turn, round) => of(turn) / (one[round] ? of(one[round]) : Number.NaN)));
    const [first, both] = [one, two].map((turns) => format(median(turns.map(of))));
    return { what, value: String(both), beside: `one: ${first}`, ratio: formatRatio(ratio), aim };
  };
  printMeasures(
    `Two loop-auth on one PostgreSQL, each held to ${share} of a core, ${lanes} refreshes and ${lanes} introspections at once at each (load ${loadavg()[0]?.toFixed(1)})`,
    [
      row('requests a second', (turn) => turn.refreshes + turn.introspections, undefined, 'at least 1.7 ×'),
      row('refreshes a second', (turn) => turn.refreshes),
      row('introspections a second', (turn) => turn.introspections),
      row('p99 of both', (turn) => turn.p99, formatMs),
      row(
        'of a core, used by each',
        (turn) => turn.used,
        (value) => value.toFixed(2),
      ),
    ],
  );
}

class Load {
  readonly #families: readonly Family[];
  #next = 0;

  constructor(families: readonly Family[]) {
    this.#families = families;
  }

  /** Never one that another lane is at: there are many times as many as lanes. */
  #take(): Family {
    const family = this.#families[this.#next];
    this.#next = (this.#next + 1) % this.#families.length;
    if (!family) throw new Error('there is nothing to refresh');
    return family;
  }

  async run(servers: readonly ScaledServer[], seconds: number): Promise<Turn> {
    const before = await Promise.all(servers.map((server) => server.cpuMicroseconds()));
    const times: number[] = [];
    const done = { refreshes: 0, introspections: 0 };
    const startedAt = performance.now();
    const lane = async (what: keyof typeof done, ask: () => Promise<void>): Promise<void> => {
      while (performance.now() - startedAt < seconds * 1000) {
        const sentAt = performance.now();
        await ask();
        done[what] += 1;
        times.push(performance.now() - sentAt);
      }
    };
    const all = servers.flatMap(({ pool }) =>
      Array.from({ length: lanes }, () => [
        lane('refreshes', () => refresh(pool, this.#take())),
        lane('introspections', () => introspect(pool, this.#take().accessToken)),
      ]).flat(),
    );
    await Promise.all(all);
    const took = (performance.now() - startedAt) / 1000;
    const after = await Promise.all(servers.map((server) => server.cpuMicroseconds()));
    const spent = after.map((value, at) => (value - (before[at] ?? 0)) / 1e6 / took);
    return {
      refreshes: done.refreshes / took,
      introspections: done.introspections / took,
      p99: percentile(times, 0.99),
      used: median(spent),
    };
  }
}

class ScaledServer {
  readonly pool: Pool;
  readonly #child: ChildProcess;
  readonly #release: () => void;

  private constructor(child: ChildProcess, port: number, release: () => void) {
    this.#child = child;
    this.#release = release;
    this.pool = new Pool(`http://127.0.0.1:${port}`, { connections: 2 * lanes });
  }

  static async start(url: string): Promise<ScaledServer> {
    const child = fork(join(import.meta.dirname, 'server.ts'), [url]);
    const [{ port }] = (await once(child, 'message')) as [ServerFacts];
    return new ScaledServer(child, port, holdToShare(Number(child.pid), share));
  }

  async cpuMicroseconds(): Promise<number> {
    this.#child.send('figures');
    const [{ cpuMicroseconds }] = (await once(this.#child, 'message')) as [{ cpuMicroseconds: number }];
    return cpuMicroseconds;
  }

  async stop(): Promise<void> {
    await this.pool.close();
    this.#child.disconnect();
    await once(this.#child, 'exit');
    this.#release();
  }
}
