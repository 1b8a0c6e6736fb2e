// One log line and one count for each request, by route: an address may hold a note's path, and that is not for logs.
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';
import { createTrace, withTrace } from './trace.ts';

const ROUTES = [
  '/mcp',
  '/sse',
  '/messages',
  '/api',
  '/openapi.json',
  '/notes',
  '/vault',
  '/verify',
  '/sign-in',
  '/.well-known',
  '/healthz',
  '/readyz',
  '/metrics',
];

/** Sets `res.locals.requestId` and the header X-Request-Id, and begins or goes on with a trace. */
export function logRequests(logger: Logger, metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const trace = createTrace(req.get('traceparent'));
    const { requestId, traceId } = trace;
    const startedAt = performance.now();
    const route = ROUTES.find((name) => req.path === name || req.path.startsWith(`${name}/`)) ?? 'other';
    res.locals['requestId'] = requestId;
    res.set('X-Request-Id', requestId);
    res.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1_000;
      const status = res.statusCode;
      metrics.requests.inc({ route, status });
      metrics.requestSeconds.observe({ route }, seconds);
      const principal: { clientId: string } | undefined = res.locals['principal'];
      const line = {
        requestId,
        traceId,
        method: req.method,
        route,
        status,
        durationMs: Math.round(seconds * 1_000),
        clientId: principal?.clientId,
      };
      if (isProbe(route)) logger.debug(line, 'request');
      else logger.info(line, 'request');
    });
    withTrace(trace, next);
  };
}

const isProbe = (route: string): boolean =>
  route === '/healthz' || route === '/readyz' || route === '/metrics';
