// Signing out of the browser: a form of our own, and connections go on.
import t from 'tap';
import { Browser } from '../../../scripts/demo/browser.ts';
import { ann, type LoopAuth, startLoopAuth, webRedirectUri } from '../../support/loop-auth.ts';

t.test('who signs out has to sign in again; what was connected goes on', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const { app, tokens } = await world.connect({ browser });
  const page = await browser.visit(`${world.issuer}/session/end`);
  t.match(page.text, 'Sign out of loop?');
  t.notMatch(page.text, /<script(?! data-path=)/);
  const stay = await browser.submit(page, {});
  t.equal(stay.url.href, `${world.issuer}/account`);
  t.match(stay.text, /role="status"[^>]*>Nothing was changed: you are still signed in/);
  t.notMatch((await browser.visit(stay.url)).text, 'still signed in', 'said once');
  t.match(
    (await browser.visit(world.authorization(app).url)).text,
    'name="decision"',
    'Cancel changes nothing',
  );
  const kept = await browser.cookiesFor(`${world.issuer}/auth`);
  const done = await browser.submit(await browser.visit(`${world.issuer}/session/end`), { logout: 'yes' });
  t.match(done.text, /signed out/i);
  t.match((await browser.visit(world.authorization(app).url)).text, 'name="password"');
  const silent = world.authorization(app, { prompt: 'none' }).url;
  const { headers } = await world.ask(`/auth${silent.search}`, { headers: { Cookie: kept } });
  t.match(headers.get('Location'), 'error=login_required', 'who kept the cookie has nothing');
  t.ok(await world.isActive(tokens.access_token));
  t.equal((await world.refresh(app, tokens.refresh_token)).status, 200);
});

t.test('another site can sign nobody out', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  await world.code(world.authorization(app), browser);
  const forged = { method: 'POST', headers: { Origin: 'https://evil.example' } };
  for (const body of ['logout=yes', 'logout=yes&xsrf=guess', 'logout=yes&xsrf=']) {
    const headers = { ...forged.headers, 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await browser.visit(`${world.issuer}/session/end/confirm`, undefined, {
      ...forged,
      headers,
      body,
    });
    t.equal(answer.status, 400, body);
  }
  await browser.visit(`${world.issuer}/session/end`);
  const again = await browser.visit(`${world.issuer}/session/end/confirm`, undefined, {
    ...forged,
    body: new URLSearchParams({ logout: 'yes', xsrf: 'guess' }),
  });
  t.equal(again.status, 400, 'also while the question is open');
  t.match((await browser.visit(world.authorization(app).url)).text, 'name="decision"');
});

const afterwards = 'https://app.example/bye';

t.test('signing out leads only to an address that an operator has given for it', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.seed({ postLogoutRedirectUris: [afterwards] });
  const browser = new Browser();
  const way = { redirect_uri: webRedirectUri, scope: 'openid vault.read' };
  const attempt = world.authorization(app, way);
  const code = await world.code(attempt, browser);
  const { body } = await world.exchange(app, code, attempt, { redirect_uri: webRedirectUri });
  const idToken = String(body['id_token']);
  const end = (fields: Record<string, string>) =>
    browser.visit(`${world.issuer}/session/end?${new URLSearchParams(fields)}`, afterwards);
  for (const wrong of ['https://evil.example/', `${afterwards}/x`, '//evil.example', 'javascript:alert(1)']) {
    const refused = await end({ client_id: app.clientId, post_logout_redirect_uri: wrong });
    t.equal(refused.status, 400, wrong);
    t.notMatch(refused.text, /href="(?!\/(account|connect)")[^#d]/, 'not even as a link');
  }
  const unnamed = await end({ post_logout_redirect_uri: 'https://evil.example/' });
  t.match(
    (await browser.submit(unnamed, { logout: 'yes' })).url.href,
    world.issuer,
    'nobody asked: our own page',
  );
  await world.code(world.authorization(app, way), browser);
  const page = await end({ id_token_hint: idToken, post_logout_redirect_uri: afterwards, state: 's<1>' });
  const gone = await browser.submit(page, { logout: 'yes' }, afterwards);
  t.equal(gone.url.href, `${afterwards}?state=s%3C1%3E`);
  for (const hint of ['x', 'a.b.c', `${idToken}x`])
    t.equal((await end({ id_token_hint: hint })).status, 400, hint);
});

