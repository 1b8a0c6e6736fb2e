// Headers that every answer carries.
import t from 'tap';
import { startLoopAuth } from '../../support/loop-auth.ts';

t.test('answers to programs carry the headers too', async (t) => {
  const world = await startLoopAuth(t);
  for (const [path, method] of [
    ['/.well-known/openid-configuration', 'GET'],
    ['/jwks', 'GET'],
    ['/token', 'POST'],
    ['/reg', 'POST'],
    ['/nothing', 'GET'],
  ] as const) {
    const { headers } = await world.ask(path, { method });
    t.equal(headers.get('X-Content-Type-Options'), 'nosniff', path);
    t.match(headers.get('Content-Security-Policy'), "default-src 'none'", path);
    t.match(headers.get('X-Request-Id'), /^[\w-]{36}$/, path);
    t.equal(headers.get('Server'), null);
    t.equal(headers.get('X-Powered-By'), null);
  }
});

t.test('HTTPS is insisted on only where the issuer has it', async (t) => {
  for (const [issuer, expected] of [
    ['https://auth.example', 'max-age=31536000'],
    ['http://localhost:8083', null],
  ] as const) {
    const world = await startLoopAuth(t, { settings: { AUTH_ISSUER: issuer } });
    t.equal((await world.ask('/jwks')).headers.get('Strict-Transport-Security'), expected, issuer);
  }
});

t.test('tokens, codes and registrations are never kept by a cache', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  for (const answer of [
    await world.refresh(app, 'gone'),
    await world.tryRegister({ redirect_uris: ['https://app.example/cb'] }),
    await world.introspect('x'),
    await world.ask(`/auth${world.authorization(app).url.search}`),
    await world.ask('/auth?client_id=x'),
  ]) {
    t.equal(answer.headers.get('Cache-Control'), 'no-store', String(answer.status));
  }
});

t.test('a browser is told of every answer to take it for what it says it is', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const html = { headers: { Accept: 'text/html' } };
  const answers = {
    'a page': world.ask('/account', html),
    'a page of an error': world.ask('/auth?client_id=gone', html),
    'an address of nothing': world.ask('/nothing', html),
    'a redirect': world.ask(`/auth${world.authorization(app).url.search}`),
    'a refused grant': world.refresh(app, 'gone'),
    'a wrong method': world.ask('/token'),
    introspection: world.introspect('x'),
    metadata: world.ask('/.well-known/openid-configuration'),
    keys: world.ask('/jwks'),
    claims: world.ask('/me'),
    health: world.ask('/healthz'),
    readiness: world.ask('/readyz'),
  };
  for (const [what, answer] of Object.entries(answers)) {
    const { headers, status } = await answer;
    t.equal(headers.get('X-Content-Type-Options'), 'nosniff', `${what} (${status})`);
  }
  const { headers } = await world.ask('/account', html);
  t.match(headers.get('Permissions-Policy'), /camera=\(\).*geolocation=\(\)/);
});

t.test('so it is while the database is away or the server has not started', async (t) => {
  const world = await startLoopAuth(t);
  await world.database.close();
  for (const path of ['/account', '/setup?token=x', '/readyz', '/token']) {
    const { headers, status } = await world.ask(path, { headers: { Accept: 'text/html' } });
    t.equal(headers.get('X-Content-Type-Options'), 'nosniff', `${path} (${status})`);
  }
});
