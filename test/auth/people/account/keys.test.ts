// /account/keys: a key is made with the password, shown once, listed and revoked; and what the form refuses.
import t, { type Test } from 'tap';
import { perAccount } from '../../../../adapters/bounds.ts';
import { compile } from '../../../../adapters/database/statement.ts';
import { AccessKeyStore } from '../../../../adapters/stores/access-keys/access-keys.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { AccountEventStore } from '../../../../adapters/stores/timeline/account-events.ts';
import { startSweep } from '../../../../adapters/sweep/sweep.ts';
import { createKeyValue } from '../../../../auth/vault/access-keys/value.ts';
import { Browser, type Page } from '../../../../scripts/demo/browser.ts';
import { shiftClock } from '../../../support/clock.ts';
import {
  addAccount,
  ann,
  apiSecret,
  basic,
  type LoopAuth,
  resource,
  startLoopAuth,
} from '../../../support/loop-auth.ts';

const ben = { username: 'ben', password: 'another sentence for Ben' };
const day = 24 * 3600;

type Fields = ReadonlyArray<readonly [string, string]> | Readonly<Record<string, string>>;

async function startSignedIn(t: Test): Promise<{ loop: LoopAuth; browser: Browser }> {
  const loop = await startLoopAuth(t);
  await loop.describe({ folders: ['Projects', 'Projects/loop', '일기'] });
  return { loop, browser: await signIn(loop) };
}

async function signIn(loop: LoopAuth, person = ann): Promise<Browser> {
  const browser = new Browser();
  await browser.submit(await visit(loop, browser), { ...person });
  return browser;
}

function visit(loop: LoopAuth, browser: Browser, query = ''): Promise<Page> {
  return browser.visit(`${loop.issuer}/account/keys${query}`);
}

function post(loop: LoopAuth, browser: Browser, fields: Fields, headers: object = {}): Promise<Page> {
  const own = { Origin: new URL(loop.issuer).origin, ...headers };
  const body = new URLSearchParams(fields as Record<string, string>);
  return browser.visit(`${loop.issuer}/account/keys`, undefined, { method: 'POST', body, headers: own });
}

const valueIn = ({ text }: Page): string => /loop_[0-9A-Za-z]{49}/.exec(text)?.[0] ?? '';
const idIn = ({ text }: Page): string => /name="id" value="([^"]+)"/.exec(text)?.[1] ?? '';

async function idOfAnn({ database }: LoopAuth): Promise<string> {
  return String((await new AccountStore(database).findByUsername(ann.username))?.id);
}

t.test('signed out it asks to sign in, and goes on to the form as it was', async (t) => {
  const loop = await startLoopAuth(t);
  const browser = new Browser();
  const asked = await post(loop, browser, { name: 'Night & day', access: 'write', days: '365' });
  t.match(asked.text, 'name="back"');
  const form = await browser.submit(asked, { ...ann });
  t.equal(form.url.pathname, '/account/keys');
  t.match(form.text, 'value="Night &amp; day"');
  t.match(form.text, /value="write" checked/);
  t.match(form.text, /value="365" checked/);
  t.equal(valueIn(form), '', 'no address makes a key');
  t.same((await new AccessKeyStore(loop.database).page()).rows, []);
});

t.test('a key is made, shown once and works; afterwards no page has it', async (t) => {
  const { loop, browser } = await startSignedIn(t);
  const form = await visit(loop, browser);
  t.match(form.text, 'There is no access key');
  const fields = { name: 'Backup on the NAS', access: 'read', reach: 'all', days: '30' };
  const made = await browser.submit(form, fields);
  t.equal(made.status, 200);
  t.equal(made.headers.get('Cache-Control'), 'no-store');
  const value = valueIn(made);
  t.match(made.text, `--header &quot;Authorization: Bearer ${value}&quot;`);
  const { body } = await loop.introspect(value);
  t.match(body, { active: true, username: 'ann', client_name: 'Backup on the NAS', scope: 'vault.read' });
  t.equal(Number(body['exp']) - Number(body['iat']), 30 * day);
  const list = await visit(loop, browser);
  t.match(list.text, '<bdi>Backup on the NAS</bdi>');
  t.match(list.text, 'Not yet');
  t.match((await browser.visit(`${loop.issuer}/account`)).text, '<bdi>Backup on the NAS</bdi>');
  for (const page of [list, await browser.visit(`${loop.issuer}/account`)]) t.equal(valueIn(page), '');
  t.notOk(loop.lines.join('\n').includes(value.slice(5)), 'nor has the log');
  t.notOk((await loop.storedBytes()).includes(value.slice(5)), 'nor the database');
});

