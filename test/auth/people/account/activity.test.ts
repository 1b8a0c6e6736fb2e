// /account/activity shows an account what happened to it, and nothing of anybody else.
import t from 'tap';
import { AccessKeyStore } from '../../../../adapters/stores/access-keys/access-keys.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { AccountEventStore } from '../../../../adapters/stores/timeline/account-events.ts';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { addAccount, ann, type LoopAuth, redirectUri, startLoopAuth } from '../../../support/loop-auth.ts';

const bob = { username: 'bob', password: 'a sentence that only Bob knows' };

async function open(loop: LoopAuth, person: { username: string; password: string }, query = '') {
  const browser = new Browser();
  const form = await browser.visit(`${loop.issuer}/account/activity`);
  await browser.submit(form, { ...person });
  await loop.storeTries();
  return browser.visit(`${loop.issuer}/account/activity${query}`);
}

t.test('signed out it asks to sign in, and one comes back to it', async (t) => {
  const loop = await startLoopAuth(t);
  const browser = new Browser();
  const form = await browser.visit(`${loop.issuer}/account/activity`);
  t.match(form.text, 'name="password"');
  t.notMatch(form.text, 'name="code"');
  const page = await browser.submit(form, { ...ann });
  t.equal(page.url.pathname, '/account/activity');
  const other = new Browser();
  const asked = await other.visit(`${loop.issuer}/account/activity?code=a-code`);
  t.equal(
    (await other.submit(asked, { ...ann })).url.search,
    '?code=a-code',
    'with the code that one came with',
  );
});

t.test('its own tries, sign-ins and ledger are there, and another account’s are not', async (t) => {
  const loop = await startLoopAuth(t);
  await addAccount(loop.database, bob);
  await loop.connect({ app: await loop.register({ client_name: 'A notebook' }) });
  const page = await open(loop, ann);
  t.match(page.text, 'A notebook');
  t.match(page.text, 'Token given');
  t.match(page.text, 'Signed in with the right password');
  t.match(page.text, 'connected for 0 days, 1 sign-in');
  const other = await open(loop, bob);
  t.equal(other.status, 200);
  t.notMatch(other.text, 'A notebook');
});

t.test('a bad sign-in is told, and what was typed is not', async (t) => {
  const loop = await startLoopAuth(t);
  const browser = new Browser();
  const form = await browser.visit(`${loop.issuer}/account/activity`);
  await browser.submit(form, { username: ann.username, password: 'a guess that is wrong' });
  const page = await open(loop, ann);
  t.match(page.text, 'A wrong password was typed');
  t.notMatch(page.text, 'a guess that is wrong');
});

t.test('the code of an error page finds its try with the sentence, for whoever was shown it', async (t) => {
  const loop = await startLoopAuth(t);
  const { url } = loop.authorization(await loop.register(), { resource: 'https://other.example/mcp' });
  const refused = await new Browser().visit(url, redirectUri);
  const [code = ''] = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(refused.text) ?? [];
  const page = await open(loop, ann, `?code=${code}`);
  t.match(page.text, 'use the MCP URL exactly as the start page shows it');
  await addAccount(loop.database, bob);
  t.match(
    (await open(loop, bob, `?code=${code}`)).text,
    'use the MCP URL exactly as the start page shows it',
  );
  t.match((await open(loop, ann, '?code=another')).text, 'Nothing was seen with that code');
});

t.test('more than a page goes on with older ones', async (t) => {
  const loop = await startLoopAuth(t);
  const now = Math.floor(Date.now() / 1000);
  const { id } = (await loop.database.first({ sql: 'select id from accounts', slots: [] }, {})) ?? {};
  for (let n = 0; n < 80; n += 1) {
    const sql = `insert into account_events (id, account_id, at, expires_at, event, is_refusal, network)
      values ('${n}', '${id}', ${now - n * 60 - 60}, ${now + 999}, 'sign_in.failed', 1, '10.0.0.${n}')`;
    await loop.database.commit([{ statement: { sql, slots: [] }, values: {} }]);
  }
  const first = await open(loop, ann);
  t.match(first.text, '10.0.0.1<');
  t.notMatch(first.text, '10.0.0.79');
  const [, older = ''] = /href="([^"]*before=\d+)"/.exec(first.text) ?? [];
  t.match((await open(loop, ann, older.slice(older.indexOf('?')))).text, '10.0.0.79');
  for (const before of ['', 'x', '-1', '1.5', '1234567890123', '1&before=2']) {
    const bad = await open(loop, ann, `?before=${before}`);
    t.equal(bad.status, 400, before);
    t.match(bad.text, 'before must be a time in epoch seconds', before);
  }
});

