// What an operator does to a running installation: looks who is connected, revokes, backs up, restores.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startConnectedPair } from '../support/connected-pair.ts';
import { callTool } from '../support/mcp-call.ts';
import { person } from '../support/person.ts';
import { runScript } from '../support/run-script.ts';
import { until } from '../support/until.ts';

const cacheOff = { API_INTROSPECTION_CACHE_SECONDS: '0', API_INTROSPECTION_STALE_SECONDS: '0' };

t.test('npm run grants', async (t) => {
  const { pair, connect } = await startConnectedPair(t, cacheOff);
  t.match(await runScript(pair, 'grants'), { code: 0, text: /Nobody is connected/ });
  const [first, second] = [await connect(), await connect()];

  t.test('lists app, account, since and last use', async (t) => {
    const { code, text } = await runScript(pair, 'grants', ['list']);
    t.equal(code, 0);
    t.match(text, /^app +account +since +last used +grant +client\n/);
    t.match(
      text,
      new RegExp(`^A test +${person.username} +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d .*${first.clientId}$`, 'm'),
    );
    const { text: json } = await runScript(pair, 'grants', ['list', '--json']);
    t.equal((JSON.parse(json) as unknown[]).length, 2);
  });
  t.test('revokes one app: its tokens end, the others go on', async (t) => {
    const { trail, ...end } = await runScript(pair, 'grants', ['revoke', '--client', first.clientId]);
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
  });
  t.test('revokes an account’s, and refuses to guess', async (t) => {
    t.match(await runScript(pair, 'grants', ['revoke']), {
      code: 1,
      text: /--grant, --client, --account or --all/,
    });
    t.match(await runScript(pair, 'grants', ['revoke', '--account', 'nobody']), {
      code: 1,
      text: /no connection fits/,
      trail: [],
    });
    t.match(await runScript(pair, 'grants', ['revoke', '--account', person.username.toUpperCase()]), {
      code: 0,
      trail: [{ event: 'connection.revoked', clientId: second.clientId }],
    });
    t.equal((await callTool(pair.resource, second.tokens.access_token)).status, 401);
  });
  t.test('revokes everything, and says of each what went', async (t) => {
    const third = await connect();
    const { code, trail } = await runScript(pair, 'grants', ['revoke', '--all']);
    t.equal(code, 0);
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
      await pair.start('auth');
      await pair.start('api');
      t.equal((await callTool(pair.resource, idle.tokens.access_token)).status, 200);
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
    });
    await pair.start('auth');
    t.equal((await idle.refresh(idle.tokens.refresh_token)).status, 400);
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
  t.match(await runScript(pair, 'grants', ['list', '--json'], '', key), { text: clientId });
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
