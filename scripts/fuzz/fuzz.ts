// npm run fuzz: bent requests to every route of both services. Ends with 1 where one of them does what it must not.
import { program } from 'commander';
import { positive } from '../operator/numbers.ts';
import { printTable } from '../operator/table.ts';
import { fuzz } from './run.ts';

program
  .name('npm run fuzz --')
  .description(
    'Sends both services bent requests of every route, by the shapes of OAuth, OpenAPI and the tools.',
  )
  .option('--minutes <number>', 'how long', positive, 5)
  .option('--requests <number>', 'so many, whatever the time', positive)
  .option('--seed <number>', 'other requests', positive, 1)
  .action(run);

await program.parseAsync();

async function run(options: { minutes: number; requests?: number; seed: number }): Promise<void> {
  const { minutes, requests, seed } = options;
  const end = performance.now() + minutes * 60_000;
  const isOver = (requestsSent: number): boolean =>
    requests === undefined ? performance.now() > end : requestsSent >= requests;
  const { sent, statuses, memory, broken } = await fuzz({ seed, isOver });
  printTable([...statuses].sort().map(([status, times]) => ({ answered: status, times: String(times) })));
  for (const [name, used] of Object.entries(memory))
    console.log(
      `\nmemory of loop-${name}: ${used.filter((_, at) => at % Math.ceil(used.length / 20) === 0).map(Math.round)} MB`,
    );
  for (const fault of broken) console.log(`\n  BROKEN ${fault}`);
  console.log(
    `\n${sent} requests with seed ${seed}: ${broken.length === 0 ? 'all is well' : 'something is wrong'}`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
}
