// npm run bench: measures loop beside what else there is, in one run, and prints ratios. Nothing is asserted.
// The room: measures of both services, with api/ and auth/ for those of one. Not here: tests.
import { program } from 'commander';

/** A benchmark is a file below scripts/bench/ that exports `run`; `npm run bench -- NAME` runs it alone. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  search: () => import('./api/search.ts'),
  retrieval: () => import('./api/retrieval.ts'),
  index: () => import('./api/index-build.ts'),
  scan: () => import('./api/scan.ts'),
  moves: () => import('./api/moves.ts'),
  calls: () => import('./api/calls/calls.ts'),
  load: () => import('./api/load.ts'),
  workers: () => import('./api/workers/workers.ts'),
  tools: () => import('./api/tool-list.ts'),
  introspection: () => import('./auth/introspection.ts'),
  refresh: () => import('./auth/refresh/refresh.ts'),
  scale: () => import('./auth/refresh/scale.ts'),
  timeline: () => import('./timeline.ts'),
  start: () => import('./start.ts'),
  sweep: () => import('./auth/sweep.ts'),
  growth: () => import('./auth/growth.ts'),
  durability: () => import('./auth/durability.ts'),
  'slow-disk': () => import('./auth/slow-disk/slow-disk.ts'),
};

interface Benchmark {
  run(options: { seconds: number }): Promise<void> | void;
}

program
  .name('npm run bench --')
  .description(
    'Prints tables of measures and ratios. Trust the ratios: both sides of one ran on the same machine.',
  )
  .argument('[names...]', `which to run: ${Object.keys(benchmarks).join(', ')}; all without a name`)
  .option('--seconds <number>', 'how long load lasts', Number, 60)
  .action(async (names: string[], options: { seconds: number }) => {
    const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name));
    if (unknown.length > 0) program.error(`there is no benchmark ${unknown.join(', ')}`);
    const chosen = names.length > 0 ? names : Object.keys(benchmarks);
    for (const name of chosen) await (await benchmarks[name]?.())?.run(options);
  });

await program.parseAsync();
