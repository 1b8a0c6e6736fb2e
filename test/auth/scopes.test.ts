// What an app may ask for, what it is told that it got, and what it may name when it comes back (RFC 6749 sections 3.3 and 6).
import t from 'tap';
import { ClientStore } from '../../adapters/stores/clients.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import {
  type App,
  ann,
  type LoopAuth,
  redirectUri,
  startLoopAuth,
  webRedirectUri,
} from '../support/loop-auth.ts';

const words = (scope: unknown): string[] => String(scope).split(' ').sort();

async function errorOf(world: LoopAuth, app: App, scope: string, to = redirectUri): Promise<string | null> {
  const browser = new Browser();
  const page = await browser.visit(world.authorization(app, { scope, redirect_uri: to }).url, to);
  t.notMatch(page.text, 'name="password"', `${scope}: nobody is asked to sign in`);
  return page.url.searchParams.get('error');
}

t.test(
  'a token answer names exactly what was asked and granted, so that strict clients find it',
  async (t) => {
    const world = await startLoopAuth(t);
    const browser = new Browser();
    const app = await world.register();
    for (const scope of [
      'vault.read',
      'vault.write',
      'openid',
      'openid profile',
      'openid profile offline_access',
      'openid offline_access',
      'openid vault.read',
      'openid profile offline_access vault.read vault.write',
      'profile vault.read',
    ]) {
      const { tokens } = await world.connect({ app, browser, parameters: { scope } });
      t.same(words(tokens.scope), words(scope), scope);
      const again = await world.refresh(app, tokens.refresh_token);
      t.same(words(again.body['scope']), words(scope), `${scope}: after a refresh`);
      const repeated = await world.refresh(app, again.body['refresh_token'], { scope });
      t.equal(repeated.status, 200, `${scope}: named in a refresh`);
      t.same(words(repeated.body['scope']), words(scope), `${scope}: named in a refresh`);
      const seen = (await world.introspect(repeated.body['access_token'])).body;
      const vault = words(scope).filter((one) => one.startsWith('vault.'));
      t.equal(seen['active'], true);
      t.same(
        words(seen['scope'] ?? ''),
        vault.length > 0 ? vault : [''],
        `${scope}: loop-api learns of its own only`,
      );
    }
  },
);

t.test('no token answer has an empty scope', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect({ parameters: { scope: 'profile' } });
  t.equal(tokens.scope, 'profile');
  t.equal((await world.refresh(app, tokens.refresh_token)).body['scope'], 'profile');
  // A grant that holds nothing at all: as if all its scopes had been taken away.
  const grant = {
    sql: "UPDATE grants SET payload = json_remove(payload, '$.openid', '$.resources')",
    slots: [],
  };
  await world.database.commit([{ statement: grant, values: {} }]);
  const { status, body } = await world.refresh(app, tokens.refresh_token);
  t.equal(status, 200);
  t.notOk('scope' in body);
});

t.test('a refresh may name what the authorization ignored, and never more than was granted', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  const asked = 'vault.read mcp:tools email offline_access';
  const { tokens } = await world.connect({ app, browser, parameters: { scope: asked } });
  t.same(words(tokens.scope), ['offline_access', 'vault.read']);
  let refreshToken: unknown = tokens.refresh_token;
  for (const [scope, expected] of [
    [asked, 'offline_access vault.read'],
    [' vault.read  offline_access ', 'offline_access vault.read'],
    ['mcp:tools', 'offline_access vault.read'],
    ['offline_access', 'offline_access vault.read'],
    ['email', 'offline_access vault.read'],
    ['vault.read vault.read', 'offline_access vault.read'],
    [' ', 'offline_access vault.read'],
    ['', 'offline_access vault.read'],
  ] as const) {
    const { status, body } = await world.refresh(app, refreshToken, { scope });
    t.equal(status, 200, JSON.stringify(scope));
    t.same(words(body['scope']), words(expected), JSON.stringify(scope));
    refreshToken = body['refresh_token'];
  }
  for (const scope of [
    'vault.write',
    'vault.read vault.write',
    'openid',
    'vault.read profile',
    'mcp:tools vault.write',
  ]) {
    const { status, body } = await world.refresh(app, refreshToken, { scope });
    t.equal(status, 400, scope);
    t.equal(body['error'], 'invalid_scope', scope);
  }
  t.equal((await world.refresh(app, refreshToken)).status, 200, 'and nothing was burnt by asking');
  const plain = await world.connect({ app, browser });
  const named = await world.refresh(app, plain.tokens.refresh_token, { scope: 'vault.read offline_access' });
  t.equal(named.status, 200, 'offline_access that was never asked for');
  t.equal(named.body['scope'], 'vault.read', 'is not given by naming it');
});

