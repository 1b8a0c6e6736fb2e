// Signing out of the browser: a form of our own, and connections go on.
import t from 'tap';
import { Browser } from '../../../scripts/demo/browser.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';

t.test('who signs out has to sign in again; what was connected goes on', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const { app, tokens } = await world.connect({ browser });
  const page = await browser.visit(`${world.issuer}/session/end`);
  t.match(page.text, 'Sign out of loop?');
  t.notMatch(page.text, '<script');
  const stay = await browser.submit(page, {});
  t.equal(stay.status, 200);
  t.match(
    (await browser.visit(world.authorization(app).url)).text,
    'name="decision"',
    'Cancel changes nothing',
  );
  const done = await browser.submit(await browser.visit(`${world.issuer}/session/end`), { logout: 'yes' });
  t.match(done.text, /signed out/i);
  t.match((await browser.visit(world.authorization(app).url)).text, 'name="password"');
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

t.test('signing out leads only to an address that the app has registered for it', async (t) => {
  const world = await startLoopAuth(t);
  const afterwards = 'https://app.example/bye';
  const app = await world.register({ post_logout_redirect_uris: [afterwards] });
  const browser = new Browser();
  const { tokens } = await world.connect({ app, browser, parameters: { scope: 'openid vault.read' } });
  const idToken = (tokens as unknown as { id_token: string }).id_token;
  const end = (fields: Record<string, string>) =>
    browser.visit(`${world.issuer}/session/end?${new URLSearchParams(fields)}`, afterwards);
  for (const wrong of ['https://evil.example/', `${afterwards}/x`, '//evil.example', 'javascript:alert(1)']) {
    const refused = await end({ client_id: app.clientId, post_logout_redirect_uri: wrong });
    t.equal(refused.status, 400, wrong);
    t.notMatch(refused.text, /href="[^#d]/, 'not even as a link');
  }
  const unnamed = await end({ post_logout_redirect_uri: 'https://evil.example/' });
  t.match(
    (await browser.submit(unnamed, { logout: 'yes' })).url.href,
    world.issuer,
    'nobody asked: our own page',
  );
  await world.code(world.authorization(app), browser);
  const page = await end({ id_token_hint: idToken, post_logout_redirect_uri: afterwards, state: 's<1>' });
  const gone = await browser.submit(page, { logout: 'yes' }, afterwards);
  t.equal(gone.url.href, `${afterwards}?state=s%3C1%3E`);
  for (const hint of ['x', 'a.b.c', `${idToken}x`])
    t.equal((await end({ id_token_hint: hint })).status, 400, hint);
});
