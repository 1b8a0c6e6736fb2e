// The operator's accounts without a browser: created, signed in, reset, revoked.
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';
import { connectApp } from '../support/connected-pair.ts';
import { person } from '../support/person.ts';
import { runScript, type ScriptEnd } from '../support/run-script.ts';

const seedUser = (pair: Pair, args: string[], input: string): Promise<ScriptEnd> =>
  runScript(pair, 'seed-user', args, input);

/** What the account's owner is told of, the oldest first. */
function eventsOf(pair: Pair): string[] {
  const database = new Sqlite(pair.databaseUrl.replace('sqlite:', ''), { readonly: true });
  const rows = database.prepare('SELECT event, reason FROM account_events ORDER BY rowid').all();
  database.close();
  return (rows as Record<string, unknown>[]).map(({ event, reason }) => `${event} ${reason}`);
}

function rowsOf(pair: Pair, ...tables: string[]): number[] {
  const database = new Sqlite(pair.databaseUrl.replace('sqlite:', ''), { readonly: true });
  const rows = tables.map((table) => database.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  database.close();
  return rows.map(Number);
}

t.test('npm run seed-user', async (t) => {
  const pair = await Pair.create();
  t.teardown(() => pair.close());
  const named = ['--username', person.username];
  const created = await seedUser(pair, [...named, '--password-stdin'], `${person.password}\n`);
  t.match(created, { code: 0, text: `The account ${person.username} is created.\n` });
  const [{ accountId } = {}] = created.trail;
  t.match(created.trail, [{ level: 30, event: 'account.created', accountId: String, reason: 'operator' }]);
  const told: string[] = created.trail.map((line) => JSON.stringify(line));
  await pair.start('auth');
  t.throws(() => pair.setupUrl(), 'with an account there is no link for the first one');
  const connection = await connectApp(pair);

  t.test('refuses a short password and a password that is not given', async (t) => {
    t.match(await seedUser(pair, [...named, '--password-stdin'], 'short\n'), {
      code: 1,
      text: /at least 10 characters/,
      trail: [],
    });
    t.match(await seedUser(pair, [...named, '--password-stdin'], 'qwertyuiop\n'), {
      code: 1,
      text: /first that are guessed/,
    });
    t.match(await seedUser(pair, named, ''), { code: 1, text: /--password-stdin/ });
  });
  t.test('a reset signs browsers out, and leaves connections and the owner’s browsers alone', async (t) => {
    t.same(rowsOf(pair, 'sessions', 'devices'), [1, 1]);
    const { trail, ...end } = await seedUser(pair, [...named, '--password-stdin'], `${person.password}\n`);
    t.match(end, { code: 0, text: /is set, its browsers are signed out/ });
    t.match(trail, [{ event: 'account.password_set', accountId, reason: 'operator' }]);
    t.equal(trail.length, 1);
    t.same(rowsOf(pair, 'sessions', 'devices'), [0, 1]);
    t.equal((await connection.refresh(connection.tokens.refresh_token)).status, 200);
  });
  t.test('a reset with --revoke ends them, and no browser is the owner’s any more', async (t) => {
    const args = [...named, '--password-stdin', '--revoke'];
    const { code, trail } = await seedUser(pair, args, `${person.password}\n`);
    t.equal(code, 0);
    const { clientId } = connection;
    t.match(trail, [
      { event: 'account.password_set', accountId, reason: 'operator' },
      { event: 'connection.revoked', accountId, clientId, grantId: String, reason: 'operator' },
    ]);
    told.push(...trail.map((line) => JSON.stringify(line)));
    t.same(rowsOf(pair, 'grants', 'refresh_tokens', 'sessions', 'devices'), [0, 0, 0, 0]);
    t.match(await connection.refresh(connection.tokens.refresh_token), {
      status: 400,
      tokens: { error: 'invalid_grant' },
    });
  });
  t.test('--disable closes the account and ends what it let in; --enable opens it again', async (t) => {
    const app = await connectApp(pair);
    t.match(await seedUser(pair, [...named, '--disable'], ''), {
      code: 0,
      text: /closed; its apps are revoked/,
      trail: [
        { event: 'account.disabled', accountId },
        { event: 'connection.revoked', accountId, clientId: app.clientId },
      ],
    });
    t.match(await app.refresh(app.tokens.refresh_token), { status: 400, tokens: { error: 'invalid_grant' } });
    await t.rejects(connectApp(pair), /Username or password is wrong/);
    t.match(await seedUser(pair, [...named, '--enable'], ''), {
      code: 0,
      text: /open again/,
      trail: [{ event: 'account.enabled', accountId }],
    });
    await t.resolves(connectApp(pair));
    t.match(await seedUser(pair, ['--username', 'nobody', '--disable'], ''), {
      code: 1,
      text: /no account nobody/,
      trail: [],
    });
    const byOperator = eventsOf(pair).filter((one) => one.endsWith(' operator'));
    t.same(byOperator, [
      'account.created operator',
      'account.password_set operator',
      'account.password_set operator',
      'connection.revoked operator',
      'account.disabled operator',
      'connection.revoked operator',
      'account.enabled operator',
    ]);
    for (const typed of [person.username, person.password, 'nobody'])
      t.notMatch(told.join(), `"${typed}"`, 'ids alone are told');
  });
});
