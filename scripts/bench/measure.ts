// How the benchmarks take and show times: medians, never a single run, and each beside what it is compared with.
import { printTable } from '../operator/table.ts';

export interface Measure {
  what: string;
  value: string;
  /** What it is measured against, in the same run. */
  beside?: string;
  ratio?: string;
  /** What the ratio should be; printed, never enforced. */
  aim?: string;
}

export function printMeasures(title: string, measures: readonly Measure[]): void {
  console.log(`\n${title}`);
  printTable(
    measures.map(({ what, value, beside = '', ratio = '', aim = '' }) => ({
      measure: what,
      value,
      beside,
      ratio,
      aim,
    })),
  );
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Milliseconds of one run. */
export async function timeOf(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

export function formatMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(3)} ms` : `${ms.toFixed(0)} ms`;
}

export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`;
}

export function formatMb(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`;
}
