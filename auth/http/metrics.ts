// What an operator may want to count: answers by route, and what happened to tokens and clients.
import type { EventEmitter } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Middleware } from 'koa';
import type Provider from 'oidc-provider';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type ReauthorizationCause, reauthorizationCauses } from '../../adapters/stores/timeline/ledger.ts';
import { isWaiting } from './limits/polls.ts';

export interface Metrics {
  readonly middleware: Middleware;
  readonly observe: (provider: Provider) => void;
  /** The text of `/metrics` (OpenMetrics exposition). */
  readonly render: () => Promise<string>;
  readonly contentType: string;
  readonly count: (event: string) => void;
  /** An app that was connected before had a person sign in again. */
  readonly countReauthorization: (cause: ReauthorizationCause) => void;
  /** Shows how many rows each table has and may have, asked for at each rendering. */
  readonly countRows: (list: () => Promise<readonly TableRows[]>) => void;
  /** Shows how old the newest backup is, in seconds; nothing while `findAge` finds none. */
  readonly showBackupAge: (findAge: () => number | undefined) => void;
}

interface TableRows {
  readonly table: string;
  readonly rows: number;
  readonly bound: number | undefined;
}

/** What answers on the port of AUTH_METRICS_PORT: /metrics and nothing else. */
export function createMetricsListener(metrics: Metrics): RequestListener {
  return async (request, response) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (request.url !== '/metrics') {
      response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"error":"not_found"}');
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      const headers = { 'Content-Type': 'application/json', Allow: 'GET, HEAD' };
      response.writeHead(405, headers).end('{"error":"invalid_request","error_description":"use GET here"}');
    } else {
      const text = await metrics.render();
      response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text);
    }
  };
}

const counted = [
  'registration_create.success',
  'registration_create.error',
  'authorization.success',
  'authorization.error',
  'grant.success',
  'grant.error',
  'grant.revoked',
  'server_error',
] as const;

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const events = new Counter({
    name: 'loop_auth_events_total',
    help: 'Events of the authorization server',
    labelNames: ['event'],
    registers: [registry],
  });
  const answers = new Histogram({
    name: 'loop_auth_request_seconds',
    help: 'Time to answer, by route and status',
    labelNames: ['route', 'status'],
    buckets: [0.002, 0.005, 0.02, 0.1, 0.5, 2],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    count: (event) => events.inc({ event }),
    countReauthorization: createReauthorizationCounter(registry),
    countRows: (list) => showRows(registry, list),
    showBackupAge: (findAge) => showBackupAge(registry, findAge),
    observe: (provider) => {
      for (const event of counted)
        (provider as EventEmitter).on(event, (_ctx: unknown, error: unknown) => {
          if (!isWaiting(error)) events.inc({ event });
        });
    },
    middleware: async (ctx, next) => {
      const stop = answers.startTimer();
      try {
        await next();
      } finally {
        stop({ route: routeOf(ctx as RoutedContext), status: ctx.status });
      }
    },
  };
}

function createReauthorizationCounter(registry: Registry): Metrics['countReauthorization'] {
  const counter = new Counter({
    name: 'loop_auth_reauthorizations_total',
    help: 'Sign-ins of apps that were connected before, by cause',
    labelNames: ['cause'],
    registers: [registry],
  });
  // What never happened is zero, so that the first time is an increase.
  for (const cause of reauthorizationCauses) counter.inc({ cause }, 0);
  return (cause) => counter.inc({ cause });
}

function showRows(registry: Registry, list: () => Promise<readonly TableRows[]>): void {
  let latest: Promise<readonly TableRows[]> | undefined;
  new Gauge({
    name: 'loop_auth_rows',
    help: 'Rows in the database, of large tables as the last sweep counted them',
    labelNames: ['table'],
    registers: [registry],
    async collect() {
      // While the database is away, everything else is wanted all the more.
      latest = list().catch(() => []);
      for (const { table, rows } of await latest) this.set({ table }, rows);
    },
  });
  // Shown after the rows, so that both are of one count.
  new Gauge({
    name: 'loop_auth_rows_bound',
    help: 'The most rows that the table may have (docs/storage.md); none for what only an operator makes',
    labelNames: ['table'],
    registers: [registry],
    async collect() {
      for (const { table, bound } of (await latest) ?? [])
        if (bound !== undefined) this.set({ table }, bound);
    },
  });
}

function showBackupAge(registry: Registry, findAge: () => number | undefined): void {
  new Gauge({
    name: 'loop_auth_backup_age_seconds',
    help: 'Seconds since the newest backup in AUTH_BACKUP_DIR was made; not there while there is none',
    registers: [registry],
    collect() {
      const age = findAge();
      this.remove();
      if (age !== undefined) this.set(age);
    },
  });
}

interface RoutedContext {
  readonly state: Readonly<Record<string, unknown>>;
  readonly _matchedRoute?: unknown;
  readonly oidc?: { readonly route?: string };
}

// The library's route name (also where a limit stood before it) or the pattern of a route of ours: never a value from a
// client.
function routeOf(ctx: RoutedContext): string {
  if (ctx.oidc?.route) return ctx.oidc.route;
  if (typeof ctx.state['route'] === 'string') return ctx.state['route'];
  return typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'none';
}
