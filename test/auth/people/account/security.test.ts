// /account/security: the password is changed, and browsers that were left signed in are signed out.
import t, { type Test } from 'tap';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { addAccount, ann, type LoopAuth, startLoopAuth } from '../../../support/loop-auth.ts';

const bob = { username: 'bob', password: 'a sentence that only Bob knows' };
const renewed = 'quite another sentence of hers';
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

async function signIn(loop: LoopAuth, person = ann, agent?: string): Promise<Browser> {
  const browser = new Browser(agent === undefined ? {} : { 'User-Agent': agent });
  const form = await browser.visit(`${loop.issuer}/account/security`);
  const page = await browser.submit(form, { ...person });
  t.equal(page.url.pathname, '/account/security');
  return browser;
}

function send(loop: LoopAuth, browser: Browser, fields: Readonly<Record<string, string>>) {
  const headers = { Origin: new URL(loop.issuer).origin, 'Sec-Fetch-Site': 'same-origin' };
  const init = { method: 'POST', body: new URLSearchParams(fields), headers };
  return browser.visit(`${loop.issuer}/account/security`, undefined, init);
}

const visit = (loop: LoopAuth, browser: Browser) => browser.visit(`${loop.issuer}/account/security`);

async function isSignedIn(loop: LoopAuth, browser: Browser): Promise<boolean> {
  return !(await visit(loop, browser)).text.includes('name="back"');
}

/** Browsers are noted beside the request. */
async function untilNoted(t: Test, loop: LoopAuth, browser: Browser, name: string): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { text } = await visit(loop, browser);
    if (text.includes(name)) return text;
  }
  t.fail(`${name} is never shown`);
  return '';
}

t.test('signed out it asks to sign in', async (t) => {
  const loop = await startLoopAuth(t);
  const page = await visit(loop, new Browser());
  t.match(page.text, 'name="back"');
  t.notMatch(page.text, 'name="current"');
});

t.test(
  'each browser is there with what and where it is, this one is marked, and nobody else’s',
  async (t) => {
    const loop = await startLoopAuth(t);
    await addAccount(loop.database, bob);
    await signIn(loop, bob, phone);
    const desk = await signIn(
      loop,
      ann,
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/131.0',
    );
    t.notMatch((await visit(loop, desk)).text, 'Safari');
    await signIn(loop, ann, phone);
    const text = await untilNoted(t, loop, desk, 'Safari · iOS');
    t.match(text, /Firefox · Windows<\/bdi><\/strong> · this one/);
    t.notMatch(text, /Safari · iOS<\/bdi><\/strong> · this one/);
    t.match(text, '127.0.0.1');
  },
);

t.test('one browser is signed out, or all others, and apps stay connected', async (t) => {
  const loop = await startLoopAuth(t);
  const { app, tokens } = await loop.connect();
  const [desk, lost, third] = [await signIn(loop), await signIn(loop), await signIn(loop)];
  const page = await visit(loop, desk);
  const [id = ''] = [...page.text.matchAll(/name="id" value="([^"]+)"/g)].map(([, found]) => found ?? '');
  const one = await send(loop, desk, { action: 'end', id });
  t.match(one.text, 'That browser is signed out');
  t.equal(await isSignedIn(loop, desk), true);
  const left = [await isSignedIn(loop, lost), await isSignedIn(loop, third)];
  t.match((await send(loop, desk, { action: 'end-others' })).text, 'signed out: ');
  t.ok(left.filter(Boolean).length >= 1, 'one of them was left');
  t.equal(await isSignedIn(loop, lost), false);
  t.equal(await isSignedIn(loop, third), false);
  t.equal(await isSignedIn(loop, desk), true);
  t.match((await send(loop, desk, { action: 'end-others' })).text, 'No other browser is signed in');
  t.equal((await loop.refresh(app, tokens.refresh_token)).status, 200);
});

t.test('a browser of another account is not ended, and is not told of', async (t) => {
  const loop = await startLoopAuth(t);
  await addAccount(loop.database, bob);
  const [desk, other] = [await signIn(loop), await signIn(loop, bob)];
  await signIn(loop, bob);
  const page = await visit(loop, other);
  const [, id = ''] = /name="id" value="([^"]+)"/.exec(page.text) ?? [];
  const answer = await send(loop, desk, { action: 'end', id });
  t.match(answer.text, 'was not signed in any more');
  t.match((await visit(loop, other)).text, id, 'it is still there');
});

t.test('the password is changed: other browsers go, this one and the apps stay', async (t) => {
  const loop = await startLoopAuth(t);
  const { app, tokens } = await loop.connect();
  const [desk, other] = [await signIn(loop), await signIn(loop)];
  const page = await send(loop, desk, { current: ann.password, password: renewed });
  t.match(page.text, 'The password is changed');
  t.equal(await isSignedIn(loop, desk), true);
  t.equal(await isSignedIn(loop, other), false);
  t.equal((await loop.refresh(app, tokens.refresh_token)).status, 200);
  await signIn(loop, { ...ann, password: renewed });
  t.equal((await loop.post('/account/sign-in', ann)).status, 401, 'the old one is over');
});

t.test('a wrong, a weak and an old password change nothing, and say what is wrong', async (t) => {
  const loop = await startLoopAuth(t);
  const desk = await signIn(loop);
  const cases = [
    {
      current: 'something else of hers',
      password: renewed,
      said: 'The current password is wrong',
      status: 401,
    },
    { current: ann.password, password: 'short', said: 'needs at least 10 characters', status: 422 },
    { current: ann.password, password: 'password123', said: 'first that are guessed', status: 422 },
    { current: ann.password, password: '', said: 'needs at least 10 characters', status: 422 },
  ];
  for (const { said, status, ...typed } of cases) {
    const page = await send(loop, desk, typed);
    t.match(page.text, said);
    t.equal(page.status, status);
    t.notMatch(page.text, renewed);
  }
  t.equal((await send(loop, desk, { action: 'all' })).status, 400);
  await signIn(loop);
});

t.test('guesses of the current password count as guesses', async (t) => {
  const loop = await startLoopAuth(t);
  const desk = await signIn(loop);
  const guess = () => send(loop, desk, { current: 'a guess of hers', password: renewed });
  let last = await guess();
  for (let tries = 0; tries < 30 && last.status !== 429; tries += 1) last = await guess();
  t.equal(last.status, 429);
  t.match(last.text, 'Too many tries');
});