t.test(
  'a try that nobody signed in for is shown to the owner of the only account, and to nobody where there are two',
  async (t) => {
    const loop = await startLoopAuth(t);
    const app = await loop.register({ client_name: 'A notebook' });
    const { url } = loop.authorization(app, { resource: 'https://other.example/mcp' });
    await new Browser().visit(url, redirectUri);
    const page = await open(loop, ann);
    t.match(page.text, 'A notebook');
    t.match(page.text, 'use the MCP URL exactly as the start page shows it');
    t.match(page.text, 'Nobody had signed in yet');
    const bobsId = await addAccount(loop.database, bob);
    for (const person of [ann, bob]) t.notMatch((await open(loop, person)).text, 'A notebook');
    await new AccountStore(loop.database).setDisabled(bobsId, true);
    t.notMatch((await open(loop, ann)).text, 'A notebook', 'a disabled account may come back');
  },
);

t.test('tries of strangers bury nothing that happened to the account itself', async (t) => {
  const loop = await startLoopAuth(t);
  const now = Math.floor(Date.now() / 1000);
  for (let n = 0; n < 200; n += 1) {
    const sql = `insert into tries (id, started_at, updated_at, expires_at, network, is_guessed, steps)
      values ('${n}', ${now}, ${now + 5}, ${now + 999}, '10.1.0.${n}', 0, '{}')`;
    await loop.database.commit([{ statement: { sql, slots: [] }, values: {} }]);
  }
  const page = await open(loop, ann);
  t.match(page.text, 'Signed in with the right password');
  t.match(page.text, 'an app that said no name');
  t.equal(page.text.match(/Nobody had signed in yet/g)?.length, 20);
});

t.test('what whoever runs the server did is told as such', async (t) => {
  const loop = await startLoopAuth(t);
  const now = Math.floor(Date.now() / 1000);
  const { id } = (await loop.database.first({ sql: 'select id from accounts', slots: [] }, {})) ?? {};
  const told = { accountId: String(id), at: now, isRefusal: false, network: 'none', clientId: undefined };
  const events = new AccountEventStore(loop.database);
  await events.add([{ ...told, event: 'account.password_set', reason: undefined }]);
  t.notMatch((await open(loop, ann)).text, 'By whoever runs this server');
  await events.add([{ ...told, event: 'backup.restored', reason: 'operator' }]);
  t.match((await open(loop, ann)).text, /A backup was put back[\s\S]*By whoever runs this server/);
  await events.add([{ ...told, event: 'something.newer', reason: undefined }]);
  t.match(await open(loop, ann), { status: 200, text: 'somethingNewer' }, 'of a version that knew more');
});

t.test('what is told of an access key or an app names it, for its owner alone', async (t) => {
  const loop = await startLoopAuth(t);
  const bobsId = await addAccount(loop.database, bob);
  await loop.connect({ app: await loop.register({ client_name: 'A notebook' }) });
  const accountId = (await new AccountStore(loop.database).findByUsername(ann.username))?.id ?? '';
  const keys = new AccessKeyStore(loop.database);
  const key = { access: 'read', folders: undefined, madeFrom: undefined, expiresAt: undefined } as const;
  await keys.add('value-1', { ...key, id: 'one', accountId, name: 'Night script' });
  await keys.add('value-2', { ...key, id: 'bobs', accountId: bobsId, name: 'Not hers' });
  const now = Math.floor(Date.now() / 1000);
  const told = { accountId, at: now, isRefusal: false, network: 'none', reason: undefined };
  const events = new AccountEventStore(loop.database);
  await events.add(
    ['key:one', 'key:gone', 'key:bobs'].map((clientId) => ({ ...told, event: 'access_key.used', clientId })),
  );
  const { text } = await open(loop, ann);
  t.match(text, /An access key was used for the first time\. <bdi class="app-name">Night script</);
  t.match(text, '<bdi class="app-name">key:gone<', 'of one from before names were kept the id is left');
  t.notMatch(text, 'Not hers');
  t.match(text, /An app was allowed\. <bdi class="app-name">A notebook</);
});
