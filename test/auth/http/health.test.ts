// Alive, ready, and what clients get while loop-auth starts or stops.
import t from 'tap';
import { startLoopAuth } from '../../support/loop-auth.ts';

t.test('while it starts or stops every request gets 503 JSON to try again', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  for (const phase of ['starting', 'stopping'] as const) {
    world.phase = phase;
    for (const answer of [
      await world.refresh(app, tokens.refresh_token),
      await world.token(app, {}, { Accept: 'text/html' }),
      await world.introspect(tokens.access_token),
      await world.ask('/.well-known/oauth-authorization-server'),
    ]) {
      t.equal(answer.status, 503, phase);
      t.equal(answer.body['error'], 'temporarily_unavailable');
      t.match(answer.headers.get('Retry-After'), /^[1-9]\d*$/);
      t.equal(answer.headers.get('Cache-Control'), 'no-store');
    }
    t.equal((await world.ask('/healthz')).status, 200, 'alive all the same');
    const ready = await world.ask('/readyz');
    t.equal(ready.status, 503);
    t.equal(ready.body['status'], phase);
  }
  world.phase = 'ready';
  t.equal((await world.ask('/readyz')).status, 200);
  t.equal((await world.refresh(app, tokens.refresh_token)).status, 200, 'nothing was burnt');
});

t.test('it is not ready without its database, but alive', async (t) => {
  const world = await startLoopAuth(t);
  await world.database.close();
  t.equal((await world.ask('/healthz')).status, 200);
  const { status, body } = await world.ask('/readyz');
  t.equal(status, 503);
  t.equal(body['status'], 'database away');
});

t.test('health is at the root also below an issuer with a path', async (t) => {
  const world = await startLoopAuth(t, { issuerPath: '/auth' });
  for (const path of ['/healthz', '/readyz', '/metrics', '/readyz?x=y']) {
    t.equal((await fetch(world.origin + path)).status, 200, path);
  }
});

t.test('metrics count by route and carry nothing from a client', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  await world.refresh(app, 'gone');
  await world.ask('/some-made-up-path');
  await world.ask('/interaction/some-made-up-uid');
  const { text, headers } = await world.ask('/metrics');
  t.match(headers.get('Content-Type'), 'text/plain');
  t.match(text, 'loop_auth_events_total{event="grant.success"} 1');
  t.match(text, 'loop_auth_events_total{event="grant.error"} 1');
  t.match(text, /loop_auth_request_seconds_count\{route="token",status="400"\} 1/);
  t.match(text, 'route="/interaction/:uid"');
  for (const value of ['made-up', app.clientId, tokens.access_token, tokens.refresh_token, 'ann']) {
    t.notOk(text.includes(`"${value}`), value.slice(0, 8));
  }
});
