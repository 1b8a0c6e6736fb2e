// Threads begin and end beside better-sqlite3 in every way that the code ends them, and no process goes with them.
// RUNS says how many processes of 200 threads each (by default two of 40). A core is kept where the
// system keeps them (docs/decisions/ends-of-threads.md).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const runs = Number(process.env['RUNS'] ?? 1);
const threads = runs > 1 ? 200 : 40;
const programs = {
  all: new URL('threads/program.ts', import.meta.url),
  firstMoments: new URL('threads/first-moments.ts', import.meta.url),
};
/**
 * What is freed is overwritten at once, whatever its size: read afterwards, it is seen each time. glibc's; others ignore it. Not for
 * all ways: what remains of Node's fault (docs/decisions/ends-of-threads.md) would be seen in one of some thousand threads.
 */
const poisoned = { GLIBC_TUNABLES: 'glibc.malloc.tcache_count=0:glibc.malloc.perturb=34' };

interface Ended {
  /** `0`, another exit code, or a signal. */
  how: string;
  said: string;
  counts: Record<string, number>;
}

async function runProgram(
  program: URL,
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const shell = 'ulimit -c "$(ulimit -H -c)"; exec "$@"';
  const child = spawn('sh', ['-c', shell, 'sh', process.execPath, fileURLToPath(program), folder, ...args], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder, NODE_V8_COVERAGE: '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code, signal], told, said] = await Promise.all([
    once(child, 'close') as Promise<[number | null, string | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  const counts = told === '' ? {} : (JSON.parse(told) as Record<string, number>);
  return { how: signal ?? String(code), said, counts };
}

for (const end of ['close', 'exit'] as const) {
  const name = end === 'exit' ? 'ended in the middle of something' : 'waited for';
  t.test(
    `threads come and go, the last of them ${name}: the process ends as it should`,
    { timeout: 60_000 * (runs + 1) },
    async (t) => {
      const seen: Record<string, number> = {};
      // Each half of the runs.
      for (let run = end === 'close' ? 1 : 2; run <= Math.max(runs, 2); run += 2) {
        const folder = await mkdtemp(join(tmpdir(), 'threads-'));
        const { how, said, counts } = await runProgram(programs.all, folder, [`${threads}`, `${run}`, end]);
        t.strictSame({ how, said }, { how: '0', said: '' }, `run ${run} in ${folder}`);
        // What is left of another is for whoever looks for the cause.
        if (!t.passing()) return;
        await rm(folder, { recursive: true });
        for (const [way, count] of Object.entries(counts)) seen[way] = (seen[way] ?? 0) + count;
      }
      t.comment(JSON.stringify(seen));
      t.ok((seen['is terminated'] ?? 0) > 0, 'some were ended by terminate()');
    },
  );
}

t.test(
  'an indexing thread that is ended in its first moments leaves nothing to the collector',
  { timeout: 120_000 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'threads-'));
    t.teardown(() => rm(folder, { recursive: true }));
    const { how, said, counts } = await runProgram(programs.firstMoments, folder, [], poisoned);
    t.strictSame({ how, said, counts }, { how: '0', said: '', counts: { threads: 40 } });
  },
);
