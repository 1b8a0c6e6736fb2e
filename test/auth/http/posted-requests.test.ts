// Authorization and logout requests by POST (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2).
import t from 'tap';
import { Browser } from '../../../scripts/demo/browser.ts';
import { type Answer, ann, redirectUri, startLoopAuth } from '../../support/loop-auth.ts';

t.test('a posted request leads to the same request as a link, every parameter as it was', async (t) => {
  for (const issuerPath of ['', '/deep/auth']) {
    const world = await startLoopAuth(t, { issuerPath });
    const odd = 'a=1&a=2&state=%3Cx%3E+%26%0D%0A%C3%A9&empty=&plus=%2B&nested[b]=c&%25=%';
    for (const path of ['/auth', '/session/end']) {
      const body = new URLSearchParams(odd);
      const { status, headers, text } = await world.ask(path, { method: 'POST', body });
      t.equal(status, 303, path);
      const location = new URL(headers.get('Location') ?? '', world.issuer);
      t.equal(location.origin + location.pathname, `${world.issuer}${path}`);
      t.same([...location.searchParams], [...body], path);
      t.match(headers.get('Cache-Control'), 'no-store');
      t.equal(text, '', 'and no copy of it in a body');
    }
  }
});

t.test('a person who is signed in stays so when another site posts the request', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  const app = await world.register();
  await world.code(world.authorization(app), browser);
  const attempt = world.authorization(app);
  const headers = { Origin: 'https://rp.example', 'Sec-Fetch-Site': 'cross-site' };
  // What a browser does: the post goes without cookies (SameSite=Lax), the redirect with them.
  const posted = await world.ask('/auth', { method: 'POST', body: attempt.url.searchParams, headers });
  const consent = await browser.visit(new URL(posted.headers.get('Location') ?? '', world.issuer));
  t.match(consent.text, 'name="decision"');
  const done = await browser.submit(consent, { decision: 'allow' }, redirectUri);
  const tokens = await world.exchange(app, String(done.url.searchParams.get('code')), attempt);
  t.equal(tokens.status, 200);
});

t.test('signing out by POST asks the same question', async (t) => {
  const world = await startLoopAuth(t);
  const browser = new Browser();
  await world.code(world.authorization(await world.register()), browser);
  const page = await browser.visit(`${world.issuer}/session/end`, undefined, {
    method: 'POST',
    body: new URLSearchParams(),
  });
  t.match(page.text, 'Sign out of loop?');
  const done = await browser.submit(page, { logout: 'yes' });
  t.match(done.text, 'You are signed out');
  t.match((await browser.visit(world.authorization(await world.register()).url)).text, 'name="password"');
});

t.test('what is posted is bounded, and nothing but a form is read', async (t) => {
  const world = await startLoopAuth(t);
  const form = 'application/x-www-form-urlencoded';
  const send = (
    path: string,
    body: string | ReadableStream,
    type?: string,
    more: Record<string, string> = {},
  ): Promise<Answer> =>
    world.ask(path, {
      method: 'POST',
      body,
      headers: { ...(type !== undefined && { 'Content-Type': type }), ...more },
      duplex: 'half',
    } as RequestInit);
  for (const path of ['/auth', '/session/end']) {
    t.equal(
      (await send(path, `state=${'x'.repeat(7000)}`, form)).status,
      303,
      'what fits into a request line',
    );
    for (const [what, body, type, status] of [
      ['too much', `state=${'x'.repeat(8000)}`, form, 413],
      ['very much', `state=${'x'.repeat(5_000_000)}`, form, 413],
      ['a stream without a length', new Blob([`state=${'x'.repeat(100_000)}`]).stream(), form, 413],
      ['JSON', '{"client_id":"x"}', 'application/json', 400],
      ['text', 'client_id=x', 'text/plain', 400],
      ['a multipart form', '--x--', 'multipart/form-data; boundary=x', 400],
    ] as const) {
      const answer = await send(path, body, type);
      t.equal(answer.status, status, `${path}: ${what}`);
      t.match(answer.headers.get('Content-Type'), 'text/html', 'a page');
      t.equal(answer.headers.get('Location'), null);
    }
    const packed = await send(path, 'x', form, { 'Content-Encoding': 'gzip' });
    t.equal(packed.status, 415);
  }
  const rows = await world.database.all(
    { sql: 'SELECT id FROM interactions UNION SELECT id FROM sessions', slots: [] },
    {},
  );
  t.same(rows, [], 'and nothing is stored');
  for (const [path, allowed] of [
    ['/auth', 'GET, POST'],
    ['/session/end', 'GET, POST'],
  ] as const) {
    const { status, headers } = await world.ask(path, { method: 'PUT' });
    t.equal(status, 405);
    t.equal(headers.get('Allow'), allowed);
  }
});

t.test(
  'a form that is posted from another site decides nothing: sign-in and consent stay refused',
  async (t) => {
    const world = await startLoopAuth(t);
    const browser = new Browser();
    const page = await browser.visit(world.authorization(await world.register()).url);
    const { status } = await browser.visit(page.url, undefined, {
      method: 'POST',
      body: new URLSearchParams({ ...ann }),
      headers: { Origin: 'https://evil.example' },
    });
    t.equal(status, 403);
  },
);
