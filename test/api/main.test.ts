// api/main.ts as a process: plain messages for what a person can mend, and an orderly stop.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FakeAuthorizationServer } from '../support/authorization-server.ts';
import { bareEnvironment } from '../support/bare-environment.ts';
import {
  callTool,
  LIST_TOOLS,
  makeVault,
  postMcp,
  postModern,
  readJson,
  startWorld,
} from '../support/loop-api.ts';

interface Running {
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  exited: Promise<number | null>;
}

function run(t: Test, settings: Record<string, string>): Running {
  const child = spawn(process.execPath, ['api/main.ts'], { env: { ...bareEnvironment, ...settings } });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  t.teardown(() => void child.kill('SIGKILL'));
  return { child, output, exited };
}

async function startProcess(t: Test, secret?: Record<string, string>) {
  const folder = await makeVault(t);
  const auth = await new FakeAuthorizationServer().start();
  t.teardown(() => auth.stop());
  const running = run(t, {
    AUTH_ISSUER: auth.issuer,
    API_PORT: '0',
    API_VAULT_DIR: join(folder, 'vault'),
    API_INDEX_PATH: join(folder, 'index.db'),
    ...(secret ?? { API_CLIENT_SECRET: 'secret' }),
  });
  while (!running.output.stdout.includes('listens'))
    await once(running.child.stdout ?? running.child, 'data');
  const { port } = JSON.parse(
    running.output.stdout.split('\n').find((line) => line.includes('listens')) ?? '',
  );
  return { ...running, auth, url: `http://127.0.0.1:${port}` };
}

t.test('wrong settings are all named, and the exit code is 1', async (t) => {
  const { output, exited } = run(t, { API_PORT: 'http', API_SSE: 'perhaps' });
  t.equal(await exited, 1);
  t.match(output.stderr, /API_PORT: read "http".*\n.*API_SSE: read "perhaps"/);
  t.notMatch(output.stderr, /\n +at /, 'no stack');
});

t.test('a vault folder that does not exist is named with API_VAULT_DIR', async (t) => {
  const { output, exited } = run(t, { API_VAULT_DIR: '/nowhere/notes' });
  t.equal(await exited, 1);
  t.match(output.stderr, /^There is no folder .*\/nowhere\/notes.*API_VAULT_DIR/);
});

t.test('a port that is taken is named with API_PORT', async (t) => {
  const folder = await makeVault(t);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => void other.close());
  const port = String((other.address() as AddressInfo).port);
  const { output, exited } = run(t, {
    API_PORT: port,
    API_VAULT_DIR: join(folder, 'vault'),
    API_INDEX_PATH: join(folder, 'index.db'),
  });
  t.equal(await exited, 1);
  t.match(output.stderr, new RegExp(`^Port ${port} .*API_PORT`));
  t.equal(output.stderr.trim().split('\n').length, 1, 'one line');
});

t.test('a port for metrics that is taken is named with API_METRICS_PORT', async (t) => {
  const folder = await makeVault(t);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => void other.close());
  const port = String((other.address() as AddressInfo).port);
  const { output, exited } = run(t, {
    API_PORT: '0',
    API_METRICS_PORT: port,
    API_VAULT_DIR: join(folder, 'vault'),
    API_INDEX_PATH: join(folder, 'index.db'),
  });
  t.equal(await exited, 1);
  t.match(output.stderr, new RegExp(`^Port ${port} .*API_METRICS_PORT`));
});

t.test(
  'the index is for its own user, also one that is there; a new note is as the vault has them',
  async (t) => {
    const folder = await makeVault(t);
    const index = join(folder, 'data', 'index.db');
    const settings = {
      API_CLIENT_SECRET: 'secret',
      API_INDEX_PATH: index,
      API_VAULT_DIR: join(folder, 'vault'),
    };
    const expectPrivate = async (): Promise<void> => {
      const names = await readdir(join(folder, 'data'));
      t.ok(names.includes('index.db'));
      for (const name of names) t.equal((await stat(join(folder, 'data', name))).mode & 0o077, 0, name);
    };
    const first = await startProcess(t, settings);
    await expectPrivate();
    first.child.kill('SIGKILL');
    await first.exited;
    await chmod(index, 0o644);
    const { url, auth } = await startProcess(t, settings);
    await expectPrivate();
    auth.addToken('good', 'http://localhost:8082/mcp', { scope: 'vault.write' });
    const made = await postMcp(url, 'good', callTool('create_note', { path: 'new/note.md', text: 'x' }));
    t.match(await readJson(made), { result: { structuredContent: { id: 'new/note.md' } } });
    const usual = 0o666 & ~process.umask();
    t.equal((await stat(join(folder, 'vault', 'new', 'note.md'))).mode & 0o777, usual);
  },
);

t.test('it starts while the secret file does not exist, and says 503 to tokens', async (t) => {
  const folder = await makeVault(t);
  const { url } = await startProcess(t, { API_CLIENT_SECRET_FILE: join(folder, 'api-client-secret') });
  t.equal((await fetch(`${url}/readyz`)).status, 200);
  t.equal((await postMcp(url, 'good', LIST_TOOLS)).status, 503);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`on ${signal} running calls are answered, and the process ends with 0`, async (t) => {
    const { child, exited, auth, url } = await startProcess(t);
    auth.addToken('good', 'http://localhost:8082/mcp');
    auth.delayMs = 500;
    const calls = [postMcp(url, 'good', LIST_TOOLS), postModern(url, 'good', 'tools/list')];
    while (auth.introspections.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill(signal);
    for (const answer of await Promise.all(calls)) {
      t.equal(answer.status, 200);
      t.match(await readJson(answer), { result: { tools: [] } });
    }
    const answeredAt = performance.now();
    t.equal(await exited, 0);
    t.ok(performance.now() - answeredAt < 3_000, 'without waiting for the connection to grow old');
  });
}

t.test('a call that never ends is cut off after the time for draining', async (t) => {
  const world = await startWorld(t);
  world.auth.failure = 'hang';
  const call = postMcp(world.url, 'good', LIST_TOOLS);
  call.catch(() => undefined);
  while (world.auth.introspections.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await world.service.stop(100);
  await t.rejects(call);
});
