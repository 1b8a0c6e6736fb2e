// /account: a person sees their own connections and revokes one.
import t from 'tap';
import { AccountSessionStore } from '../../../adapters/stores/account-sessions.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { hashPassword } from '../../../auth/people/passwords.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { shiftClock } from '../../support/clock.ts';
import { lockDatabase } from '../../support/database-lock.ts';
import { addAccount, ann, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';

async function signInTo(loop: LoopAuth, browser: Browser, person = ann) {
  const page = await browser.visit(`${loop.issuer}/account`);
  return browser.submit(page, { username: person.username, password: person.password });
}

t.test('the connected apps are listed after a sign-in, and one of them is revoked', async (t) => {
  const loop = await startLoopAuth(t);
  const first = await loop.connect({ app: await loop.register({ client_name: 'First app' }) });
  const second = await loop.connect({ app: await loop.register({ client_name: 'Second app' }) });
  const browser = new Browser();
  const page = await signInTo(loop, browser);
  t.equal(page.url.pathname, '/account');
  t.match(page.text, 'First app');
  t.match(page.text, 'Second app');
  const after = await browser.submit(page, { id: idOf(page.text, 'First app') });
  t.notMatch(after.text, 'First app');
  t.match(after.text, 'Second app');
  t.notOk(await loop.isActive(first.tokens.access_token));
  t.match(await loop.refresh(first.app, first.tokens.refresh_token), {
    status: 400,
    body: { error: 'invalid_grant' },
  });
  t.ok(await loop.isActive(second.tokens.access_token));
});

// The list shows an app and then its form.
function idOf(text: string, name: string): string {
  return /name="id" value="([^"]+)"/.exec(text.slice(text.indexOf(name)))?.[1] ?? '';
}

t.test('nobody sees or revokes anything without signing in there', async (t) => {
  const loop = await startLoopAuth(t);
  const { tokens } = await loop.connect({ app: await loop.register({ client_name: 'First app' }) });
  t.match((await new Browser().visit(`${loop.issuer}/account`)).text, /name="password"/);
  t.equal((await loop.post('/account/revoke', { id: 'anything' })).status, 303);
  const wrong = await signInTo(loop, new Browser(), { ...ann, password: 'wrong' });
  t.equal(wrong.status, 401);
  t.ok(await loop.isActive(tokens.access_token));
});

t.test('an account can not revoke another one’s connection', async (t) => {
  const loop = await startLoopAuth(t);
  const { tokens } = await loop.connect({ app: await loop.register({ client_name: 'Ann’s app' }) });
  const ben = { username: 'ben', password: 'another sentence for Ben' };
  await addAccount(loop.database, ben);
  const anns = new Browser();
  const id = idOf((await signInTo(loop, anns)).text, 'Ann’s app');
  const browser = new Browser();
  const page = await signInTo(loop, browser, ben);
  t.notMatch(page.text, 'Ann’s app');
  const headers = { Origin: new URL(loop.issuer).origin };
  await browser.visit(`${loop.issuer}/account/revoke`, undefined, {
    method: 'POST',
    body: new URLSearchParams({ id }),
    headers,
  });
  t.ok(await loop.isActive(tokens.access_token));
});

const isSignedIn = ({ text }: { text: string }): boolean => text.includes('Connected apps');

/** What a browser sent before, sent again by whoever kept it. */
async function keepCookie(loop: LoopAuth, browser: Browser): Promise<() => Promise<boolean>> {
  const Cookie = await browser.cookiesFor(`${loop.issuer}/account`);
  return async () => isSignedIn(await loop.ask('/account', { headers: { Cookie } }));
}

t.test('half an hour after the sign-in it is over, whatever the browser keeps', async (t) => {
  const clock = shiftClock(t);
  const loop = await startLoopAuth(t);
  const browser = new Browser();
  await signInTo(loop, browser);
  const isGood = await keepCookie(loop, browser);
  clock.advance(29 * 60);
  t.ok(await isGood());
  clock.advance(61);
  t.notOk(await isGood(), 'also for a browser that was there a minute ago');
});

/** Beside them a browser in which somebody signed in gets one that opens nothing (auth/http/limits/devices.ts). */
function accountCookies(headers: Headers): string[] {
  return headers.getSetCookie().filter((cookie) => !/^(__Host-)?loop_device=/.test(cookie));
}

t.test('signing out ends it at the server, in this browser only', async (t) => {
  const loop = await startLoopAuth(t);
  const [browser, other] = [new Browser(), new Browser()];
  const page = await signInTo(loop, browser);
  await signInTo(loop, other);
  const [isGood, isOtherGood] = [await keepCookie(loop, browser), await keepCookie(loop, other)];
  t.ok((await isGood()) && (await isOtherGood()));
  await browser.submit({ ...page, text: page.text.slice(page.text.lastIndexOf('<form')) }, {});
  t.notMatch(
    await browser.cookiesFor(`${loop.issuer}/account`),
    'loop_account',
    'the browser is told to forget it',
  );
  t.notOk(await isGood(), 'and who kept it has nothing');
  t.ok(await isOtherGood());
});

