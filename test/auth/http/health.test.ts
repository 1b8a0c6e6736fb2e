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
  for (const path of ['/healthz', '/readyz', '/readyz?x=y']) {
    t.equal((await fetch(world.origin + path)).status, 200, path);
  }
});
