// /account: a person sees their own connections, takes them away and makes them read only; asked once, told afterwards.
import t, { type Test } from 'tap';
import { Browser, type Page } from '../../../../scripts/demo/browser.ts';
import { shiftClock } from '../../../support/clock.ts';
import { addAccount, ann, type LoopAuth, present, startLoopAuth } from '../../../support/loop-auth.ts';

const ben = { username: 'ben', password: 'another sentence for Ben' };
const day = 24 * 3600;

async function signInTo(loop: LoopAuth, browser: Browser, person = ann): Promise<Page> {
  return browser.submit(await browser.visit(`${loop.issuer}/account`), { ...person });
}

/** A form of /account, posted by its page's own browser. */
function post(loop: LoopAuth, browser: Browser, fields: Record<string, string>): Promise<Page> {
  const headers = { Origin: new URL(loop.issuer).origin };
  return browser.visit(`${loop.issuer}/account`, undefined, {
    method: 'POST',
    body: present(fields),
    headers,
  });
}

function connectAs(loop: LoopAuth, name: string, scope = 'vault.read') {
  return loop.register({ client_name: name }).then((app) => loop.connect({ app, parameters: { scope } }));
}

/** The list shows an app, then the forms of its connections. */
function idOf({ text }: Page, name: string): string {
  return /name="id" value="([^"]+)"/.exec(text.slice(text.indexOf(name)))?.[1] ?? '';
}

const removed = /role="status"[^>]*autofocus[^>]*>Removed\. Requests end within 30 seconds/;

t.test('a connection is removed after one question, and the page says so', async (t) => {
  const loop = await startLoopAuth(t);
  const first = await connectAs(loop, 'First app');
  const second = await connectAs(loop, 'Second app');
  const browser = new Browser();
  const page = await signInTo(loop, browser);
  t.equal(page.url.pathname, '/account');
  const id = idOf(page, 'First app');
  const question = await post(loop, browser, { action: 'revoke', id });
  t.match(question.text, /Remove <bdi[^>]*>“First app”/);
  t.ok(await loop.isActive(first.tokens.access_token), 'asked first');
  const after = await browser.submit(question, { confirm: 'yes' });
  t.equal(after.url.pathname, '/account');
  t.match(after.text, removed);
  t.notMatch(after.text, 'First app');
  t.match(after.text, 'Second app');
  t.notOk(await loop.isActive(first.tokens.access_token));
  t.match(await loop.refresh(first.app, first.tokens.refresh_token), {
    status: 400,
    body: { error: 'invalid_grant' },
  });
  t.ok(await loop.isActive(second.tokens.access_token));
  const again = await post(loop, browser, { action: 'revoke', id, confirm: 'yes' });
  t.match(again.text, 'not there any more. Nothing was changed');
});

t.test(
  'connections of one app stand together, told apart by what they may, when, from where and last call',
  async (t) => {
    const clock = shiftClock(t);
    const loop = await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.1' } });
    await loop.describe({ folders: ['Recipes', 'Projects'] });
    const choice = { access: 'read', reach: 'some', folders: ['Recipes'] };
    const scope = 'vault.read vault.write';
    const { tokens } = await loop.connect({
      app: await loop.register({ client_name: 'Claude' }),
      parameters: { scope },
      choice,
    });
    clock.advance(1800);
    await connectAs(loop, 'Claude', scope);
    await connectAs(loop, 'Other');
    await loop.introspect(tokens.access_token);
    await loop.introspect(tokens.access_token);
    await loop.introspect('no token');
    await loop.storeCalls();
    const { text } = await signInTo(loop, new Browser());
    t.equal(text.split('<section').length - 1, 2);
    const words = text
      .slice(text.indexOf('<main'))
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ');
    t.match(words, /Claude 127\.0\.0\.1(:\d+)? · 2 connections/);
    t.match(
      words,
      /May Read, create, change and delete notes In All notes Since [^·]*from 127\.0\.0\.1 Last call None yet/,
    );
    t.match(
      words,
      /Read and search notes It asked to change notes, too, and may not\. In Recipes Since [^·]*· 2 this week/,
    );
  },
);