t.test(
  'a form that is sent twice, as by loading the page again, makes one key and shows it once',
  async (t) => {
    const { loop, browser } = await startSignedIn(t);
    const form = await visit(loop, browser);
    const made = await browser.submit(form, { name: 'Once', access: 'read' });
    t.not(valueIn(made), '');
    const again = await browser.submit(form, { name: 'Once', access: 'read' });
    t.equal(again.url.pathname, '/account/keys');
    t.match(again.text, 'is not shown a second time');
    t.equal(valueIn(again), '');
    t.equal((await new AccessKeyStore(loop.database).page()).rows.length, 1);
    const another = await browser.submit(await visit(loop, browser), { name: 'Once' });
    t.not(valueIn(another), '', 'a new form makes a new one');
  },
);

t.test('writing, folders and no end are taken as they were said; who says nothing gets less', async (t) => {
  const { loop, browser } = await startSignedIn(t);
  const whole = await post(loop, browser, [
    ['name', 'A'],
    ['access', 'write'],
    ['reach', 'some'],
    ['folders', 'Projects'],
    ['folders', '일기'],
    ['days', 'none'],
  ]);
  const { body } = await loop.introspect(valueIn(whole));
  t.match(body, { scope: 'vault.read vault.write' });
  t.match(body['authorization_details'], [{ actions: ['read', 'write'], folders: ['Projects', '일기'] }]);
  t.ok(Number(body['exp']) > Date.now() / 1000 + 3650 * day);
  const least = await loop.introspect(valueIn(await post(loop, browser, { name: 'B' })));
  t.match(least.body, { scope: 'vault.read', authorization_details: [{ actions: ['read'] }] });
  t.equal(Number(least.body['exp']) - Number(least.body['iat']), 90 * day);
});

t.test('what is wrong is said, the form stays as it was filled in, and nothing is made', async (t) => {
  const { loop, browser } = await startSignedIn(t);
  const good = { name: 'Good', access: 'read', reach: 'all', days: '30' };
  const cases: ReadonlyArray<readonly [Record<string, string>, string]> = [
    [{ ...good, name: '  ' }, 'Give the key a name'],
    [{ ...good, name: 'x'.repeat(101) }, 'longer than 100 characters'],
    [{ ...good, name: 'x'.repeat(50_000) }, 'longer than 100 characters'],
    [{ ...good, name: 'turned\u202e' }, 'can not be seen'],
    [{ ...good, name: 'line\nbreak' }, 'can not be seen'],
    ...['0', '-1', '3651', '1.5', '1e3', '', 'never', '99999'].map(
      (days) => [{ ...good, days }, '1 to 3650 days, or no end'] as const,
    ),
    [{ ...good, access: 'all' }, 'may only read, or also change'],
    [{ ...good, reach: 'none' }, 'all notes, or only some'],
    [{ ...good, reach: 'some' }, 'at least one folder'],
    [{ ...good, reach: 'some', folders: 'Secret' }, 'not there any more'],
    [{ ...good, reach: 'some', folders: '../x' }, 'not there any more'],
  ];
  for (const [fields, said] of cases) {
    const page = await post(loop, browser, fields);
    t.equal(page.status, 422, JSON.stringify(fields).slice(0, 100));
    t.match(page.text, said);
    t.equal(valueIn(page), '');
  }
  t.match((await post(loop, browser, { ...good, days: '0' })).text, 'value="Good"');
  t.equal((await post(loop, browser, { action: 'make' })).status, 400);
  t.same((await new AccessKeyStore(loop.database).page()).rows, []);
});

