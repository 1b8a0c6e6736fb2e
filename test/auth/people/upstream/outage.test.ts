// The identity provider is away: nobody new comes in by it, and nothing else is lost.
import t from 'tap';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { isSignedIn } from '../../../support/codes.ts';
import { redirectUri } from '../../../support/loop-auth.ts';
import { callTool } from '../../../support/mcp-call.ts';
import { startPagesPair } from '../../../support/pages-pair.ts';
import { pressProvider, settingsFor, startProvider, startWithProvider } from '../../../support/upstream.ts';

t.setTimeout(120_000);

t.test(
  'apps and browsers that are signed in go on; the page says who does not answer, and what else works',
  async (t) => {
    const { loop, provider } = await startWithProvider(t);
    const app = await loop.register();
    const attempt = loop.authorization(app);
    const browser = new Browser();
    const consent = await pressProvider(browser, await browser.visit(attempt.url, redirectUri), redirectUri);
    const { url } = await browser.submit(consent, { decision: 'allow' }, redirectUri);
    const { body } = await loop.exchange(app, url.searchParams.get('code') ?? '', attempt);

    provider.isAway = true;
    t.ok(await loop.isActive(body['access_token']), 'introspection goes on');
    const refreshed = await loop.refresh(app, body['refresh_token']);
    t.equal(refreshed.status, 200, 'refreshing goes on');
    t.ok(await loop.isActive(refreshed.body['access_token']));
    t.ok(isSignedIn(await browser.visit(`${loop.issuer}/account`)), 'who is signed in stays so');
    t.equal((await loop.ask('/readyz')).status, 200);

    // It is known where people are sent, so that the browser finds out; what comes back then is not lost on the way.
    provider.isAway = false;
    const other = new Browser();
    const form = await other.visit(`${loop.issuer}/account`);
    const { url: back } = await pressProvider(other, form, `${loop.issuer}/signin/upstream/callback`);
    provider.isAway = true;
    const page = await other.visit(back);
    t.equal(page.status, 503);
    t.ok(Number(page.headers.get('Retry-After')) > 0);
    t.match(page.text, 'Home does not answer just now');
    t.match(page.text, 'name="password"', 'the other way is there');
    provider.isAway = false;
    t.ok(isSignedIn(await pressProvider(other, page)), 'and so is this one, once it is back');
  },
);

t.test('an app that was connected by it goes on calling tools without it', async (t) => {
  const provider = await startProvider(t);
  const { auth, url } = await startPagesPair(t, {
    authSettings: settingsFor(provider.issuer, { AUTH_LOCAL_SIGN_IN: 'off' }),
    settings: { API_INTROSPECTION_CACHE_SECONDS: '0' },
  });
  const app = await auth.register();
  const attempt = auth.authorization(app, { resource: `${url}/mcp` });
  const browser = new Browser();
  const consent = await browser.visit(attempt.url, redirectUri);
  const back = await browser.submit(consent, { decision: 'allow' }, redirectUri);
  const { body } = await auth.exchange(app, back.url.searchParams.get('code') ?? '', attempt);
  await provider.stop();
  const { body: refreshed } = await auth.refresh(app, body['refresh_token']);
  const call = await callTool(`${url}/mcp`, String(refreshed['access_token']), 'search', { query: 'tree' });
  t.equal(call.status, 200);
  t.match(call.body, 'Apple');
  const notes = await browser.visit(`${url}/vault`);
  t.equal(notes.status, 200, 'loop-api’s own pages go on with the session there is');
});

t.test('loop-auth starts without it, and asks for it at each sign-in until it is there', async (t) => {
  for (const mode of ['on', 'off']) {
    const { loop, provider } = await startWithProvider(t, { AUTH_LOCAL_SIGN_IN: mode });
    t.same(provider.asked, [], 'nothing is asked at the start');
    provider.isAway = true;
    const app = await loop.register();
    const browser = new Browser();
    const { url } = loop.authorization(app);
    const first = await browser.visit(url, redirectUri);
    const page = mode === 'on' ? await pressProvider(browser, first, redirectUri) : first;
    t.equal(page.status, 503, mode);
    t.match(page.text, 'Home does not answer just now');
    t.equal(page.text.includes('name="password"'), mode === 'on');
    const own = await new Browser().visit(`${loop.issuer}/account`);
    t.equal(own.status, mode === 'on' ? 200 : 503);
    provider.isAway = false;
    const again = await pressProvider(browser, page, redirectUri);
    t.match(again.text, 'name="decision"');
  }
});

t.test('an answer without end is not read to its end, and one that is no provider’s is none', async (t) => {
  const { loop, provider } = await startWithProvider(t);
  const press = async () => {
    const browser = new Browser();
    return pressProvider(browser, await browser.visit(`${loop.issuer}/account`));
  };
  provider.metadata = { issuer: 'https://another.example' };
  t.equal((await press()).status, 503, 'another issuer in its description');
  t.same(provider.visits, [], 'and nobody is sent anywhere');
  provider.metadata = { junk: 'x'.repeat(600_000) };
  t.equal((await press()).status, 503);
  provider.metadata = {};
  provider.flood = 'x'.repeat(600_000);
  t.equal((await press()).status, 503);
  t.match(loop.lines.join('\n'), 'longer than 524288 bytes');
  provider.flood = undefined;
  t.ok(isSignedIn(await press()));
});
