// loop-auth as a process: how it refuses to start, and how it stops.

import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openDatabase } from '../../adapters/database/open.ts';
import { isReady, startServiceProcess } from '../../scripts/operator/service-process.ts';

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

t.test('the port of the metrics is one of its own, and is named where it can not be had', async (t) => {
  const folder = await makeFolder(t);
  const [port, metricsPort] = [await freePort(), await freePort()];
  const environment = {
    AUTH_PORT: String(port),
    AUTH_METRICS_PORT: String(metricsPort),
    AUTH_DATABASE_URL: `sqlite:${join(folder, 'auth.db')}`,
  };
  const service = startServiceProcess({ name: 'auth', environment, onLine: () => undefined });
  t.teardown(() => service.child.kill('SIGKILL'));
  t.ok(await isReady(service));
  t.equal((await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).status, 200);
  t.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 404);
  const taken = await runMain({ ...environment, AUTH_PORT: '0' });
  t.equal(taken.code, 1);
  t.match(
    taken.output,
    `port ${metricsPort} on 127.0.0.1 is taken by another program; stop it or set AUTH_METRICS_PORT`,
  );
  service.child.kill('SIGTERM');
  t.equal(await service.ended, 0);
  const same = await runMain({ ...environment, AUTH_METRICS_PORT: String(port) });
  t.equal(same.code, 1);
  t.match(same.output, 'AUTH_METRICS_PORT: read');
  t.match(same.output, 'allowed: another port than AUTH_PORT');
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

t.test('its files are for its own user, and a signal lets it finish and ends it with 0', async (t) => {
  const folder = await makeFolder(t);
  const port = await freePort();
  const stopping = Promise.withResolvers<void>();
  const service = startServiceProcess({
    name: 'auth',
    environment: { AUTH_PORT: String(port), AUTH_DATABASE_URL: `sqlite:${join(folder, 'auth.db')}` },
    onLine: (line) => {
      if (line.includes('loop-auth stops')) stopping.resolve();
    },
  });
  t.teardown(() => service.child.kill('SIGKILL'));
  t.ok(await isReady(service, port));
  for (const name of ['auth.db', 'api-client-secret']) {
    t.equal((await stat(join(folder, name))).mode & 0o077, 0, name);
  }
  const body = 'grant_type=refresh_token&refresh_token=x&client_id=nobody';
  const asked = request({
    port,
    host: '127.0.0.1',
    path: '/token',
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': body.length,
      Expect: '100-continue',
    },
  });
  const answered = once(asked, 'response');
  asked.flushHeaders();
  await once(asked, 'continue');
  service.child.kill('SIGTERM');
  await stopping.promise;
  asked.end(body);
  const [response] = await answered;
  t.equal(response.statusCode, 401, 'the request under way was answered');
  response.resume();
  t.equal(await service.ended, 0);
});
