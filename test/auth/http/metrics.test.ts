// What is counted, and where it can be read: on a port of its own, and nowhere else.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { createMetrics, createMetricsListener } from '../../../auth/http/metrics.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';

t.test('metrics count by route and carry nothing from a client', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  await world.refresh(app, 'gone');
  await world.ask('/some-made-up-path');
  await world.ask('/interaction/some-made-up-uid');
  const text = await world.readMetrics();
  t.match(text, 'loop_auth_events_total{event="grant.success"} 1');
  t.match(text, 'loop_auth_events_total{event="grant.error"} 1');
  t.match(text, /loop_auth_request_seconds_count\{route="token",status="400"\} 1/);
  t.match(text, 'route="/interaction/:uid"');
  for (const value of ['made-up', app.clientId, tokens.access_token, tokens.refresh_token, 'ann']) {
    t.notOk(text.includes(`"${value}`), value.slice(0, 8));
  }
});

t.test('the port of the metrics has these and nothing else', async (t) => {
  const server = createServer(createMetricsListener(createMetrics())).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = await fetch(`${origin}/metrics`);
  t.equal(answer.status, 200);
  t.match(answer.headers.get('Content-Type'), 'text/plain');
  t.match(await answer.text(), 'process_resident_memory_bytes');
  t.equal((await fetch(`${origin}/metrics`, { method: 'POST' })).status, 405);
  for (const path of [
    '/',
    '/metrics/',
    '/METRICS',
    '/healthz',
    '/token',
    '/.well-known/openid-configuration',
  ]) {
    const nothing = await fetch(origin + path);
    t.equal(nothing.status, 404, path);
    t.same(await nothing.json(), { error: 'not_found' });
  }
});

const spellings = [
  '/metrics',
  '/metrics/',
  '/METRICS',
  '/Metrics?x',
  '/%6detrics',
  '//metrics',
  '/x/../metrics',
];

for (const issuerPath of ['', '/auth']) {
  t.test(
    `the public port has none, in any spelling, at an issuer with the path "${issuerPath}"`,
    async (t) => {
      const world = await startLoopAuth(t, { issuerPath });
      for (const path of spellings.flatMap((one) => [one, issuerPath + one])) {
        const answer = await fetch(world.origin + path);
        t.equal(answer.status, 404, path);
        t.notMatch(await answer.text(), 'process_resident_memory_bytes');
      }
    },
  );
}