t.test('another password ends it everywhere, and so does closing the account', async (t) => {
  const loop = await startLoopAuth(t);
  const store = new AccountStore(loop.database);
  const id = String((await store.findByUsername(ann.username))?.id);
  const ben = { username: 'ben', password: 'another sentence for Ben' };
  await addAccount(loop.database, ben);
  const bens = new Browser();
  await signInTo(loop, bens, ben);
  const isBensGood = await keepCookie(loop, bens);
  const signedIn = async (): Promise<() => Promise<boolean>> => {
    const browser = new Browser();
    t.ok(isSignedIn(await signInTo(loop, browser)));
    return keepCookie(loop, browser);
  };
  const hash = await hashPassword(ann.password);
  for (const revoke of [false, true]) {
    const isGood = await signedIn();
    await store.setPassword(id, hash, revoke);
    t.notOk(await isGood(), `another password, revoking apps: ${revoke}`);
  }
  const isGood = await signedIn();
  await store.setDisabled(id, true);
  t.notOk(await isGood(), 'closed');
  await store.setDisabled(id, false);
  t.notOk(await isGood(), 'opening it again gives nothing back');
  t.ok(await isBensGood(), 'another account is left alone');
});

t.test('a session that began while its account was being closed is none', async (t) => {
  const loop = await startLoopAuth(t);
  const store = new AccountStore(loop.database);
  const id = String((await store.findByUsername(ann.username))?.id);
  await store.setDisabled(id, true);
  await new AccountSessionStore(loop.database).begin('late', id, 60);
  const answer = await loop.ask('/account', { headers: { Cookie: 'loop_account=late' } });
  t.match(answer.text, 'name="password"');
  await store.setDisabled(id, false);
  t.ok(isSignedIn(await loop.ask('/account', { headers: { Cookie: 'loop_account=late' } })), 'by that alone');
});

t.test(
  'a value planted in the browser is never signed in, and each sign-in ends the one before',
  async (t) => {
    const loop = await startLoopAuth(t);
    const signIn = (Cookie: string) =>
      loop.post('/account/sign-in', { username: ann.username, password: ann.password }, { Cookie });
    const cookieFrom = ({ headers }: { headers: Headers }): string =>
      accountCookies(headers)[0]?.split(';')[0] ?? '';
    const first = cookieFrom(await signIn('loop_account=planted'));
    t.match(first, /^loop_account=[\w-]{43}$/, '256 bits of our own');
    t.notOk(isSignedIn(await loop.ask('/account', { headers: { Cookie: 'loop_account=planted' } })));
    const second = cookieFrom(await signIn(first));
    t.not(second, first);
    t.notOk(isSignedIn(await loop.ask('/account', { headers: { Cookie: first } })));
    t.ok(isSignedIn(await loop.ask('/account', { headers: { Cookie: second } })));
  },
);

t.test('its cookie goes to no other site, script or neighbour, and is kept for half an hour', async (t) => {
  for (const [issuer, name, path] of [
    ['https://auth.example', '__Host-loop_account', '/'],
    ['https://nas.example/auth', 'loop_account', '/auth'],
    ['http://localhost:8083', 'loop_account', '/'],
  ] as const) {
    const loop = await startLoopAuth(t, { settings: { AUTH_ISSUER: issuer } });
    const { headers } = await loop.post('/account/sign-in', { ...ann });
    const [cookie = '', ...others] = accountCookies(headers);
    t.same(others, [], 'one cookie');
    const [pair, ...attributes] = cookie.toLowerCase().split('; ');
    t.match(pair, `${name.toLowerCase()}=`);
    const kept = attributes.filter((one) => !one.startsWith('expires='));
    const secure = issuer.startsWith('https:') ? ['secure'] : [];
    t.same(kept.sort(), [`path=${path}`, 'samesite=strict', 'httponly', ...secure].sort(), issuer);
    const expires = Date.parse(attributes.find((one) => one.startsWith('expires='))?.slice(8) ?? '');
    t.ok(Math.abs(expires - Date.now() - 1_800_000) < 60_000);
  }
});

t.test('while the database can not be written the browser keeps what it has', async (t) => {
  const loop = await startLoopAuth(t);
  const browser = new Browser();
  await signInTo(loop, browser);
  const Cookie = await browser.cookiesFor(`${loop.issuer}/account`);
  const release = await lockDatabase(loop.databasePath);
  const answers = await Promise.all([
    loop.post('/account/sign-in', { ...ann }, { Cookie }),
    loop.post('/account/sign-out', {}, { Cookie }),
  ]);
  await release();
  for (const { status, headers } of answers) {
    t.equal(status, 503);
    t.match(headers.get('Retry-After'), /^[1-9]/);
    t.same(headers.getSetCookie(), []);
  }
  t.ok(isSignedIn(await loop.ask('/account', { headers: { Cookie } })));
});

t.test('the revoke form can not be posted from another site', async (t) => {
  const loop = await startLoopAuth(t);
  const answer = await loop.post('/account/revoke', { id: 'x' }, { Origin: 'https://evil.example' });
  t.equal(answer.status, 403);
});
