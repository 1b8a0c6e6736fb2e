// How long somebody is signed in to loop-api's pages: as long as loop-auth says so, and no cookie of their own making.
import t from 'tap';
import { Browser } from '../../../scripts/demo/browser.ts';
import { shiftClock } from '../../support/clock.ts';
import { startPagesPair } from '../../support/pages-pair.ts';

const asBrowser = { headers: { Accept: 'text/html' }, redirect: 'manual' } as const;

t.test('the cookie is for no script, holds nothing to read, and is not taken when bent', async (t) => {
  const { url, open } = await startPagesPair(t);
  const browser = new Browser();
  await open('/notes/Apple.md', browser);
  const cookies = await browser.cookiesFor(`${url}/`);
  const sealed = /loop_vault_session=([^;]+)/.exec(cookies)?.[1] ?? '';
  t.match(sealed, /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
  t.notMatch(Buffer.from(sealed, 'base64url').toString('latin1'), 'ann');
  const at = Math.floor(sealed.length / 2);
  const bent = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
  for (const value of [bent, 'x', 'A'.repeat(5_000)]) {
    const headers = { ...asBrowser.headers, Cookie: `loop_vault_session=${value}` };
    t.equal((await fetch(`${url}/notes/Apple.md`, { ...asBrowser, headers })).status, 303);
  }
});

t.test('signing out of loop-auth ends it within the cache', async (t) => {
  const { auth, url, open } = await startPagesPair(t, { settings: { API_INTROSPECTION_CACHE_SECONDS: '0' } });
  const browser = new Browser();
  await open('/notes/Apple.md', browser);
  await browser.submit(await browser.visit(`${auth.issuer}/session/end`), { logout: 'yes' });
  const page = await browser.visit(`${url}/notes/Apple.md`);
  t.match(page.text, 'name="password"');
  t.equal(page.url.pathname.split('/')[1], 'interaction');
});

t.test('while loop-auth is away who is signed in gets 503, and not a new sign-in', async (t) => {
  const { auth, url, open } = await startPagesPair(t, {
    settings: { API_INTROSPECTION_CACHE_SECONDS: '0', API_INTROSPECTION_STALE_SECONDS: '0' },
  });
  const browser = new Browser();
  await open('/notes/Apple.md', browser);
  auth.phase = 'stopping';
  const page = await browser.visit(`${url}/notes/Apple.md`);
  t.equal(page.status, 503);
  t.ok(page.headers.get('retry-after'));
  t.match(page.text, 'as much signed in as before');
  t.match(await browser.cookiesFor(`${url}/`), 'loop_vault_session');
  auth.phase = 'ready';
  t.equal((await browser.visit(`${url}/notes/Apple.md`)).status, 200);
});

t.test('the session ends with its token, and the next one begins without asking', async (t) => {
  const { url, open } = await startPagesPair(t, { authSettings: { AUTH_ACCESS_TOKEN_SECONDS: '60' } });
  const browser = new Browser();
  await open('/notes/Apple.md', browser);
  const next = await browser.visit(`${url}/sign-in?to=/notes/Apple.md`);
  t.equal(next.url.href, `${url}/notes/Apple.md`);
  const headers = { ...asBrowser.headers, Cookie: await browser.cookiesFor(`${url}/notes/`) };
  t.equal((await fetch(`${url}/notes/Apple.md`, { ...asBrowser, headers })).status, 200);
  shiftClock(t).advance(65);
  t.equal((await fetch(`${url}/notes/Apple.md`, { ...asBrowser, headers })).status, 303);
});
