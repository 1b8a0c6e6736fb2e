// What an introspection costs loop-auth, beside the library's own memory adapter, and with a million tokens.
import { BenchServer, median } from './introspection-load.ts';

const rounds = 7;
const requests = 4000;
// The library's memory adapter holds a thousand rows of all kinds, no more.
const few = 300;
const clients = 50;

/** Rows for a table; the servers take turns, so that a busy machine slows all of them. */
export async function introspection(): Promise<Record<string, string>[]> {
  const servers = {
    'memory adapter of oidc-provider': await BenchServer.start('memory', few, clients),
    'loop-auth, SQLite, 300 tokens': await BenchServer.start('sqlite', few, clients),
    'loop-auth, SQLite, 1,000,000 tokens, 100,000 clients': await BenchServer.start(
      'sqlite',
      1_000_000,
      100_000,
    ),
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
  const names = Object.keys(servers);
  const ratio = (name: string, other: string): string => {
    const [own = [], base = []] = [costs.get(name), costs.get(other)];
    return `${median(own.map((cost, round) => cost / (base[round] ?? Number.NaN))).toFixed(2)} ×`;
  };
  return names.map((name, index) => ({
    storage: name,
    'CPU a request (µs)': median(costs.get(name) ?? []).toFixed(0),
    'beside memory': ratio(name, names[0] ?? ''),
    'beside 300 tokens': index < 2 ? '' : ratio(name, names[1] ?? ''),
  }));
}
