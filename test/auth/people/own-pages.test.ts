// loop-api's own sign-in: a client that is built in, asks nobody for consent, and ends with the browser's session.
import t from 'tap';
import { compile } from '../../../adapters/database/statement.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../../scripts/demo/sign-in.ts';
import { ann, apiSecret, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';

const app = { clientId: 'loop-api', clientSecret: apiSecret };
const callback = 'http://localhost:8082/sign-in/callback';
const way = { redirect_uri: callback, scope: 'openid profile vault.read' };

async function signIn(world: LoopAuth, browser: Browser) {
  const attempt = world.authorization(app, way);
  const answer = await authorizeInBrowser(attempt.url, ann, { browser });
  const code = answer.searchParams.get('code') ?? '';
  return world.exchange(app, code, attempt, { redirect_uri: callback });
}

t.test('nobody is asked to consent, and no app is named', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const page = await browser.visit(world.authorization(app, way).url, callback);
  t.match(page.text, 'name="password"');
  t.notMatch(page.text, 'loop-api');
  const answer = await browser.submit(page, { ...ann }, callback);
  t.equal(answer.url.href.split('?')[0], callback);
  t.ok(answer.url.searchParams.get('code'));
});

t.test('the token reads the vault, is never renewed and makes no connected app', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const { status, body } = await signIn(world, browser);
  t.equal(status, 200);
  t.equal(body['scope'], 'openid profile vault.read');
  t.notOk(body['refresh_token']);
  const { body: said } = await world.introspect(body['access_token']);
  t.match(said, { active: true, client_id: 'loop-api', aud: 'http://localhost:8082/mcp' });
  const grants = compile(world.database.builder('grants').select('expires_at', 'created_at'));
  const [grant] = await world.database.all(grants, {});
  t.ok(Number(grant?.['expires_at']) - Number(grant?.['created_at']) < 3600 + 200);
});

t.test(
  'signing out of the browser ends it; another sign-in of the same browser goes on with its own',
  async (t) => {
    const world = await startLoopAuth(t);
    const browser = new Browser();
    const { body } = await signIn(world, browser);
    t.ok(await world.isActive(body['access_token']));
    await browser.submit(await browser.visit(`${world.issuer}/session/end`), {});
    t.ok(await world.isActive(body['access_token']), 'Cancel ends nothing');
    await browser.submit(await browser.visit(`${world.issuer}/session/end`), { logout: 'yes' });
    t.notOk(await world.isActive(body['access_token']));
    const again = await signIn(world, browser);
    t.ok(await world.isActive(again.body['access_token']));
  },
);

t.test('it may ask for changing notes too, and nobody is asked; reading alone gives no more', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const { body: read } = await signIn(world, browser);
  const said = async (token: unknown): Promise<unknown> => (await world.introspect(token)).body;
  t.match(await said(read['access_token']), {
    scope: 'vault.read',
    authorization_details: [{ actions: ['read'] }],
  });
  const attempt = world.authorization(app, { ...way, scope: `${way.scope} vault.write` });
  const { url } = await browser.visit(attempt.url, callback);
  t.equal(url.href.split('?')[0], callback, 'no page in between');
  const { body } = await world.exchange(app, url.searchParams.get('code') ?? '', attempt, {
    redirect_uri: callback,
  });
  t.match(await said(body['access_token']), {
    scope: 'vault.read vault.write',
    authorization_details: [{ actions: ['read', 'write'] }],
  });
  t.notOk(body['refresh_token']);
});
