// Who a token tells of at the userinfo endpoint (OpenID Connect Core section 5.3): which tokens open it, and what it says.
import t from 'tap';
import { ClientStore } from '../../../adapters/stores/clients.ts';
import { createResourceServer } from '../../../auth/clients/resource-servers.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { type Answer, ann, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';

const inHeader = (world: LoopAuth, token: unknown, init: RequestInit = {}): Promise<Answer> =>
  world.ask('/me', { ...init, headers: { Authorization: `Bearer ${token}`, ...init.headers } });

/** The three ways of RFC 6750 that are taken. */
function ask(world: LoopAuth, token: unknown): Promise<Answer[]> {
  return Promise.all([
    inHeader(world, token),
    inHeader(world, token, { method: 'POST' }),
    world.post('/me', { access_token: String(token) }),
  ]);
}

t.test(
  'every token of loop-api’s audiences with openid opens it, in three ways, with what its scopes tell',
  async (t) => {
    const world = await startLoopAuth(t);
    const browser = new Browser();
    const app = await world.register();
    for (const [scope, resource, claims] of [
      ['openid', undefined, ['sub']],
      ['openid profile', undefined, ['name', 'preferred_username', 'sub']],
      ['openid offline_access vault.read', undefined, ['sub']],
      [
        'openid profile vault.read vault.write',
        'http://localhost:8082/mcp',
        ['name', 'preferred_username', 'sub'],
      ],
      ['openid profile vault.read', 'http://localhost:8082/sse', ['name', 'preferred_username', 'sub']],
    ] as const) {
      const { tokens } = await world.connect({ app, browser, parameters: { scope, resource } });
      const { body: refreshed } = await world.refresh(app, tokens.refresh_token);
      const idToken = (tokens as unknown as { id_token: string }).id_token;
      const { sub } = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as {
        sub: string;
      };
      for (const token of [tokens.access_token, refreshed['access_token']]) {
        for (const [n, { status, body, headers }] of (await ask(world, token)).entries()) {
          t.equal(status, 200, `${scope}: way ${n}`);
          t.same(Object.keys(body).sort(), claims, `${scope}: way ${n}`);
          t.equal(body['sub'], sub, 'the same as in the ID token');
          if (body['name']) t.match(body, { name: ann.username, preferred_username: ann.username });
          t.match(headers.get('Cache-Control'), 'no-store');
        }
      }
    }
  },
);

t.test('a token that was issued without openid tells nothing of its person', async (t) => {
  const world = await startLoopAuth(t);
  const { tokens: plain } = await world.connect();
  const { app, tokens } = await world.connect({ parameters: { scope: 'openid profile vault.read' } });
  const { body: less } = await world.refresh(app, tokens.refresh_token, { scope: 'vault.read' });
  for (const token of [plain.access_token, less['access_token']]) {
    for (const { status, body, headers } of await ask(world, token)) {
      t.equal(status, 403);
      t.equal(body['error'], 'insufficient_scope');
      t.match(headers.get('WWW-Authenticate'), 'error="insufficient_scope"');
    }
  }
  const { body: some } = await world.refresh(app, tokens.refresh_token, { scope: 'openid vault.read' });
  t.same(Object.keys((await inHeader(world, some['access_token'])).body), ['sub'], 'without profile no name');
});

t.test('what is no token of a living connection is refused', async (t) => {
  const world = await startLoopAuth(t);
  const files = 'https://files.example/mcp';
  await new ClientStore(world.database).add('resource-server', createResourceServer('files', 'Files'), {
    resources: [{ resource: files, names: { en: 'Files' }, scopes: [] }],
  });
  const scope = 'openid profile vault.read';
  const { tokens: foreign } = await world.connect({ parameters: { scope, resource: files } });
  const { app, tokens } = await world.connect({ parameters: { scope } });
  const { id_token: idToken } = tokens as unknown as { id_token: string };
  const refused = async (what: string, token: unknown): Promise<void> => {
    for (const { status, body, headers } of await ask(world, token)) {
      t.equal(status, 401, what);
      t.equal(body['error'], 'invalid_token', what);
      t.match(headers.get('WWW-Authenticate'), /^Bearer .*error="invalid_token"/, what);
      t.notOk('sub' in body, what);
    }
  };
  await refused('another resource server’s', foreign.access_token);
  await refused('unknown', 'unknown');
  await refused('a refresh token', tokens.refresh_token);
  await refused('an ID token', idToken);
  const change = (sql: string): Promise<number> =>
    world.database.commit([{ statement: { sql, slots: [] }, values: {} }]);
  await change("UPDATE accounts SET disabled_at = 1 WHERE username = 'ann'");
  await refused('of a disabled account', tokens.access_token);
  await change('UPDATE accounts SET disabled_at = NULL');
  t.equal((await inHeader(world, tokens.access_token)).status, 200);
  await world.revoke(app, tokens.refresh_token);
  await refused('of a revoked grant', tokens.access_token);
});

t.test('it answers JSON whatever is accepted, and says what else is wrong', async (t) => {
  const world = await startLoopAuth(t);
  const { tokens } = await world.connect({ parameters: { scope: 'openid' } });
  for (const accept of ['text/html', 'application/json', '*/*']) {
    t.equal((await inHeader(world, tokens.access_token, { headers: { Accept: accept } })).status, 200);
    t.equal((await inHeader(world, 'x', { headers: { Accept: accept } })).body['error'], 'invalid_token');
  }
  const nothing = await world.ask('/me');
  t.equal(nothing.status, 401, 'no token');
  t.match(nothing.headers.get('WWW-Authenticate'), /^Bearer /);
  const twice = await world.post(
    '/me',
    { access_token: tokens.access_token },
    { Authorization: `Bearer ${tokens.access_token}` },
  );
  t.equal(twice.status, 400);
  const inQuery = await world.ask(`/me?access_token=${tokens.access_token}`);
  t.equal(inQuery.status, 400, 'a token in the address is logged everywhere');
  const large = await world.post('/me', { access_token: 'x'.repeat(60_000) });
  t.equal(large.status, 413);
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const { status, headers } = await inHeader(world, tokens.access_token, { method });
    t.equal(status, 405, method);
    t.equal(headers.get('Allow'), 'GET, POST');
  }
});

t.test('a browser-based app reads it from its own origin only', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register({ redirect_uris: ['https://app.example/cb'] });
  const way = { scope: 'openid', redirect_uri: 'https://app.example/cb' };
  const attempt = world.authorization(app, way);
  const code = await world.code(attempt);
  const { body } = await world.exchange(app, code, attempt, { redirect_uri: way.redirect_uri });
  const from = (origin: string) => inHeader(world, body['access_token'], { headers: { Origin: origin } });
  const own = await from('https://app.example');
  t.equal(own.status, 200);
  t.equal(own.headers.get('Access-Control-Allow-Origin'), 'https://app.example');
  const other = await from('https://evil.example');
  t.equal(other.headers.get('Access-Control-Allow-Origin'), null);
  t.notOk('sub' in other.body);
});
