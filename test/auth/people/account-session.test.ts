// The one session of a browser, as pages without an app begin, read and end it.
import t from 'tap';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { hashPassword } from '../../../auth/people/passwords.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { shiftClock } from '../../support/clock.ts';
import { lockDatabase } from '../../support/database-lock.ts';
import { addAccount, ann, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';

const day = 24 * 3600;
const ben = { username: 'ben', password: 'another sentence for Ben' };

async function signInTo(loop: LoopAuth, browser: Browser, person = ann) {
  return browser.submit(await browser.visit(`${loop.issuer}/account`), { ...person });
}

const isSignedIn = ({ text }: { text: string }): boolean => text.includes('Connected apps');

/** What a browser sent before, sent again by whoever kept it. */
async function keepCookie(loop: LoopAuth, browser: Browser): Promise<() => Promise<boolean>> {
  const Cookie = await browser.cookiesFor(`${loop.issuer}/account`);
  return async () => isSignedIn(await loop.ask('/account', { headers: { Cookie } }));
}

t.test('fourteen days after the sign-in it is over, whatever the browser keeps', async (t) => {
  const clock = shiftClock(t);
  const loop = await startLoopAuth(t);
  const browser = new Browser();
  await signInTo(loop, browser);
  const isGood = await keepCookie(loop, browser);
  clock.advance(14 * day - 60);
  t.ok(await isGood());
  clock.advance(2 * 60);
  t.notOk(await isGood());
});

/** Beside it a browser in which somebody signed in gets one that opens nothing (auth/http/limits/devices.ts). */
function sessionCookies(headers: Headers): string[] {
  return headers.getSetCookie().filter((cookie) => /^(__Host-)?loop_session=/.test(cookie));
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
    'loop_session',
    'the browser is told to forget it',
  );
  t.notOk(await isGood(), 'and who kept it has nothing');
  t.ok(await isOtherGood());
});

