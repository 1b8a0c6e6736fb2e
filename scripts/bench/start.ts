// How long a service takes until it is ready, what it holds when it has nothing to do, and how large its modules are: as the
// images are built and run, beside a bare http server of node's. Turns, since both sides are to meet the same machine.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../demo/pair.ts';
import { makeImage, programOf, settingsOf, sizeOfModules } from '../supply/image.ts';
import { services } from '../supply/installed.ts';
import { formatMs, formatRatio, type Measure, median, printMeasures } from './measure.ts';

const rounds = 7;
const idleMs = 10_000;
const bareSource =
  'require("node:http").createServer((_, answer) => answer.end()).listen(+process.env.BARE_PORT, "127.0.0.1")';

interface Program {
  readonly name: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

interface Start {
  readonly readyMs: number;
  readonly cpuMs: number;
}

const aims: Readonly<Record<string, { ready: string; memory: string }>> = {
  'loop-auth': { ready: '≤ 5', memory: '≤ 90 MB' },
  'loop-api': { ready: '≤ 5', memory: '≤ 110 MB' },
};

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-bench-'));
  try {
    const [ports, images] = [await freePorts(3), services.map((service) => describeImage(folder, service))];
    const bare = describeBare(ports[2] ?? 0, images[0]?.env ?? {});
    const programs = images.map(({ name, args, env }, index) => {
      const port = ports[index] ?? 0;
      return { name, args, port, env: { ...env, AUTH_PORT: `${port}`, API_PORT: `${port}` } };
    });
    const starts = await takeTurns([bare, ...programs]);
    const memory = await measureIdle([bare, ...programs]);
    printMeasures(
      `Starting: medians of ${rounds}, load ${loadavg()[0]?.toFixed(1)}`,
      programs.flatMap((program) => rowsOf(program, bare, starts, memory)),
    );
    printMeasures(
      'Modules',
      images.map((image) => ({
        what: image.name,
        value: `${(image.bytes / 1e6).toFixed(1)} MB`,
        aim: '≤ 12 MB',
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function describeImage(parent: string, service: (typeof services)[number]) {
  const folder = mkdtempSync(join(parent, `${service}-`));
  makeImage(service, folder);
  const env = {
    NODE_ENV: 'production',
    API_CLIENT_SECRET: 'a secret of the benchmarks',
    API_INDEX_PATH: join(folder, 'index.db'),
    AUTH_DATABASE_URL: `sqlite:${join(folder, 'auth.db')}`,
    ...settingsOf(service),
  };
  return {
    name: `loop-${service}`,
    args: [programOf(service, folder)],
    env,
    bytes: sizeOfModules(folder),
  };
}

function describeBare(port: number, env: Record<string, string>): Program {
  return { name: 'bare', args: ['-e', bareSource], port, env: { ...env, BARE_PORT: `${port}` } };
}

async function takeTurns(programs: readonly Program[]): Promise<Map<string, Start[]>> {
  const starts = new Map<string, Start[]>(programs.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const program of programs) {
      const { pid, readyMs, stop } = await start(program);
      // The first makes the database and the index.
      if (round > 0) starts.get(program.name)?.push({ readyMs, cpuMs: cpuMsOf(pid) });
      await stop();
    }
  }
  return starts;
}

async function measureIdle(programs: readonly Program[]): Promise<Map<string, number>> {
  const running = await Promise.all(programs.map(start));
  await delay(idleMs);
  const memory = running.map(({ pid }, index) => [programs[index]?.name ?? '', residentMbOf(pid)] as const);
  await Promise.all(running.map(({ stop }) => stop()));
  return new Map(memory);
}

async function start({ args, port, env }: Program) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'ignore',
  });
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended instead of starting`);
    await delay(2);
  }
  const readyMs = performance.now() - startedAt;
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await ended;
  };
  return { pid: child.pid ?? 0, readyMs, stop };
}

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false,
  );

/** In steps of 10 ms, as the kernel counts; all threads. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMbOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function rowsOf(
  { name }: Program,
  bare: Program,
  starts: ReadonlyMap<string, readonly Start[]>,
  memory: ReadonlyMap<string, number>,
): Measure[] {
  const of = (which: string, figure: keyof Start): number =>
    median((starts.get(which) ?? []).map((one) => one[figure]));
  const [ready, cpu] = [of(name, 'readyMs'), of(name, 'cpuMs')];
  const [bareReady, bareCpu] = [of(bare.name, 'readyMs'), of(bare.name, 'cpuMs')];
  const aim = aims[name];
  return [
    {
      what: `${name}, ready`,
      value: formatMs(ready),
      beside: `bare: ${formatMs(bareReady)}`,
      ratio: formatRatio(ready / bareReady),
      aim: aim?.ready ?? '',
    },
    {
      what: `${name}, processor time until then`,
      value: formatMs(cpu),
      beside: `bare: ${formatMs(bareCpu)}`,
      ratio: formatRatio(cpu / bareCpu),
    },
    {
      what: `${name}, resident after ${idleMs / 1000} s`,
      value: `${memory.get(name)?.toFixed(0)} MB`,
      beside: `bare: ${memory.get(bare.name)?.toFixed(0)} MB`,
      aim: aim?.memory ?? '',
    },
  ];
}
