// loop-auth as a process: how it refuses to start, and how it stops.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openDatabase } from '../../adapters/database.ts';
import { Pair } from '../../scripts/demo/pair.ts';
import { startServiceProcess } from '../../scripts/service-process.ts';

async function makeFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-auth-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs main.ts until it ends by itself. */
async function runMain(
  environment: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const lines: string[] = [];
  const { ended } = startServiceProcess({
    name: 'auth',
    environment: { PATH: process.env['PATH'], AUTH_PORT: '0', ...environment },
    onLine: (line) => lines.push(line),
  });
  return { code: await ended, output: lines.join('\n') };
}

t.test('bad settings stop the start, all told at once, and nothing is written', async (t) => {
  const folder = await makeFolder(t);
  const { code, output } = await runMain({
    AUTH_DATABASE_URL: `sqlite:${join(folder, 'auth.db')}`,
    AUTH_PORT: 'x',
    AUTH_ISSUER: 'https://auth.example/',
    AUTH_REFRESH_GRACE_SECONDS: '-1',
    API_CLIENT_SECRET: 'too short',
  });
  t.equal(code, 1);
  for (const name of ['AUTH_PORT', 'AUTH_ISSUER', 'AUTH_REFRESH_GRACE_SECONDS', 'API_CLIENT_SECRET']) {
    t.match(output, name);
  }
  t.notMatch(output, /too short|node:internal|at async/, 'no secret and no stack');
  await t.rejects(stat(join(folder, 'auth.db')));
});

t.test('a taken port is named with the setting to change, before the database is touched', async (t) => {
  const folder = await makeFolder(t);
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => new Promise((resolve) => other.close(resolve)));
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const { code, output } = await runMain({
    AUTH_PORT: String(port),
    AUTH_DATABASE_URL: `sqlite:${join(folder, 'auth.db')}`,
  });
  t.equal(code, 1);
  t.match(output, `port ${port} on 127.0.0.1 is taken`);
  t.match(output, 'AUTH_PORT');
  await t.rejects(stat(join(folder, 'auth.db')));
});

t.test('a file that is no database is named and left as it is', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'auth.db');
  const bytes = Buffer.from('This was a shopping list. '.repeat(1000));
  await writeFile(path, bytes);
  const { code, output } = await runMain({ AUTH_DATABASE_URL: `sqlite:${path}` });
  t.equal(code, 1);
  t.match(output, path);
  t.match(output, /damaged or not a SQLite database/);
  t.match(output, /Restore a backup/);
  t.ok(bytes.equals(await readFile(path)));
  await t.rejects(stat(join(folder, 'api-client-secret')), 'nor is anything made beside it');
});

t.test('a database of a newer version is named and left as it is', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'auth.db');
  const database = await openDatabase(`sqlite:${path}`);
  const sql =
    "INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('9999-from-the-future', 99, 0)";
  await database.commit([{ statement: { sql, slots: [] }, values: {} }]);
  await database.close();
  const before = await readFile(path);
  const { code, output } = await runMain({ AUTH_DATABASE_URL: `sqlite:${path}` });
  t.equal(code, 1);
  t.match(output, '9999-from-the-future');
  t.match(output, /newer version/);
  t.ok(before.equals(await readFile(path)));
});

t.test('a folder that can not be made is named', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'file'), '');
  const { code, output } = await runMain({ AUTH_DATABASE_URL: `sqlite:${join(folder, 'file', 'auth.db')}` });
  t.equal(code, 1);
  t.match(output, join(folder, 'file'));
});

t.test('its files are for its own user, and a signal ends it with 0 in good time', async (t) => {
  const pair = await Pair.create();
  t.teardown(() => pair.close());
  await pair.start('auth');
  for (const name of ['auth.db', 'api-client-secret']) {
    t.equal((await stat(join(pair.folder, name))).mode & 0o077, 0, name);
  }
  // Under way: the body is promised and still to come.
  const { port } = new URL(pair.issuer);
  const { connect } = await import('node:net');
  const slow = connect(Number(port), '127.0.0.1');
  let answer = '';
  slow.on('data', (chunk) => {
    answer += chunk;
  });
  const closed = new Promise((resolve) => slow.once('close', resolve));
  const body = 'grant_type=refresh_token&refresh_token=x&client_id=nobody';
  slow.write(
    `POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  slow.write(body.slice(0, 10));
  await fetch(`${pair.issuer}/readyz`);
  const start = performance.now();
  const stopped = pair.stop('auth');
  const refused = async (): Promise<boolean> => {
    try {
      await (await fetch(`${pair.issuer}/healthz`)).text();
      return false;
    } catch {
      return true;
    }
  };
  while (!(await refused()));
  slow.write(body.slice(10));
  await Promise.all([closed, stopped]);
  t.match(answer, /^HTTP\/1\.1 401 /, 'the request under way was answered');
  t.match(answer, 'invalid_client');
  t.ok(performance.now() - start < 10_000);
  t.equal(await pair.exitCode('auth'), 0);
});
