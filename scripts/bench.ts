// npm run bench: measures loop beside what else there is, in one run, and prints ratios. Nothing is asserted.
// The room: one operator's command a file; operator/ is what they share, bench/ and demo/ their parts. Not a service:
// auth/, api/.
import { program } from 'commander';

/** A benchmark is a file below scripts/bench/ that exports `run`; `npm run bench -- NAME` runs it alone. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  search: () => import('./bench/api/search.ts'),
  retrieval: () => import('./bench/api/retrieval.ts'),
  index: () => import('./bench/api/index-build.ts'),
  moves: () => import('./bench/api/moves.ts'),
  calls: () => import('./bench/api/calls.ts'),
  load: () => import('./bench/api/load.ts'),
  tools: () => import('./bench/api/tool-list.ts'),
  introspection: () => import('./bench/auth/introspection.ts'),
  sweep: () => import('./bench/auth/sweep.ts'),
  durability: () => import('./bench/auth/durability.ts'),
};

interface Benchmark {
  run(options: { seconds: number }): Promise<void>;
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
