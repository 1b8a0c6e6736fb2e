// Introspection while a million expired rows are swept, beside introspection without a sweep.

import { formatMs, formatRatio, type Measure, percentile, printMeasures } from '../measure.ts';
import { BenchServer } from './introspection-load.ts';

const expired = 1_000_000;

export async function run({ seconds }: { seconds: number }): Promise<void> {
  const still = await measure(0, seconds);
  const swept = await measure(expired, seconds);
  const beside = 'without a sweep';
  const row = (what: string, share: number): Measure[] => {
    const [before, during] = [percentile(still.latencies, share), percentile(swept.latencies, share)];
    return [
      { what: `${what}, ${beside}`, value: formatMs(before) },
      {
        what: `${what}, while sweeping`,
        value: formatMs(during),
        beside,
        ratio: formatRatio(during / before),
      },
    ];
  };
  printMeasures(
    `Sweep of ${expired.toLocaleString('en')} expired rows beside introspection, ${seconds} s each`,
    [
      ...row('introspection p50', 0.5),
      ...row('introspection p99', 0.99),
      { what: 'rows swept meanwhile', value: `${swept.rows}, ${(swept.rows / seconds).toFixed(0)} a second` },
    ],
  );
}

async function measure(rows: number, seconds: number): Promise<{ latencies: number[]; rows: number }> {
  const server = await BenchServer.start('sqlite', 10_000, 100, rows);
  const before = (await server.figures()).expiredRows;
  const overAt = performance.now() + seconds * 1000;
  const { latencies } = await server.introspect(() => performance.now() > overAt);
  const after = (await server.figures()).expiredRows;
  await server.stop();
  return { latencies, rows: before - after };
}
