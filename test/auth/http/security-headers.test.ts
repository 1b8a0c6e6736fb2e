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
