// Which resource a token is for: the default, a forgiven slash, and a refusal that burns nothing (RFC 8707).
import t from 'tap';
import { ClientStore } from '../../adapters/stores/clients.ts';
import { createResourceServer } from '../../auth/clients/resource-servers.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { type LoopAuth, resource, startLoopAuth } from '../support/loop-auth.ts';

const sse = resource.replace(/mcp$/, 'sse');

async function audienceOf(world: LoopAuth, token: unknown): Promise<unknown> {
  return (await world.introspect(token)).body['aud'];
}

t.test('every way to name the resource, or not to, ends in a token for it', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  for (const [what, atAuthorization, atToken, expected] of [
    ['named twice', resource, resource, resource],
    ['named first', resource, undefined, resource],
    ['named last', undefined, resource, resource],
    ['never named', undefined, undefined, resource],
    ['with a slash at first', `${resource}/`, resource, resource],
    ['with a slash at last', resource, `${resource}/`, resource],
    ['with a slash both times', `${resource}/`, `${resource}/`, resource],
    ['the sibling', sse, sse, sse],
    ['the sibling with a slash, then nothing', `${sse}/`, undefined, sse],
  ] as const) {
    const attempt = world.authorization(app, { resource: atAuthorization });
    const code = await world.code(attempt, browser);
    const { status, body } = await world.exchange(app, code, attempt, { resource: atToken });
    t.equal(status, 200, what);
    t.equal(await audienceOf(world, body['access_token']), expected, `${what}: audience`);
    for (const atRefresh of [undefined, expected, `${expected}/`]) {
      const refreshed = await world.refresh(app, body['refresh_token'], { resource: atRefresh });
      t.equal(await audienceOf(world, refreshed.body['access_token']), expected, `${what}: refreshed`);
    }
  }
});

t.test('an authorization without a scope grants reading', async (t) => {
  const world = await startLoopAuth(t);
  const { tokens } = await world.connect({ parameters: { scope: undefined, resource: undefined } });
  t.equal(tokens.scope, 'vault.read');
});

t.test('a wrong resource is refused and burns neither code nor refresh token', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  for (const wrong of ['https://elsewhere.example/mcp', `${resource}//`, 'nonsense', `${resource}/x`, sse]) {
    const attempt = world.authorization(app);
    const code = await world.code(attempt);
    const refused = await world.exchange(app, code, attempt, { resource: wrong });
    t.equal(refused.status, 400, `the code, ${wrong}`);
    t.equal(refused.body['error'], 'invalid_target');
    const { status, body } = await world.exchange(app, code, attempt);
    t.equal(status, 200, 'the same code works afterwards');
    const refusedRefresh = await world.refresh(app, body['refresh_token'], { resource: wrong });
    t.equal(refusedRefresh.status, 400, `the refresh token, ${wrong}`);
    t.equal(refusedRefresh.body['error'], 'invalid_target');
    const refreshed = await world.refresh(app, body['refresh_token']);
    t.equal(refreshed.status, 200, 'the same refresh token works afterwards');
    t.ok(await world.isActive(refreshed.body['access_token']));
  }
});

t.test(
  'a resource named as a person typed it is the same one, and its token is for the same audience',
  async (t) => {
    const world = await startLoopAuth(t);
    const app = await world.register();
    const browser = new Browser();
    const { tokens } = await world.connect({ app, browser });
    let refreshToken: unknown = tokens.refresh_token;
    for (const typed of [
      'http://localhost:8082/mcp?codemode=false',
      'http://localhost:8082/mcp/?x=1',
      'http://LOCALHOST:8082/mcp',
      'HTTP://localhost:8082/mcp',
      'http://127.0.0.1:8082/mcp',
      'http://127.0.0.1:8082/mcp/',
      'http://[::1]:8082/mcp?x',
    ]) {
      const refreshed = await world.refresh(app, refreshToken, { resource: typed });
      t.equal(refreshed.status, 200, `refresh: ${typed}`);
      t.equal(await audienceOf(world, refreshed.body['access_token']), resource, typed);
      refreshToken = refreshed.body['refresh_token'];
      const attempt = world.authorization(app, { resource: typed });
      const { status, body } = await world.exchange(app, await world.code(attempt, browser), attempt, {
        resource: typed,
      });
      t.equal(status, 200, `authorization and code: ${typed}`);
      t.equal(await audienceOf(world, body['access_token']), resource, typed);
    }
    for (const other of [
      'https://localhost:8082/mcp',
      'http://localhost:8083/mcp',
      'http://localhost/mcp',
      'http://localhost:8082/MCP',
      'http://localhost:8082/mcp/x',
      'http://localhost:8082/mcp#x',
      'http://localhost:8082/mcp?x#y',
      'http://user@localhost:8082/mcp',
      'http://localhost.evil.example:8082/mcp',
      'http://localhost:8082/',
      ' http://localhost:8082/mcp',
      'http:\\\\localhost:8082\\mcp',
      'http://127.0.0.2:8082/mcp',
      'http://127.0.0.1:8082/sse?x',
    ]) {
      const { body } = await world.refresh(app, refreshToken, { resource: other });
      t.equal(body['error'], 'invalid_target', other);
    }
    t.equal((await world.refresh(app, refreshToken)).status, 200, 'and none of it burnt the refresh token');
  },
);

t.test(
  'a resource that others reach has one name, and another resource server’s is taken as it is',
  async (t) => {
    const settings = { API_RESOURCE: 'https://vault.example/mcp' };
    const world = await startLoopAuth(t, { settings });
    const app = await world.register();
    const { tokens } = await world.connect({
      app,
      parameters: { resource: 'https://vault.example/mcp?x=1' },
    });
    t.equal(await audienceOf(world, tokens.access_token), 'https://vault.example/mcp');
    for (const other of [
      'https://localhost/mcp',
      'https://127.0.0.1/mcp',
      'https://vault.example:8443/mcp',
      'http://vault.example/mcp',
    ]) {
      const { body } = await world.refresh(app, tokens.refresh_token, { resource: other });
      t.equal(body['error'], 'invalid_target', other);
    }
    const files = 'https://files.example/mcp';
    await new ClientStore(world.database).add('resource-server', createResourceServer('files', 'Files'), {
      resources: [{ resource: files, names: { en: 'Files' }, scopes: [] }],
    });
    const connected = await world.connect({ app, parameters: { resource: files } });
    const wrong = await world.refresh(app, connected.tokens.refresh_token, { resource: `${files}?x` });
    t.equal(wrong.body['error'], 'invalid_target');
  },
);

t.test('one token is for one resource', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const attempt = world.authorization(app);
  attempt.url.searchParams.append('resource', sse);
  const code = await world.code(attempt);
  for (const [named, expected] of [
    [undefined, resource],
    [sse, sse],
  ] as const) {
    const again = world.authorization(app);
    again.url.searchParams.append('resource', sse);
    const { body } = await world.exchange(app, await world.code(again), again, { resource: named });
    t.equal(await audienceOf(world, body['access_token']), expected, `asked for ${named}`);
  }
  t.equal((await world.exchange(app, code, attempt)).status, 200);
});
