// What an operator does for an account: looks, closes, opens, signs its browsers out, and takes a lost second factor away.
import t from 'tap';
import { openDatabase } from '../../adapters/database/open.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { createFactorStores } from '../../adapters/stores/factors/factors.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { person } from '../support/person.ts';
import { runScript } from '../support/run-script.ts';
import { settingsFor } from '../support/upstream.ts';

const { pair, connect } = await startConnectedPair(t, { API_INTROSPECTION_CACHE_SECONDS: '0' });
const run = (...args: string[]) => runScript(pair, 'accounts', args);
const readJson = async (...args: string[]) => JSON.parse((await run(...args, '--json')).text);

async function signIn(): Promise<{ browser: Browser; text: string }> {
  const browser = new Browser();
  const page = await browser.submit(await browser.visit(`${pair.issuer}/account`), { ...person });
  return { browser, text: page.text };
}

async function turnCodesOn(): Promise<void> {
  const database = await openDatabase(pair.databaseUrl);
  const account = await new AccountStore(database).findByUsername(person.username);
  const { oneTimeCodes, recoveryCodes } = createFactorStores(database);
  await oneTimeCodes.save({ accountId: String(account?.id), secret: 'A'.repeat(32) }, 0);
  await recoveryCodes.replace(String(account?.id), ['one', 'two']);
  await database.close();
}

t.test('list shows every account with what it signs in with', async (t) => {
  await signIn();
  const { code, text } = await run();
  t.equal(code, 0);
  t.match(text, /^account +since +state +codes +passkeys +provider +browsers +id\n/);
  t.match(text, new RegExp(`^${person.username} .* open +off +0 +no +\\d+ `, 'm'));
  t.match(await readJson('list'), [{ account: person.username, isOpen: true, codes: false, passkeys: 0 }]);
});

t.test('where passwords are turned off it says what lets an account in by one', async (t) => {
  const allowed = await run('list');
  t.notMatch(allowed.text, 'AUTH_LOCAL_SIGN_IN');
  const settings = settingsFor('https://id.example', { AUTH_LOCAL_SIGN_IN: 'off' });
  const off = (args: string[]) => runScript(pair, 'accounts', args, '', settings);
  t.match((await off(['list'])).text, /AUTH_LOCAL_SIGN_IN=on.*npm run seed-user/);
  t.match(JSON.parse((await off(['list', '--json'])).text), [{ linkedAs: null }], 'and JSON stays JSON');
});

t.test('a name that nobody has is said so', async (t) => {
  for (const command of ['disable', 'enable', 'sessions', 'reset-factors'])
    t.match(await run(command, 'nobody'), { code: 1, text: /no such account/, trail: [] });
});

t.test('reset-factors lets who lost the phone in with the password alone', async (t) => {
  await turnCodesOn();
  t.match(await readJson('list'), [{ codes: true, recoveryCodes: 2 }]);
  t.match((await signIn()).text, 'name="code"');
  const { code, text, trail } = await run('reset-factors', person.username.toUpperCase());
  t.equal(code, 0);
  t.match(text, 'the password alone signs in');
  t.match(trail, [{ event: 'factors.reset', accountId: String, reason: 'operator' }]);
  t.notMatch((await signIn()).text, 'name="code"');
  const again = await readJson('reset-factors', person.username);
  t.same(again, { account: person.username, removed: { codes: false, recoveryCodes: 0, passkeys: 0 } });
});

t.test('sessions shows the browsers that are signed in, and signs one or all out', async (t) => {
  const { browser } = await signIn();
  const listed = (await readJson('sessions', person.username)) as Array<{ id: string }>;
  t.ok(listed.length >= 2);
  t.match((await run('sessions', person.username)).text, /^browser +network +signed in +seen +id\n/);
  t.match(await run('sessions', person.username, '--end', 'x'), { code: 1, text: /no such session/ });
  t.same(await readJson('sessions', person.username, '--end', String(listed[0]?.id)), {
    account: person.username,
    ended: 1,
  });
  t.match(await run('sessions', person.username, '--end-all'), {
    code: 0,
    trail: [{ event: 'sessions.revoked' }],
  });
  t.same(await readJson('sessions', person.username), []);
  t.match((await browser.visit(`${pair.issuer}/account`)).text, 'name="password"');
});

t.test('disable closes an account and its apps, enable opens it', async (t) => {
  const app = await connect();
  const { text, trail } = await run('disable', person.username);
  t.match(text, `${person.username} is closed`);
  t.match(trail, [{ event: 'account.disabled' }, { event: 'connection.revoked' }]);
  t.match(await app.refresh(app.tokens.refresh_token), { status: 400 });
  t.match(await readJson('list'), [{ isOpen: false }]);
  t.match((await signIn()).text, 'name="password"');
  t.match(await readJson('enable', person.username), { isOpen: true });
  t.notMatch((await signIn()).text, 'name="password"');
});