t.test('a name is shown as text wherever it is shown', async (t) => {
  const { loop, browser } = await startSignedIn(t);
  const name = `<img src=x onerror=alert(1)>"'&`;
  const made = await post(loop, browser, { name });
  const pages = [made, await visit(loop, browser), await browser.visit(`${loop.issuer}/account`)];
  pages.push(await post(loop, browser, { name, days: '0' }));
  for (const page of pages) {
    t.notMatch(page.text, '<img');
    t.match(page.text, '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
  }
  t.equal((await loop.introspect(valueIn(made))).body['client_name'], name);
});

t.test('the password is asked for again when it was typed a while ago', async (t) => {
  const clock = shiftClock(t);
  const { loop, browser } = await startSignedIn(t);
  clock.advance(5 * 60 + 1);
  const fields: Fields = [
    ['name', 'Late'],
    ['access', 'write'],
    ['reach', 'some'],
    ['folders', '일기'],
    ['days', 'none'],
  ];
  const asked = await post(loop, browser, fields);
  t.match(asked.text, 'Type your password again');
  t.same((await new AccessKeyStore(loop.database).page()).rows, []);
  const form = await browser.submit(asked, { ...ann });
  t.match(form.text, 'value="Late"');
  t.match(form.text, /value="일기" checked/);
  const made = await browser.submit(form, { name: 'Late' });
  t.not(valueIn(made), '');
  clock.advance(day);
  const revoked = await post(loop, browser, { action: 'revoke', id: idIn(await visit(loop, browser)) });
  t.match(revoked.text, 'Revoked', 'taking it away needs none');
});

t.test(
  'a choice of more folders than an address holds is made again, and never becomes all notes',
  async (t) => {
    const clock = shiftClock(t);
    const { loop, browser } = await startSignedIn(t);
    const folders = Array.from({ length: 60 }, (_, at) => `폴더 ${at}`);
    await loop.describe({ folders });
    clock.advance(5 * 60 + 1);
    const fields = [['name', 'Many'], ['reach', 'some'], ...folders.map((one) => ['folders', one])];
    const form = await browser.submit(await post(loop, browser, fields as never), { ...ann });
    t.match(form.text, 'value="Many"');
    t.match(form.text, /name="reach" value="some" checked/);
    const refused = await browser.submit(form, { name: 'Many', reach: 'some' });
    t.equal(refused.status, 422);
    t.match(refused.text, 'at least one folder');
  },
);

t.test('a key is revoked at once, by its own account alone, and all of it is told its owner', async (t) => {
  const { loop, browser } = await startSignedIn(t);
  await addAccount(loop.database, ben);
  const value = valueIn(await post(loop, browser, { name: 'Short' }));
  const id = idIn(await visit(loop, browser));
  const other = await signIn(loop, ben);
  t.match((await visit(loop, other)).text, 'There is no access key');
  t.match((await post(loop, other, { action: 'revoke', id })).text, 'not there any more');
  t.ok(await loop.isActive(value));
  await loop.storeCalls();
  t.notMatch((await visit(loop, browser)).text, 'Not yet');
  const after = await post(loop, browser, { action: 'revoke', id });
  t.match(after.text, /role="status"[^>]*>Revoked/);
  t.match(after.text, 'There is no access key');
  t.equal(await loop.isActive(value), false);
  t.match((await post(loop, browser, { action: 'revoke', id })).text, 'not there any more');
  await loop.storeTries();
  const accountId = await idOfAnn(loop);
  const events = await new AccountEventStore(loop.database).list(accountId);
  const told = events.filter(({ event }) => event.startsWith('access_key.'));
  t.same(told.map(({ event, clientId }) => [event, clientId]).sort(), [
    ['access_key.created', `key:${id}`],
    ['access_key.revoked', `key:${id}`],
    ['access_key.used', `key:${id}`],
  ]);
  const { text } = await browser.visit(`${loop.issuer}/account/activity`);
  for (const said of ['key was made', 'used for the first time', 'key was revoked']) t.match(text, said);
  t.equal(text.split('<bdi class="app-name">Short<').length - 1, 3, 'by its name, though it is gone');
  t.notMatch(text, 'key:');
  const ofOther = (await other.visit(`${loop.issuer}/account/activity`)).text;
  t.notMatch(ofOther, 'Short', 'to nobody else');
});

t.test(
  'what a revoked key was called is kept as long as what is told of it, and no longer than its account',
  async (t) => {
    const clock = shiftClock(t);
    const { loop, browser } = await startSignedIn(t);
    const keys = new AccessKeyStore(loop.database);
    const accounts = new AccountStore(loop.database);
    const { id: bens } = await accounts.create('ben', 'hash');
    const accountId = await idOfAnn(loop);
    const key = { access: 'read', folders: undefined, madeFrom: undefined, expiresAt: undefined } as const;
    await post(loop, browser, { name: 'Short' });
    await keys.revoke(accountId, idIn(await visit(loop, browser)));
    for (let n = 0; n < 101; n += 1) {
      await keys.add(`value ${n}`, { ...key, id: `${n}`, accountId: bens, name: 'One of many' });
      await keys.revoke(bens, `${n}`);
    }
    t.equal((await keys.listRevoked(bens)).length, 100);
    t.match(await keys.listRevoked(accountId), [{ name: 'Short' }]);
    await keys.add('the last', { ...key, id: 'last', accountId: bens, name: 'Last' });
    await accounts.setDisabled(bens, true);
    t.match((await keys.listRevoked(bens)).at(-1), { name: 'Last' }, 'closing an account revokes, too');
    await loop.database.commit([
      { statement: compile(loop.database.builder('accounts').where({ id: bens }).delete()), values: {} },
    ]);
    t.same(await keys.listRevoked(bens), [], 'nothing is left of an account that is deleted');
    clock.advance(14 * 24 * 3600 + 61);
    const hour = 3600;
    const limits = { refreshTokenIdleSeconds: hour, accessTokenSeconds: hour, unusedClientSeconds: hour };
    const sweep = startSweep(loop.database, { ...limits, pauseMs: 0 });
    t.teardown(() => sweep.stop());
    await sweep.runOnce();
    t.same(await keys.listRevoked(accountId), []);
  },
);

t.test('no other site’s form makes or revokes one', async (t) => {
  const { loop, browser } = await startSignedIn(t);
  const value = valueIn(await post(loop, browser, { name: 'Mine' }));
  const id = idIn(await visit(loop, browser));
  const foreign = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
  ];
  for (const headers of foreign) {
    t.equal((await post(loop, browser, { name: 'Theirs' }, headers)).status, 403);
    t.equal((await post(loop, browser, { action: 'revoke', id }, headers)).status, 403);
  }
  t.ok(await loop.isActive(value));
  t.equal((await new AccessKeyStore(loop.database).page()).rows.length, 1);
});

