// Who is let in again without a page (prompt=none, OpenID Connect Core section 3.1.2.1), with what, and for how long.
import t from 'tap';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { shiftClock } from '../../../support/clock.ts';
import {
  type Answer,
  type App,
  addAccount,
  ann,
  type LoopAuth,
  redirectUri,
  startLoopAuth,
  webRedirectUri,
} from '../../../support/loop-auth.ts';

const way = { redirect_uri: webRedirectUri, scope: 'openid profile' };

/** A person says yes to a web app; resolves to its tokens. */
async function consent(
  world: LoopAuth,
  app: App,
  browser: Browser,
  parameters: Record<string, string> = {},
): Promise<Answer> {
  const attempt = world.authorization(app, { ...way, ...parameters });
  const code = await world.code(attempt, browser);
  return world.exchange(app, code, attempt, { redirect_uri: webRedirectUri });
}

/** The same without a page; resolves to the answer's parameters. */
async function silently(
  world: LoopAuth,
  app: App,
  browser: Browser,
  parameters: Record<string, string> = {},
) {
  const attempt = world.authorization(app, { ...way, prompt: 'none', ...parameters });
  const { url } = await browser.visit(attempt.url, webRedirectUri);
  const { searchParams } = url;
  return {
    error: searchParams.get('error'),
    code: searchParams.get('code'),
    redeem: () =>
      world.exchange(app, String(searchParams.get('code')), attempt, { redirect_uri: webRedirectUri }),
  };
}

async function grants(world: LoopAuth): Promise<Record<string, unknown>[]> {
  const rows = await world.database.all(
    { sql: 'SELECT payload FROM grants ORDER BY created_at, id', slots: [] },
    {},
  );
  return rows.map((row) => JSON.parse(String(row['payload'])) as Record<string, unknown>);
}

t.test('a web app with a secret is told again who the person is, in a grant of its own', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const registered = await world.register({
    redirect_uris: [webRedirectUri],
    token_endpoint_auth_method: 'client_secret_post',
  });
  for (const app of [await world.seed(), registered]) {
    const { body: first } = await consent(world, app, browser, { scope: 'openid profile vault.read' });
    const before = await grants(world);
    const again = await silently(world, app, browser);
    t.equal(again.error, null);
    const { status, body } = await again.redeem();
    t.equal(status, 200);
    t.equal(body['scope'], 'openid profile');
    t.type(body['id_token'], 'string');
    const headers = { Authorization: `Bearer ${body['access_token']}` };
    t.equal((await world.ask('/me', { headers })).body['name'], ann.username);
    t.notOk(
      (await world.introspect(body['access_token'])).body['scope'],
      'and it opens nothing of the vault',
    );
    t.equal((await grants(world)).length, before.length + 1);
    await world.revoke(app, body['access_token']);
    t.ok(await world.isActive(first['access_token']), 'ending it leaves the connection alone');
    t.equal((await world.refresh(app, first['refresh_token'])).status, 200);
  }
});

t.test(
  'what opens the vault is never given without a page, and nothing that was not given before',
  async (t) => {
    const world = await startLoopAuth(t);
    const browser = new Browser();
    const app = await world.seed();
    await consent(world, app, browser, { scope: 'openid vault.read vault.write' });
    const before = await grants(world);
    for (const scope of [
      'vault.read',
      'openid vault.read',
      'openid vault.write',
      'openid profile',
      'profile',
      'offline_access',
    ]) {
      const { error, code } = await silently(world, app, browser, { scope });
      t.equal(error, 'consent_required', scope);
      t.equal(code, null);
    }
    const some = await silently(world, app, browser, { scope: 'openid' });
    t.ok(some.code);
    await consent(world, app, browser, { scope: 'profile' });
    t.ok((await silently(world, app, browser)).code, 'what was given at two times counts together');
    // As a version before this rule stored it, with the vault's scopes among OpenID Connect's.
    t.equal(before.length, 1);
    const old = JSON.stringify({ ...before[0], openid: { scope: 'openid vault.read vault.write' } });
    const statement = { sql: 'UPDATE grants SET payload = ?', slots: [old] };
    await world.database.commit([{ statement, values: {} }]);
    const count = (await grants(world)).length;
    t.equal((await silently(world, app, browser, { scope: 'openid vault.read' })).error, 'consent_required');
    t.equal((await grants(world)).length, count, 'and no grant is made on the way');
    t.ok((await silently(world, app, browser, { scope: 'openid' })).code);
  },
);

