// The operator's accounts without a browser: created, signed in, reset, revoked.
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';
import { connectApp } from '../support/connected-pair.ts';
import { person } from '../support/person.ts';
import { runScript, type ScriptEnd } from '../support/run-script.ts';

const seedUser = (pair: Pair, args: string[], input: string): Promise<ScriptEnd> =>
  runScript(pair, 'seed-user', args, input);

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
  t.same(created, { code: 0, text: `The account ${person.username} is created.\n` });
  await pair.start('auth');
  t.throws(() => pair.setupUrl(), 'with an account there is no link for the first one');
  const connection = await connectApp(pair);

  t.test('refuses a short password and a password that is not given', async (t) => {
    t.match(await seedUser(pair, [...named, '--password-stdin'], 'short\n'), {
      code: 1,
      text: /at least 10 characters/,
    });
    t.match(await seedUser(pair, [...named, '--password-stdin'], 'qwertyuiop\n'), {
      code: 1,
      text: /first that are guessed/,
    });
    t.match(await seedUser(pair, named, ''), { code: 1, text: /--password-stdin/ });
  });
  t.test('a reset signs browsers out, and leaves connections and the owner’s browsers alone', async (t) => {
    t.same(rowsOf(pair, 'sessions', 'devices'), [1, 1]);
    t.match(await seedUser(pair, [...named, '--password-stdin'], `${person.password}\n`), {
      code: 0,
      text: /is set, its browsers are signed out/,
    });
    t.same(rowsOf(pair, 'sessions', 'account_sessions', 'devices'), [0, 0, 1]);
    t.equal((await connection.refresh(connection.tokens.refresh_token)).status, 200);
  });
  t.test('a reset with --revoke ends them, and no browser is the owner’s any more', async (t) => {
    const args = [...named, '--password-stdin', '--revoke'];
    t.equal((await seedUser(pair, args, `${person.password}\n`)).code, 0);
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
    });
    t.match(await app.refresh(app.tokens.refresh_token), { status: 400, tokens: { error: 'invalid_grant' } });
    await t.rejects(connectApp(pair), /Username or password is wrong/);
    t.match(await seedUser(pair, [...named, '--enable'], ''), { code: 0, text: /open again/ });
    await t.resolves(connectApp(pair));
    t.match(await seedUser(pair, ['--username', 'nobody', '--disable'], ''), {
      code: 1,
      text: /no account nobody/,
    });
  });
});