t.test('an account that has as many as it may have is told so, and makes one when one is gone', async (t) => {
  const { loop, browser } = await startSignedIn(t);
  const keys = new AccessKeyStore(loop.database);
  const accountId = await idOfAnn(loop);
  const rest = { accountId, access: 'read', folders: undefined, madeFrom: undefined } as const;
  for (let at = 0; at < perAccount.accessKeys; at += 1) {
    await keys.add(createKeyValue(), { ...rest, id: `key${at}`, name: `Key ${at}`, expiresAt: undefined });
  }
  const refused = await post(loop, browser, { name: 'One more' });
  t.equal(refused.status, 422);
  t.match(refused.text, 'as many keys as an account may have');
  t.match(refused.text, 'value="One more"');
  await post(loop, browser, { action: 'revoke', id: 'key0' });
  t.not(valueIn(await post(loop, browser, { name: 'One more' })), '');
});

t.test('one that expired is listed as such for a while', async (t) => {
  const clock = shiftClock(t);
  const { loop, browser } = await startSignedIn(t);
  await post(loop, browser, { name: 'Old', days: '1' });
  t.notMatch((await visit(loop, browser)).text, '· expired');
  t.match((await browser.visit(`${loop.issuer}/account`)).text, 'Old');
  clock.advance(day);
  t.match((await visit(loop, browser)).text, '· expired');
  t.notMatch((await browser.visit(`${loop.issuer}/account`)).text, 'Old');
});

t.test(
  'what a program with a key was refused stands among what happened, under the key’s name',
  async (t) => {
    const { loop, browser } = await startSignedIn(t);
    await post(loop, browser, { name: 'Backup on the NAS' });
    const clientId = `key:${idIn(await visit(loop, browser))}`;
    const subject = await idOfAnn(loop);
    const tell = (outcome: string) =>
      loop.ask('/resource-refusals', {
        method: 'POST',
        headers: { Authorization: basic('loop-api', apiSecret), 'Content-Type': 'application/json' },
        body: JSON.stringify({
          resource,
          calls: [{ outcome, secondsAgo: 0, address: '203.0.113.7', clientId, subject }],
        }),
      });
    const activity = async (): Promise<string> => {
      await loop.storeTries();
      return (await browser.visit(`${loop.issuer}/account/activity`)).text;
    };
    const tries = async () =>
      [...(await activity()).matchAll(/<li class="try">[\s\S]*?<\/li>/g)].filter(([text]) =>
        text.includes('NAS'),
      );
    t.equal((await tell('called')).status, 204);
    t.equal((await tries()).length, 0, 'a call that was answered is no try to connect');
    t.equal((await tell('scope_missing')).status, 204);
    t.match((await tries()).join(), 'Backup on the NAS');
    t.notMatch(await activity(), clientId);
  },
);