t.test('another password ends it everywhere, and so does closing the account', async (t) => {
  const loop = await startLoopAuth(t);
  const store = new AccountStore(loop.database);
  const id = String((await store.findByUsername(ann.username))?.id);
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

t.test(
  'a value planted in the browser is never signed in, and each sign-in ends the one before',
  async (t) => {
    const loop = await startLoopAuth(t);
    // A session of nobody, as the question of signing out leaves one: the value is real and known to whoever planted it.
    const stranger = new Browser();
    await stranger.visit(`${loop.issuer}/session/end`);
    const planted = await stranger.cookiesFor(`${loop.issuer}/account`);
    t.match(planted, 'loop_session=');
    const signIn = (Cookie: string) => loop.post('/account/sign-in', { ...ann }, { Cookie });
    const cookieFrom = ({ headers }: { headers: Headers }): string =>
      headers
        .getSetCookie()
        .map((cookie) => cookie.split(';')[0])
        .filter((cookie) => cookie?.startsWith('loop_session'))
        .join('; ');
    const opens = async (Cookie: string) => isSignedIn(await loop.ask('/account', { headers: { Cookie } }));
    const first = cookieFrom(await signIn(planted));
    t.match(first, /^loop_session=[\w-]{43}; loop_session\.sig=/, '256 bits of our own, signed');
    t.notOk(first.includes(planted.split(';')[0] ?? ''));
    t.notOk(await opens(planted));
    const second = cookieFrom(await signIn(first));
    t.not(second, first);
    t.notOk(await opens(first));
    t.ok(await opens(second));
  },
);

t.test('its cookie goes to no script, foreign form or neighbour, as the library sets it', async (t) => {
  for (const [issuer, name, path] of [
    ['https://auth.example', '__Host-loop_session', '/'],
    ['https://nas.example/auth', 'loop_session', '/auth'],
    ['http://localhost:8083', 'loop_session', '/'],
  ] as const) {
    const loop = await startLoopAuth(t, { settings: { AUTH_ISSUER: issuer } });
    const { headers } = await loop.post('/account/sign-in', { ...ann });
    const [cookie = '', ...others] = sessionCookies(headers);
    t.same(others, [], 'one cookie');
    const [pair, ...attributes] = cookie.toLowerCase().split('; ');
    t.match(pair, `${name.toLowerCase()}=`);
    const kept = attributes.filter((one) => !one.startsWith('expires='));
    const secure = issuer.startsWith('https:') ? ['secure'] : [];
    t.same(kept.sort(), [`path=${path}`, 'samesite=lax', 'httponly', ...secure].sort(), issuer);
    const expires = Date.parse(attributes.find((one) => one.startsWith('expires='))?.slice(8) ?? '');
    t.ok(Math.abs(expires - Date.now() - 14 * day * 1000) < 60_000);
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

t.test(
  'somebody else signs in in the same browser without a script, and nothing of the first is left',
  async (t) => {
    const loop = await startLoopAuth(t);
    await addAccount(loop.database, ben);
    const app = await loop.register();
    const browser = new Browser();
    await signInTo(loop, browser);
    const isAnnGood = await keepCookie(loop, browser);
    const ask = loop.authorization(app, { prompt: 'login' }).url;
    const consent = await browser.submit(await browser.visit(ask), { ...ben });
    t.match(consent.text, 'name="decision"', 'the sign-in goes on with consent');
    t.match(consent.text, /ben/);
    t.notOk(await isAnnGood());
    t.match((await browser.visit(`${loop.issuer}/account`)).text, />ben</);
    // And on a page of our own, by a form that was open before.
    const direct = new Browser();
    const form = await direct.visit(`${loop.issuer}/account`);
    await signInTo(loop, direct);
    const isAnnsOther = await keepCookie(loop, direct);
    t.match((await direct.submit(form, { ...ben })).text, />ben</);
    t.notOk(await isAnnsOther());
  },
);

t.test('whoever is signed in stands at the head of every page, with the way out', async (t) => {
  const loop = await startLoopAuth(t);
  const app = await loop.register();
  const browser = new Browser();
  await signInTo(loop, browser);
  for (const address of [
    `${loop.issuer}/account`,
    loop.authorization(app).url,
    `${loop.issuer}/account/none`,
  ]) {
    const { text } = await browser.visit(address);
    t.match(text, /<bdi>ann<\/bdi>/);
    t.match(
      text,
      /form="sign-out">Sign out<[\s\S]*<form method="post" action="\/account\/sign-out" id="sign-out">/,
    );
    t.match(text, 'href="/account"');
  }
  t.notMatch((await new Browser().visit(`${loop.issuer}/account`)).text, 'sign-out');
});

t.test(
  'a page of a sign-in that another tab ended asks once more, for whoever is signed in now',
  async (t) => {
    const loop = await startLoopAuth(t);
    await addAccount(loop.database, ben);
    const app = await loop.register();
    const signOut = async (browser: Browser) => {
      const page = await browser.visit(`${loop.issuer}/account`);
      await browser.submit({ ...page, text: page.text.slice(page.text.lastIndexOf('<form')) }, {});
    };
    const open = async (parameters = {}) => {
      const browser = new Browser();
      await signInTo(loop, browser);
      return { browser, page: await browser.visit(loop.authorization(app, parameters).url) };
    };
    const left = await open();
    await signOut(left.browser);
    const again = await left.browser.submit(left.page, { decision: 'allow' });
    t.match(again.text, 'name="password"');
    t.match((await left.browser.submit(again, { ...ann })).text, 'name="decision"');
    const changed = await open();
    await signOut(changed.browser);
    await signInTo(loop, changed.browser, ben);
    const bens = await changed.browser.submit(changed.page, { decision: 'allow' });
    t.match(bens.text, /<bdi>ben<\/bdi>[\s\S]*name="decision"/, 'nobody allows in another’s name');
    t.ok(isSignedIn(await changed.browser.visit(`${loop.issuer}/account`)), 'and ben stays signed in');
    const asked = await open({ prompt: 'login' });
    await signOut(asked.browser);
    t.match((await asked.browser.submit(asked.page, { ...ann })).text, 'name="decision"');
  },
);
