// What an introspection costs loop-auth, beside the library's own memory adapter, and with a million tokens.

import { formatRatio, median, printMeasures } from '../measure.ts';
import { BenchServer } from './introspection-load.ts';

const rounds = 7;
const requests = 4000;
// The library's memory adapter holds a thousand rows of all kinds, no more.
const few = 300;
const clients = 50;

// The servers take turns, so that a busy machine slows all of them.
export async function run(): Promise<void> {
  const servers = {
    'memory adapter of oidc-provider': await BenchServer.start('memory', few, clients),
    'loop-auth, SQLite, 300 tokens': await BenchServer.start('sqlite', few, clients),
    'the same, 1,000,000 tokens, 100,000 clients': await BenchServer.start(
      'sqlite',
      1_000_000,
      100_000,
      0,
      clients,
    ),
    // The library keeps a hundred clients ready and builds any other anew, where it is asked.
    'the same, asked at random for all clients': await BenchServer.start('sqlite', 1_000_000, 100_000),
  };
  const costs = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, server] of Object.entries(servers)) {
      const { cpuMicrosecondsPerRequest } = await server.introspect((done) => done >= requests);
      // The first round warms the compilers up.
      if (round > 0) costs.set(name, [...(costs.get(name) ?? []), cpuMicrosecondsPerRequest]);
    }
  }
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  const ratio = (name: string, other: string): number => {
    const base = costs.get(other) ?? [];
    return median((costs.get(name) ?? []).map((cost, round) => cost / (base[round] ?? Number.NaN)));
  };
  const [memory = '', small = '', large = '', scattered = ''] = Object.keys(servers);
  const row = (name: string, other?: string, aim = '') => ({
    what: name,
    value: `${median(costs.get(name) ?? []).toFixed(0)} µs`,
    ...(other !== undefined && { beside: other, ratio: formatRatio(ratio(name, other)), aim }),
  });
  printMeasures('Introspection: CPU of loop-auth a request', [
    row(memory),
    row(small, memory, 'at most 0.6 ×'),
    row(large, small, 'at most 1.2 ×'),
    row(scattered, memory, 'at most 0.7 ×'),
  ]);
}
