// /account: a person sees their own connections and revokes one.
import t from 'tap';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { addAccount, ann, type LoopAuth, startLoopAuth } from '../../../support/loop-auth.ts';

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
  t.equal((await loop.post('/account/revoke', { id: 'anything' })).status, 200);
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

t.test('the revoke form can not be posted from another site', async (t) => {
  const loop = await startLoopAuth(t);
  const answer = await loop.post('/account/revoke', { id: 'x' }, { Origin: 'https://evil.example' });
  t.equal(answer.status, 403);
});