t.test(
  'an app that registered itself sends nobody anywhere after signing out, nor did one before',
  async (t) => {
    const settings = { AUTH_REGISTRATION: 'hosts', AUTH_REGISTRATION_HOSTS: 'app.example' };
    const evil = 'https://evil.example/ok';
    for (const world of [await startLoopAuth(t), await startLoopAuth(t, { settings })]) {
      const { status, body } = await world.tryRegister({
        redirect_uris: [webRedirectUri],
        post_logout_redirect_uris: [evil, afterwards],
      });
      t.equal(status, 201, 'the app is kept');
      t.same(body['post_logout_redirect_uris'], [], 'the address is not');
      const id = String(body['client_id']);
      const tryOut = async (what: string): Promise<void> => {
        const query = new URLSearchParams({ client_id: id, post_logout_redirect_uri: evil });
        for (const browser of [new Browser(), await signedIn()]) {
          const page = await browser.visit(`${world.issuer}/session/end?${query}`);
          t.equal(page.status, 400, what);
          t.notMatch(page.text, 'evil.example', what);
        }
      };
      const signedIn = async (): Promise<Browser> => {
        const browser = new Browser();
        await world.code(world.authorization({ clientId: id }, { redirect_uri: webRedirectUri }), browser);
        return browser;
      };
      await tryOut('registered now');
      // As a version before this rule stored it.
      const row = JSON.stringify({ ...body, post_logout_redirect_uris: [evil] });
      const statement = { sql: 'UPDATE clients SET payload = ? WHERE id = ?', slots: [row, id] };
      await world.database.commit([{ statement, values: {} }]);
      await tryOut('registered before');
    }
  },
);

async function signInTo(loop: LoopAuth, browser: Browser): Promise<void> {
  await browser.submit(await browser.visit(`${loop.issuer}/account`), { ...ann });
}

t.test('signing out on any page ends the one session, and the page says so', async (t) => {
  const world = await startLoopAuth(t);
  const { app, tokens } = await world.connect();
  const browser = new Browser();
  await signInTo(world, browser);
  t.match((await browser.visit(world.authorization(app).url)).text, 'name="decision"', 'one sign-in for all');
  const kept = await browser.cookiesFor(`${world.issuer}/account`);
  const consent = await browser.visit(world.authorization(app).url);
  const form = consent.text.slice(consent.text.lastIndexOf('<form'));
  const done = await browser.submit({ ...consent, text: form }, {});
  t.equal(done.url.pathname, '/session/end/success');
  t.match(done.text, /You are signed out[\s\S]*href="\/account"[^>]*>Sign in again/);
  t.match((await browser.visit(world.authorization(app).url)).text, 'name="password"');
  t.match((await browser.visit(`${world.issuer}/account`)).text, 'name="password"');
  t.match(
    (await world.ask('/account', { headers: { Cookie: kept } })).text,
    'name="password"',
    'a kept cookie',
  );
  t.ok(await world.isActive(tokens.access_token), 'what was connected goes on');
});

t.test('no link signs anybody out, and no page says that one is who is not', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  await signInTo(world, browser);
  for (const path of ['/account/sign-out', '/session/end', '/session/end/confirm', '/session/end/success']) {
    const page = await browser.visit(`${world.issuer}${path}`);
    t.notMatch(page.text, 'You are signed out', path);
    t.notMatch((await browser.visit(`${world.issuer}/account`)).text, 'name="password"', path);
  }
});

t.test('Cancel leads back to the page one came from, and to no page of others', async (t) => {
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  await signInTo(world, browser);
  const consent = await browser.visit(world.authorization(app).url);
  const cancelFrom = async (Referer: string) => {
    const page = await browser.visit(`${world.issuer}/session/end`, undefined, { headers: { Referer } });
    return browser.submit(page, {}, 'https://evil.example/');
  };
  const back = await cancelFrom(consent.url.href);
  t.equal(back.url.href, consent.url.href);
  t.match(back.text, 'still signed in');
  t.match(back.text, 'name="decision"');
  for (const elsewhere of [
    'https://evil.example/',
    `${world.issuer}.evil.example/account`,
    'x:',
    `${world.issuer}/auth`,
  ])
    t.equal((await cancelFrom(elsewhere)).url.href, `${world.issuer}/account`, elsewhere);
});

t.test(
  'an app that asks to sign out somebody who is not signed in gets its answer without a script',
  async (t) => {
    const world = await startLoopAuth(t);
    const app = await world.seed({ postLogoutRedirectUris: [afterwards] });
    const bare = await new Browser().visit(`${world.issuer}/session/end`);
    t.match(bare.text, 'You are signed out');
    const fields = { client_id: app.clientId, post_logout_redirect_uri: afterwards, state: 's 1' };
    const page = await new Browser().visit(
      `${world.issuer}/session/end?${new URLSearchParams(fields)}`,
      afterwards,
    );
    t.equal(page.url.href, `${afterwards}?state=s+1`);
  },
);