t.test('a refresh that asks for less gets less, and the next one all again', async (t) => {
  const world = await startLoopAuth(t);
  const scope = 'openid profile vault.read vault.write';
  const { app, tokens } = await world.connect({ parameters: { scope } });
  const less = await world.refresh(app, tokens.refresh_token, { scope: 'vault.read' });
  t.equal(less.body['scope'], 'vault.read');
  t.notOk('id_token' in less.body);
  const all = await world.refresh(app, less.body['refresh_token']);
  t.same(words(all.body['scope']), words(scope));
  t.ok('id_token' in all.body);
});

t.test('an app that asks for nothing known hears invalid_scope before anybody signs in', async (t) => {
  const world = await startLoopAuth(t);
  const native = await world.register();
  await world.connect({ app: native });
  const web = await world.seed();
  for (const scope of [
    'read write',
    'email',
    'mcp:tools',
    'read offline_access',
    'Vault.Read',
    'vault',
    '*',
  ]) {
    t.equal(await errorOf(world, native, scope), 'invalid_scope', scope);
    t.equal(await errorOf(world, web, scope, webRedirectUri), 'invalid_scope', scope);
  }
  const stranger = await world.register();
  const page = await new Browser().visit(world.authorization(stranger, { scope: 'read write' }).url);
  t.equal(page.status, 400);
  t.match(
    page.text,
    /invalid_scope: none of the scopes asked for is known here; known are openid, .*vault\.write/,
  );
});

t.test('blanks around and between scopes are forgiven', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  for (const scope of [' vault.read', 'vault.read ', 'vault.read  openid', '  openid   vault.read  ']) {
    const { tokens } = await world.connect({ app, browser, parameters: { scope } });
    t.same(words(tokens.scope), words(scope.trim().replace(/ +/g, ' ')), JSON.stringify(scope));
  }
  const { tokens } = await world.connect({ app, browser, parameters: { scope: '   ' } });
  t.equal(tokens.scope, 'vault.read', 'only blanks are as good as no scope (RFC 6749 section 3.1)');
  for (const scope of [
    'vault.read\tvault.write',
    'vault.read\nopenid',
    'vault.read,vault.write',
    '"vault.read"',
  ])
    t.equal(await errorOf(world, app, scope), 'invalid_scope', JSON.stringify(scope));
});

t.test('the grant holds what opens the vault for its resource only, and each scope once', async (t) => {
  const world = await startLoopAuth(t);
  await world.connect({ parameters: { scope: 'openid profile offline_access vault.read vault.write' } });
  const [row] = await world.database.all({ sql: 'SELECT payload FROM grants', slots: [] }, {});
  const { openid, resources } = JSON.parse(String(row?.['payload'])) as Record<string, unknown>;
  t.same(openid, { scope: 'openid profile offline_access' });
  t.same(resources, { 'http://localhost:8082/mcp': 'vault.read vault.write' });
});

t.test('an operator’s limit that names a scope of an earlier version keeps its client', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.seed({ scopes: ['vault.read'] });
  const store = new ClientStore(world.database);
  const stored = await store.find(app.clientId);
  await store.update(app.clientId, { ...stored?.metadata, scope: 'vault.read email openid offline_access' });
  const way = { redirect_uri: webRedirectUri, scope: 'openid vault.read' };
  const attempt = world.authorization(app, way);
  const answer = await authorizeInBrowser(attempt.url, ann);
  t.ok(answer.searchParams.get('code'));
  const wide = world.authorization(app, { ...way, scope: 'vault.read vault.write' });
  t.equal(
    (await authorizeInBrowser(wide.url, ann)).searchParams.get('error'),
    'invalid_scope',
    'the limit stays',
  );
});
