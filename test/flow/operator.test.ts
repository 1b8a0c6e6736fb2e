// What an operator does to a running installation: looks who is connected, revokes, backs up, restores.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import type { Pair } from '../../scripts/demo/pair.ts';
import { startConnectedPair } from '../support/connected-pair.ts';
import { callTool } from '../support/mcp-call.ts';
import { person } from '../support/person.ts';
import { runScript } from '../support/run-script.ts';
import { until } from '../support/until.ts';

/** What accounts are told that whoever runs the server did, the oldest first. */
function byOperator(pair: Pair): unknown[] {
  const database = new Sqlite(pair.databaseUrl.replace('sqlite:', ''), { readonly: true });
  const events = database
    .prepare("SELECT event FROM account_events WHERE reason = 'operator' ORDER BY rowid")
    .pluck()
    .all();
  database.close();
  return events;
}

const cacheOff = { API_INTROSPECTION_CACHE_SECONDS: '0', API_INTROSPECTION_STALE_SECONDS: '0' };

t.test('npm run connections', async (t) => {
  const { pair, connect } = await startConnectedPair(t, cacheOff);
  t.match(await runScript(pair, 'connections'), { code: 0, text: /Nobody is connected/ });
  const [first, second] = [await connect(), await connect()];

  t.test('lists app, account, since and last use', async (t) => {
    const { code, text } = await runScript(pair, 'connections', ['list']);
    t.equal(code, 0);
    t.match(text, /^app +account +since +last used +grant +client\n/);
    t.match(
      text,
      new RegExp(`^A test +${person.username} +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d .*${first.clientId}$`, 'm'),
    );
    const { text: json } = await runScript(pair, 'connections', ['list', '--json']);
    t.equal((JSON.parse(json) as unknown[]).length, 2);
  });
  t.test('shows tries and the ledger', async (t) => {
    const hasToken = async (): Promise<boolean> =>
      (await runScript(pair, 'connections', ['tries'])).text.includes('tokenGiven, done');
    await until(hasToken, 'tries to be stored');
    const { code, text } = await runScript(pair, 'connections', ['tries']);
    t.equal(code, 0);
    t.match(text, /A test/);
    const { text: json } = await runScript(pair, 'connections', ['tries', '--json']);
    t.match(
      (JSON.parse(json) as Array<{ client: string }>).find(({ client }) => client === first.clientId),
      { app: 'A test', steps: { tokenGiven: { result: 'done' } } },
    );
    t.match(await runScript(pair, 'connections', ['ledger']), {
      code: 0,
      text: /^A test 127\.0\.0\.1\S* of ann: connected for 0 days, 2 sign-ins \(again: forgotten /m,
    });
    const { text: ledger } = await runScript(pair, 'connections', ['ledger', '--json', '--account', 'ANN']);
    t.match(JSON.parse(ledger), [{ signIns: 2, again: [{ cause: 'forgotten' }] }]);
    t.match(await runScript(pair, 'connections', ['ledger', '--account', 'nobody']), { code: 1 });
    t.match(await runScript(pair, 'connections', ['tries', '--code', 'none']), { code: 0, text: /Nothing/ });
  });
  t.test('revokes one app: its tokens end, the others go on', async (t) => {
    const { trail, ...end } = await runScript(pair, 'connections', ['revoke', '--client', first.clientId]);
    t.same(end, { code: 0, text: 'Revoked: 1 connection.\n' });
    const ids = { accountId: String, clientId: first.clientId, grantId: String };
    t.match(trail, [{ level: 30, event: 'connection.revoked', ...ids, reason: 'operator' }]);
    t.notMatch(JSON.stringify(trail), `"${person.username}"`);
    t.equal((await callTool(pair.resource, first.tokens.access_token)).status, 401);
    t.match(await first.refresh(first.tokens.refresh_token), {
      status: 400,
      tokens: { error: 'invalid_grant' },
    });
    t.equal((await callTool(pair.resource, second.tokens.access_token)).status, 200);
    t.same(byOperator(pair), ['connection.revoked'], 'its account is told of it');
    // loop-auth stores what it saw every few seconds.
    const causeOf = async (): Promise<string | undefined> => {
      const { text } = await runScript(pair, 'connections', ['tries', '--json']);
      const tries = JSON.parse(text) as Array<{ client: string; cause: string }>;
      return tries.find(({ client }) => client === first.clientId)?.cause;
    };
    await until(async () => (await causeOf()) === 'refreshUnknown', 'the refresh that was refused');
  });
  t.test('revokes an account’s, and refuses to guess', async (t) => {
    t.match(await runScript(pair, 'connections', ['revoke']), {
      code: 1,
      text: /--grant, --client, --account or --all/,
    });
    t.match(await runScript(pair, 'connections', ['revoke', '--account', 'nobody']), {
      code: 1,
      text: /no connection fits/,
      trail: [],
    });
    t.match(await runScript(pair, 'connections', ['revoke', '--account', person.username.toUpperCase()]), {
      code: 0,
      trail: [{ event: 'connection.revoked', clientId: second.clientId }],
    });
    t.equal((await callTool(pair.resource, second.tokens.access_token)).status, 401);
  });
  t.test('revokes everything, and says of each what went', async (t) => {
    const third = await connect();
    const { code, trail, text } = await runScript(pair, 'connections', ['revoke', '--all', '--json']);
    t.equal(code, 0);
    t.match(JSON.parse(text), [
      { app: 'A test', account: person.username, client: third.clientId, grant: String, since: String },
    ]);
    t.same(byOperator(pair).slice(-2), ['connection.revoked', 'sessions.revoked']);
    t.match(await runScript(pair, 'connections', ['revoke', '--all']), {
      code: 0,
      text: 'Revoked: 0 connections, every access key and every browser session.\n',
    });
    t.match(await runScript(pair, 'connections', ['revoke', '--all', '--json']), { code: 0, text: '[]\n' });
    t.match(trail, [
      { event: 'connection.revoked', clientId: third.clientId, reason: 'operator' },
      { event: 'sessions.revoked', reason: 'operator' },
    ]);
  });
});

t.test('npm run backup and npm run restore', async (t) => {
  const { pair, connect } = await startConnectedPair(t, cacheOff);
  const idle = await connect();
  const active = await connect();
  const named = ['--account', person.username, '--name', 'A program', '--access', 'read'];
  const { text: made } = await runScript(pair, 'keys', ['create', ...named, '--json']);
  const { key } = JSON.parse(made) as { key: string };
  const file = join(pair.folder, 'copy.db');
  const backup = await runScript(pair, 'backup', ['--to', file]);
  t.match(backup, { code: 0, text: /1 accounts, 3 clients|1 accounts, 2 clients, 2 grants; verified/ });
  t.match(await runScript(pair, 'backup', ['--to', file]), { code: 1, text: /never overwritten/ });
  const { tokens } = await active.refresh(active.tokens.refresh_token);

  t.test('a restore is refused while loop-auth runs', async (t) => {
    t.match(await runScript(pair, 'restore', ['--from', file]), { code: 1, text: /stop loop-auth first/ });
    t.equal((await idle.refresh('unknown')).status, 400, 'it goes on answering');
  });
  t.test('what is no backup is refused and nothing is changed', async (t) => {
    t.match(await runScript(pair, 'restore', ['--from', import.meta.filename]), {
      code: 1,
      text: /not a backup/,
    });
  });
  t.test(
    'a backup restored on a new machine costs no sign-in to clients that did not refresh since',
    async (t) => {
      await Promise.all([pair.stop('api'), pair.stop('auth')]);
      for (const name of ['auth.db', 'auth.db-wal', 'auth.db-shm', 'api-client-secret', 'index.db']) {
        await rm(join(pair.folder, name), { force: true });
      }
      const { code, text } = await runScript(pair, 'restore', ['--from', file]);
      t.equal(code, 0, text);
      t.match(text, /was made \d{4}-\d\d-\d\dT.*revoke-all/s, 'it says how old it is and what that means');
      t.same(byOperator(pair).slice(-1), ['backup.restored'], 'so do the pages of its accounts');
      await pair.start('auth');
      await pair.start('api');
      t.equal((await callTool(pair.resource, idle.tokens.access_token)).status, 200);
      t.equal((await callTool(pair.resource, key)).status, 200, 'an access key goes on');
      t.notOk((await readFile(file)).includes(key.slice('loop_'.length)), 'and the backup does not have it');
      t.equal((await idle.refresh(idle.tokens.refresh_token)).status, 200);
      t.equal(
        (await active.refresh(tokens.refresh_token)).status,
        400,
        'a token of after the backup is unknown',
      );
    },
  );
  t.test('with --revoke-all everyone signs in again', async (t) => {
    await pair.stop('auth');
    t.match(await runScript(pair, 'restore', ['--from', file, '--revoke-all']), {
      code: 0,
      text: /is revoked/,
      trail: [
        { event: 'backup.restored', reason: 'operator' },
        { event: 'connection.revoked' },
        { event: 'connection.revoked' },
        { event: 'sessions.revoked' },
      ],
    });
    const keys = ['access_key.created', 'access_key.created'];
    const restored = ['backup.restored', 'connection.revoked', 'connection.revoked', 'sessions.revoked'];
    t.same(byOperator(pair), [...keys, ...restored]);
    await pair.start('auth');
    t.equal((await idle.refresh(idle.tokens.refresh_token)).status, 400);
    t.equal((await callTool(pair.resource, key)).status, 401);
  });
});

t.test('a backup that made itself, encrypted, is restored with the key and with no other', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'loop-backups-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const key = { AUTH_ENCRYPTION_KEY: 'a key of at least thirty-two signs' };
  const { pair, connect } = await startConnectedPair(t, { ...cacheOff, ...key, AUTH_BACKUP_DIR: folder });
  const { clientId } = await connect();
  const list = async (): Promise<string[]> =>
    (await readdir(folder)).filter((name) => /\.sealed$/.test(name));
  // The first one is of the start, before there was anybody; the next one is of now.
  await until(async () => (await list()).length === 1, 'a backup');
  await pair.stop('auth');
  for (const name of await list()) await rm(join(folder, name));
  await pair.start('auth');
  await until(async () => (await list()).length === 1, 'a backup');
  await Promise.all([pair.stop('api'), pair.stop('auth')]);
  const [name = ''] = await list();
  const file = join(folder, name);
  const restore = (settings: Record<string, string>) =>
    runScript(pair, 'restore', ['--from', file], '', settings);
  t.match(await restore({}), { code: 1, text: /is encrypted: set AUTH_ENCRYPTION_KEY/ });
  const other = { AUTH_ENCRYPTION_KEY: 'another key of at least thirty-two signs' };
  t.match(await restore(other), { code: 1, text: /AUTH_ENCRYPTION_KEY is not the key/ });
  for (const suffix of ['', '-wal', '-shm']) await rm(join(pair.folder, `auth.db${suffix}`), { force: true });
  t.match(await restore(key), { code: 0, text: /1 accounts, \d clients, 1 grants.*is that backup now/s });
  t.same(
    (await readdir(pair.folder)).filter((one) => /opened|unfinished|\.backup$/.test(one)),
    [],
    'nothing in clear is left beside the database',
  );
  await pair.start('auth');
  t.match(await runScript(pair, 'connections', ['list', '--json'], '', key), { text: clientId });
});

t.test('npm run rotate-keys: the new key is published, the old one still signs', async (t) => {
  const { pair, connect } = await startConnectedPair(t, cacheOff);
  const { refresh, tokens } = await connect();
  const { code, text } = await runScript(pair, 'rotate-keys');
  t.equal(code, 0, text);
  const [, kid] = /The signing key (\S+) is published/.exec(text) ?? [];
  await pair.stop('auth');
  await pair.start('auth');
  const { keys } = (await (await fetch(`${pair.issuer}/jwks`)).json()) as { keys: Array<{ kid: string }> };
  t.equal(keys.length, 4, 'two of each algorithm');
  t.equal(keys[1]?.kid, kid);
  t.equal((await refresh(tokens.refresh_token)).status, 200);
});
