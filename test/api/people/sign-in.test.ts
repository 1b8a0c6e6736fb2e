// Signing in to loop-api's pages through a real loop-auth, and what ends it.
import t from 'tap';
import { Browser } from '../../../scripts/demo/browser.ts';
import { ann } from '../../support/loop-auth.ts';
import { startPagesPair } from '../../support/pages-pair.ts';

const asBrowser = { headers: { Accept: 'text/html' }, redirect: 'manual' } as const;

t.test('who follows a citation signs in once and comes to the note', async (t) => {
  const { url, open } = await startPagesPair(t);
  const browser = new Browser();
  const page = await open('/notes/Apple.md?lang=en', browser);
  t.equal(page.status, 200);
  t.equal(page.url.href, `${url}/notes/Apple.md?lang=en`);
  const again = await browser.visit(`${url}/notes/Apple.md`);
  t.equal(again.url.pathname, '/notes/Apple.md');
  const cookies = await browser.cookiesFor(`${url}/notes/Apple.md`);
  t.notMatch(cookies, /loop_vault_sign_in/, 'what the way needed is gone');
});

t.test('loop-auth may have a path, and be reached by another address inside', async (t) => {
  const { url, open } = await startPagesPair(t, {
    issuerPath: '/auth',
    settings: (issuer) => ({ API_AUTH_URL: new URL(issuer).origin.replace('127.0.0.1', 'localhost') }),
  });
  const page = await open('/notes/Apple.md?lang=ko');
  t.equal(page.url.href, `${url}/notes/Apple.md?lang=ko`);
  t.match(page.text, '/auth/session/end"');
});

t.test('signed out, every path has one answer', async (t) => {
  const { url } = await startPagesPair(t);
  const answers = await Promise.all(
    ['Apple.md', 'None.md', '.obsidian/app.json', 'a%00b', '%E0%A4%A'].map(async (path) => {
      const { status, headers } = await fetch(`${url}/notes/${path}`, asBrowser);
      const shown = Object.fromEntries(headers);
      for (const name of ['date', 'x-request-id', 'location', 'content-length']) delete shown[name];
      return { status, shown, to: headers.get('location')?.split('?')[0] };
    }),
  );
  for (const answer of answers.slice(1)) {
    t.same(answer, answers[0]);
  }
  t.equal(answers[0]?.status, 303);
  const head = await fetch(`${url}/notes/Apple.md`, { ...asBrowser, method: 'HEAD' });
  t.equal(head.status, 303, 'HEAD as GET');
});

t.test('a sign-in that begins while loop-auth is away is a page with a next step', async (t) => {
  const { auth, url } = await startPagesPair(t);
  auth.phase = 'stopping';
  const page = await new Browser().visit(`${url}/notes/Apple.md`);
  t.equal(page.status, 503);
  t.match(page.text, 'What you can do');
});

t.test('loop-auth that goes away before the way back ends costs no second sign-in', async (t) => {
  const { auth, url } = await startPagesPair(t);
  const browser = new Browser();
  const page = await browser.visit(`${url}/notes/Apple.md`);
  const { url: back } = await browser.submit(page, { ...ann }, `${url}/sign-in/callback`);
  auth.phase = 'stopping';
  t.equal((await browser.visit(back)).status, 503);
  auth.phase = 'ready';
  const done = await browser.visit(back);
  t.equal(done.url.href, `${url}/notes/Apple.md`, 'the same address again');
  t.equal((await browser.visit(back)).status, 400, 'and no third time');
});

t.test('an answer that belongs to no sign-in of this browser is a page with a next step', async (t) => {
  const { url } = await startPagesPair(t);
  for (const query of ['', '?code=x&state=y', '?error=access_denied&state=y']) {
    const answer = await fetch(`${url}/sign-in/callback${query}`, asBrowser);
    t.equal(answer.status, 400);
    t.match(await answer.text(), /href="\/vault"/);
  }
});

t.test('an answer with an error, or one that was bent, signs nobody in', async (t) => {
  const { url } = await startPagesPair(t);
  for (const change of [
    { error: 'access_denied' },
    { code: 'guess' },
    { code: 'x', iss: 'http://evil.example' },
  ]) {
    const browser = new Browser();
    const { url: way } = await browser.visit(`${url}/sign-in?to=/vault`);
    t.match(way.pathname, '/interaction/');
    const state = await pendingState(url);
    const answer = await state.browser.visit(
      `${url}/sign-in/callback?${new URLSearchParams({ state: state.value, iss: state.issuer, ...change })}`,
    );
    t.equal(answer.status, 400);
    t.match(answer.text, 'Nothing of your notes was shown');
    t.notMatch(await state.browser.cookiesFor(`${url}/`), 'loop_vault_session');
  }
});

/** A sign-in that has begun, stopped in front of loop-auth. */
async function pendingState(url: string) {
  const browser = new Browser();
  const first = await fetch(`${url}/sign-in?to=/vault`, asBrowser);
  const way = new URL(first.headers.get('location') ?? '');
  const { url: out } = await browser.visit(`${url}/sign-in?to=/vault`, `${way.origin}${way.pathname}`);
  return { browser, value: out.searchParams.get('state') ?? '', issuer: way.origin };
}

t.test('two tabs that sign in at once both come to where they wanted', async (t) => {
  const { url } = await startPagesPair(t);
  const browser = new Browser();
  const first = await browser.visit(`${url}/notes/Apple.md`);
  const second = await browser.visit(`${url}/notes/Other.md`);
  const one = await browser.submit(first, { ...ann });
  t.equal(one.url.pathname, '/notes/Apple.md');
  const other = second.text.includes('name="password"') ? await browser.submit(second, { ...ann }) : second;
  t.equal(other.url.pathname, '/notes/Other.md');
});

t.test('the way back leads to no other place', async (t) => {
  const { url, open } = await startPagesPair(t);
  const browser = new Browser();
  await open('/vault', browser);
  for (const to of [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/mcp',
    'notes/x',
    '/vault\r\nX: y',
  ]) {
    const done = await browser.visit(`${url}/sign-in?${new URLSearchParams({ to })}`);
    t.equal(done.url.origin + done.url.pathname, `${url}/vault`, JSON.stringify(to));
  }
});

t.test('another name of this machine leads to the one that has the cookies', async (t) => {
  const { url, open } = await startPagesPair(t);
  const other = url.replace('localhost', '127.0.0.1');
  const { status, headers } = await fetch(`${other}/sign-in?to=/notes/Apple.md`, asBrowser);
  t.equal(status, 303);
  t.equal(headers.get('location'), `${url}/sign-in?to=%2Fnotes%2FApple.md`);
  t.equal((await open('/notes/Apple.md')).status, 200);
});
