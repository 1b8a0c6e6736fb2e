// Introspection while a million expired rows are swept, beside introspection without a sweep.
import { BenchServer, quantile } from './introspection-load.ts';

const expired = 1_000_000;
const seconds = 20;

export async function sweep(): Promise<Record<string, string>[]> {
  const rows: Record<string, string>[] = [];
  for (const [name, count] of [
    ['no expired rows', 0],
    ['1,000,000 expired rows being swept', expired],
  ] as const) {
    const server = await BenchServer.start('sqlite', 10_000, 100, count);
    const before = (await server.figures()).expiredRows;
    const overAt = performance.now() + seconds * 1000;
    const { latencies } = await server.introspect(() => performance.now() > overAt);
    const swept = before - (await server.figures()).expiredRows;
    await server.stop();
    rows.push({
      introspections: name,
      answered: String(latencies.length),
      'p50 (ms)': quantile(latencies, 0.5).toFixed(2),
      'p99 (ms)': quantile(latencies, 0.99).toFixed(2),
      'rows swept': count === 0 ? '' : String(swept),
      'rows a second': count === 0 ? '' : (swept / seconds).toFixed(0),
    });
  }
  return rows;
}