t.test('a connection is made read only, also for the tokens that are out', async (t) => {
  const loop = await startLoopAuth(t);
  const { app, tokens } = await connectAs(loop, 'Writer', 'vault.read vault.write');
  t.match(await loop.introspect(tokens.access_token), { body: { scope: /vault\.write/ } });
  const browser = new Browser();
  const id = idOf(await signInTo(loop, browser), 'Writer');
  const question = await post(loop, browser, { action: 'read-only', id });
  t.match(question.text, /Let <bdi[^>]*>“Writer”<\/bdi> only read/);
  const after = await browser.submit(question, { confirm: 'yes' });
  t.match(after.text, /role="status"[^>]*>It may only read now/);
  t.notMatch(after.text, 'value="read-only"');
  t.match(after.text, 'may not');
  const detail = { actions: ['read'], withheld: ['write'] };
  t.match(await loop.introspect(tokens.access_token), {
    body: { active: true, scope: 'vault.read', authorization_details: [detail] },
  });
  const refreshed = await loop.refresh(app, tokens.refresh_token);
  t.match(await loop.introspect(refreshed.body['access_token']), {
    body: { active: true, scope: 'vault.read' },
  });
  t.match((await post(loop, browser, { action: 'read-only', id })).text, 'may only read already');
});

t.test(
  'all are removed by who typed their password in the last five minutes; others type it first',
  async (t) => {
    const clock = shiftClock(t);
    const loop = await startLoopAuth(t);
    await addAccount(loop.database, ben);
    const connected = [await connectAs(loop, 'One'), await connectAs(loop, 'Two')];
    const bens = await loop.register();
    const bensBrowser = new Browser();
    await signInTo(loop, bensBrowser, ben);
    const ofBen = await loop.connect({ app: bens, browser: bensBrowser });
    const areActive = () => Promise.all(connected.map(({ tokens }) => loop.isActive(tokens.access_token)));
    const browser = new Browser();
    await signInTo(loop, browser);
    t.match(
      (await post(loop, browser, { action: 'revoke-all' })).text,
      /Remove all connections[\s\S]*Connections: 2/,
    );
    clock.advance(5 * 60 + 1);
    for (const fields of [{ action: 'revoke-all' }, { action: 'revoke-all', confirm: 'yes' }])
      t.match((await post(loop, browser, fields)).text, 'Type your password again');
    t.same(await areActive(), [true, true]);
    const asked = await post(loop, browser, { action: 'revoke-all', confirm: 'yes' });
    const wrong = await browser.submit(asked, { username: ann.username, password: 'wrong' });
    t.equal(wrong.status, 401);
    const question = await browser.submit(wrong, { ...ann });
    t.match(question.text, 'Remove all connections?', 'back at the question');
    t.same(await areActive(), [true, true]);
    const after = await browser.submit(question, { confirm: 'yes' });
    t.match(after.text, /2 connections removed/);
    t.match(after.text, 'No app is connected yet');
    t.same(await areActive(), [false, false]);
    t.ok(await loop.isActive(ofBen.tokens.access_token));
    t.match(
      (await post(loop, browser, { action: 'revoke-all' })).text,
      'No app is connected. Nothing was changed',
    );
  },
);

t.test('what was not used for thirty days is removed at once, and nothing else', async (t) => {
  const clock = shiftClock(t);
  const loop = await startLoopAuth(t);
  const old = await connectAs(loop, 'Old app');
  const used = await connectAs(loop, 'Used app');
  clock.advance(29 * day);
  const refreshed = await loop.refresh(used.app, used.tokens.refresh_token);
  const browser = new Browser();
  await signInTo(loop, browser);
  t.match(
    (await post(loop, browser, { action: 'revoke-unused' })).text,
    'was used in the last 30 days. Nothing',
  );
  clock.advance(2 * day);
  const question = await post(loop, browser, { action: 'revoke-unused' });
  t.match(question.text, /not used for 30 days\?[\s\S]*Connections: 1/);
  const after = await browser.submit(question, { confirm: 'yes' });
  t.match(after.text, '1 connections removed');
  t.notMatch(after.text, 'Old app');
  t.match(after.text, 'Used app');
  t.equal((await loop.refresh(old.app, old.tokens.refresh_token)).status, 400);
  t.equal((await loop.refresh(used.app, refreshed.body['refresh_token'])).status, 200);
});

