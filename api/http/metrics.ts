// What /metrics shows: counts and durations, never a name or a note.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  requests: Counter<'route' | 'status'>;
  requestSeconds: Histogram<'route'>;
  introspections: Counter<'outcome'>;
  tokenChecks: Counter<'answer'>;
  openStreams: Gauge;
  heldBytes: Gauge;
  vaultAway: Gauge;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requests: new Counter({
      name: 'loop_api_requests_total',
      help: 'Answered requests',
      labelNames: ['route', 'status'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'loop_api_request_seconds',
      help: 'Time from a request to the end of its answer',
      labelNames: ['route'],
      registers,
    }),
    introspections: new Counter({
      name: 'loop_api_introspections_total',
      help: 'Questions to loop-auth by outcome: active, inactive, unreachable, failed',
      labelNames: ['outcome'],
      registers,
    }),
    tokenChecks: new Counter({
      name: 'loop_api_token_checks_total',
      help: 'Token checks by where the answer came from: hit, miss, joined, stale',
      labelNames: ['answer'],
      registers,
    }),
    openStreams: new Gauge({
      name: 'loop_api_open_streams',
      help: 'Open streams of the older HTTP+SSE transport',
      registers,
    }),
    heldBytes: new Gauge({
      name: 'loop_api_held_bytes',
      help: 'Bytes of bodies, running calls and answers that clients have not taken yet',
      registers,
    }),
    vaultAway: new Gauge({
      name: 'loop_api_vault_away',
      help: '1 while the folder of notes is not there, as when a share is not mounted',
      registers,
    }),
  };
}
