// npm run soak: what a home does to loop in a year, in minutes. Ends with 1 where anybody would have had to sign in again.
import { program } from 'commander';
import { positive } from '../operator/numbers.ts';
import { printTable } from '../operator/table.ts';
import { countReauthorizations, type SoakResult, soak } from './run.ts';

program
  .name('npm run soak --')
  .description(
    'Calls both services as clients do while they are killed, stopped, locked, cut off, slowed down, and their clock is moved.',
  )
  .option('--minutes <number>', 'how long', positive, 5)
  .option('--clients <number>', 'how many work at once', positive, 4)
  .option('--seed <number>', 'another order of what goes wrong', positive, 1)
  .action(run);

await program.parseAsync();

async function run(options: { minutes: number; clients: number; seed: number }): Promise<void> {
  const onStep = (text: string): void =>
    console.log(`${(performance.now() / 1_000).toFixed(0).padStart(6)} s  ${text}`);
  const result = await soak({ ...options, onStep });
  report(result);
  process.exitCode = result.broken.length === 0 ? 0 : 1;
}

function report({ counts, injected, memory, broken }: SoakResult): void {
  console.log('');
  printTable([...injected].map(([fault, times]) => ({ 'went wrong': fault, times: String(times) })));
  console.log('');
  const kinds = new Map<string, number>();
  for (const { failures } of counts)
    for (const [kind, times] of Object.entries(failures)) kinds.set(kind, (kinds.get(kind) ?? 0) + times);
  const sum = (of: 'calls' | 'refreshes' | 'unanswered'): number =>
    counts.reduce((total, count) => total + count[of], 0);
  printTable([
    { measure: 'calls', value: String(sum('calls')) },
    ...[...kinds].map(([kind, times]) => ({ measure: `met: ${kind}`, value: String(times) })),
    { measure: 'refreshes', value: String(sum('refreshes')) },
    { measure: 'refreshes without an answer', value: String(sum('unanswered')) },
    { measure: 're-authorizations', value: String(countReauthorizations(counts)) },
    ...Object.entries(memory).map(([service, used]) => ({
      measure: `memory of loop-${service}, most in each third of the time`,
      value: `${thirds(used).join(', ')} MB`,
    })),
  ]);
  for (const fault of broken) console.log(`\n  BROKEN ${fault}`);
  console.log(broken.length === 0 ? '\nThe promise holds.' : '\nThe promise does NOT hold.');
}

function thirds(used: readonly number[]): string[] {
  const third = Math.ceil(used.length / 3);
  return [0, 1, 2].map((at) => Math.max(0, ...used.slice(at * third, (at + 1) * third)).toFixed(0));
}
