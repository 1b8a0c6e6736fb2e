// What /metrics shows where there are several workers: whichever is asked asks the others.
import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Seat } from './seat.ts';

/** What /metrics shows: of all workers that are there, added up. */
export function collectMetrics(registry: Registry, seat: Seat | undefined): () => Promise<string> {
  if (seat === undefined) return () => registry.metrics();
  const { peers } = seat;
  const own = (): Promise<unknown> => registry.getMetricsAsJSON();
  peers.onQuestion('metrics', own);
  return async () => {
    // one that ends meanwhile is missing
    const others = peers.list().map((number) => peers.ask(number, 'metrics', undefined).catch(() => []));
    const all = await Promise.all([own(), ...others]);
    return AggregatorRegistry.aggregate(all as object[]).metrics();
  };
}
