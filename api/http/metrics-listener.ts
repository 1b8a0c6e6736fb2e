// What answers on the port of API_METRICS_PORT: /metrics and nothing else.
import type { RequestListener } from 'node:http';
import type { Metrics } from './metrics.ts';

export interface MetricsSource extends Pick<Metrics, 'registry'> {
  /** All of it as text. */
  collect(): Promise<string>;
}

export function createMetricsListener({ registry, collect }: MetricsSource): RequestListener {
  return async (req, res) => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    if (req.url !== '/metrics') {
      res.writeHead(404, { 'Content-Type': 'application/json' }).end('{"error":"not_found"}');
    } else if (req.method !== 'GET' && req.method !== 'HEAD') {
      const headers = { 'Content-Type': 'application/json', Allow: 'GET, HEAD' };
      res.writeHead(405, headers).end('{"error":"method_not_allowed"}');
    } else {
      const text = await collect();
      res.writeHead(200, { 'Content-Type': registry.contentType }).end(text);
    }
  };
}