t.test('who was signed out meanwhile comes back to the question', async (t) => {
  const loop = await startLoopAuth(t);
  const { tokens } = await connectAs(loop, 'First app');
  const id = idOf(await signInTo(loop, new Browser()), 'First app');
  for (const fields of [
    { action: 'revoke', id },
    { action: 'revoke', id, confirm: 'yes' },
  ]) {
    const browser = new Browser();
    const page = await post(loop, browser, fields);
    t.match(page.text, 'name="password"');
    const question = await browser.submit(page, { ...ann });
    t.match(question.text, /Remove <bdi[^>]*>“First app”/);
    t.ok(await loop.isActive(tokens.access_token), 'nothing happens unasked');
  }
});

t.test('nobody sees or removes what is another’s', async (t) => {
  const loop = await startLoopAuth(t);
  const { tokens } = await connectAs(loop, 'Ann’s app', 'vault.read vault.write');
  await addAccount(loop.database, ben);
  const id = idOf(await signInTo(loop, new Browser()), 'Ann’s app');
  const browser = new Browser();
  t.notMatch((await signInTo(loop, browser, ben)).text, 'Ann’s app');
  for (const action of ['revoke', 'read-only', 'revoke-all', 'revoke-unused'])
    for (const confirm of ['', 'yes']) {
      const page = await post(loop, browser, { action, id, confirm });
      t.notMatch(page.text, 'Ann’s app');
      t.match(page.text, 'Nothing was changed');
    }
  t.match(await loop.introspect(tokens.access_token), { body: { active: true, scope: /vault\.write/ } });
});

t.test('a form of another site is refused, and so is one that asks for nothing there is', async (t) => {
  const loop = await startLoopAuth(t);
  const { tokens } = await connectAs(loop, 'First app');
  const browser = new Browser();
  await signInTo(loop, browser);
  const body = present({ action: 'revoke-all', confirm: 'yes' });
  const forged = await browser.visit(`${loop.issuer}/account`, undefined, {
    method: 'POST',
    body,
    headers: { Origin: 'https://evil.example' },
  });
  t.equal(forged.status, 403);
  t.equal((await post(loop, browser, { action: 'x' })).status, 400);
  t.equal((await browser.visit(`${loop.issuer}/account?${body}`)).status, 200, 'a link only asks');
  t.ok(await loop.isActive(tokens.access_token));
});

t.test('a hundred and more are shown a page at a time', async (t: Test) => {
  const loop = await startLoopAuth(t);
  const { app } = await connectAs(loop, 'Newest');
  const [row] = await loop.database.all({ sql: 'SELECT account_id FROM grants', slots: [] }, {});
  for (let n = 0; n < 101; n += 1) {
    const payload = JSON.stringify({ accountId: row?.['account_id'], clientId: app.clientId });
    const grant = { id: `g${n}`, payload, account_id: row?.['account_id'], client_id: app.clientId };
    const token = { id: `t${n}`, payload: '{}', grant_id: `g${n}`, issued_at: 1, expires_at: 9_999_999_999 };
    const sql = [
      loop.database
        .builder('grants')
        .insert({ ...grant, created_at: n, expires_at: 9_999_999_999 })
        .toString(),
      loop.database.builder('refresh_tokens').insert(token).toString(),
    ];
    await loop.database.commit(sql.map((one) => ({ statement: { sql: one, slots: [] }, values: {} })));
  }
  const browser = new Browser();
  const first = await signInTo(loop, browser);
  const count = ({ text }: Page): number => text.split('value="revoke">').length - 1;
  t.equal(count(first), 100);
  const older = /href="([^"]+)">Older connections/.exec(first.text)?.[1] ?? '';
  const second = await browser.visit(new URL(older.replaceAll('&amp;', '&'), loop.issuer));
  t.equal(count(second), 2);
  t.match(second.text, /href="\/account">Newest/);
  t.notMatch(second.text, 'Older connections');
  const ends = ['', 'x', '1', '1.', '.g1', '-1.g1', '1.g1%20', '1234567890123.g1', `1.${'g'.repeat(101)}`];
  for (const before of [...ends, '1.g1&before=2.g2']) {
    const bad = await browser.visit(`${loop.issuer}/account?before=${before}`);
    t.equal(bad.status, 400, before);
    t.match(bad.text, /before must be a time and an id, as the link to older connections has them/, before);
  }
  const asked = await post(loop, browser, { action: 'revoke-all' });
  t.match(asked.text, 'Connections: 102', 'all are meant, not those of the page');
  t.match((await browser.submit(asked, { confirm: 'yes' })).text, /102 connections removed/);
});
