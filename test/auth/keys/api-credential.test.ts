// Where loop-auth puts the secret that it makes for loop-api, and what it says when it can't.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Pair } from '../../../scripts/demo/pair.ts';

t.test('AUTH_API_SECRET_PATH puts the secret elsewhere, for its own user only', async (t) => {
  const folder = t.testdir({ handover: {} });
  const path = join(folder, 'handover', 'api-client-secret');
  const pair = await Pair.create({ AUTH_API_SECRET_PATH: path });
  t.teardown(() => pair.close());
  await pair.start('auth');
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.notOk(existsSync(join(pair.folder, 'api-client-secret')), 'and not beside the database');
});

t.test('a folder that takes no secret ends the start, naming the path and the user id', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'handover'), 'a file where a folder should be');
  const path = join(folder, 'handover', 'api-client-secret');
  const { status, stdout } = spawnSync(process.execPath, ['auth/main.ts'], {
    env: {
      AUTH_PORT: '0',
      AUTH_DATABASE_URL: `sqlite:${join(mkdtempSync(join(folder, 'data-')), 'auth.db')}`,
      AUTH_API_SECRET_PATH: path,
    },
    encoding: 'utf8',
  });
  t.equal(status, 1);
  t.match(stdout, path);
  t.match(stdout, `user id ${process.getuid?.()}`);
  t.match(stdout, 'set API_CLIENT_SECRET');
});