t.test('public and native apps are always asked', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const native = { redirect_uri: redirectUri, scope: 'openid' };
  for (const [what, app, parameters] of [
    ['public', await world.seed({ authMethod: 'none' }), way],
    ['native', await world.seed({ redirectUris: [redirectUri] }), native],
    ['native and public', await world.register(), native],
  ] as const) {
    const attempt = world.authorization(app, parameters);
    await world.code(attempt, browser);
    const { url } = await browser.visit(
      world.authorization(app, { ...parameters, prompt: 'none' }).url,
      parameters.redirect_uri,
    );
    t.match(url.searchParams.get('error'), /^(consent|interaction)_required$/, what);
  }
  t.equal((await grants(world)).length, 3, 'and nothing is granted on the way');
});

t.test('only for the person and the app that it was given for', async (t) => {
  const world = await startLoopAuth(t);
  const eve = { username: 'eve', password: 'what only Eve knows' };
  await addAccount(world.database, eve);
  const [one, two] = [await world.seed(), await world.seed()];
  const browser = new Browser();
  t.equal((await silently(world, one, browser)).error, 'login_required', 'nobody is signed in');
  await consent(world, one, browser);
  t.equal((await silently(world, two, browser)).error, 'consent_required', 'another app');
  const hers = new Browser();
  const page = await hers.visit(world.authorization(one, way).url);
  await hers.submit(page, eve);
  t.equal((await silently(world, one, hers)).error, 'consent_required', 'another person');
  const elsewhere = new Browser();
  await world.code(world.authorization(two, way), elsewhere);
  t.ok((await silently(world, one, elsewhere)).code, 'the same person in another browser');
  const disable = { sql: "UPDATE accounts SET disabled_at = 1 WHERE username = 'ann'", slots: [] };
  await world.database.commit([{ statement: disable, values: {} }]);
  t.equal((await silently(world, one, browser)).error, 'login_required', 'a disabled account');
});

t.test(
  'a disabled account that is still signed in is asked to sign in, not answered with an outage',
  async (t) => {
    const world = await startLoopAuth(t);
    const browser = new Browser();
    const app = await world.register();
    await world.code(world.authorization(app), browser);
    const disable = { sql: "UPDATE accounts SET disabled_at = 1 WHERE username = 'ann'", slots: [] };
    await world.database.commit([{ statement: disable, values: {} }]);
    const page = await browser.visit(world.authorization(app).url);
    t.equal(page.status, 200);
    t.match(page.text, 'name="password"');
  },
);

t.test('who revokes the app is asked again, also when it came silently since', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const app = await world.seed();
  const { body } = await consent(world, app, browser);
  t.ok((await silently(world, app, browser)).code);
  await world.revoke(app, body['refresh_token']);
  t.equal((await silently(world, app, browser)).error, 'consent_required');
});

t.test('what was given without asking stays no longer than its access token', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const app = await world.seed();
  await consent(world, app, browser);
  const { redeem } = await silently(world, app, browser);
  const { body } = await redeem();
  t.notOk('refresh_token' in body, 'nobody was asked whether it may stay');
  const [, silent] = await world.database.all(
    { sql: 'SELECT expires_at FROM grants ORDER BY expires_at DESC', slots: [] },
    {},
  );
  t.ok(Number(silent?.['expires_at']) < Date.now() / 1000 + 2 * 3600, 'the sweep finds it soon');
  clock.advance(3590);
  t.ok(await world.isActive(body['access_token']), 'until then it is good');
  clock.advance(30);
  t.notOk(await world.isActive(body['access_token']));
  clock.advance(3600);
  t.ok((await silently(world, app, browser)).code, 'and the app may ask again');
});
