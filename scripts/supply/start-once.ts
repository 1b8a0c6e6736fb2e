// node start-once.ts auth|api: starts a service once while its image is built, asks it what anybody may ask, and ends it. What V8 makes
// of it meanwhile is kept beside the bundle (scripts/bundle/load.ts).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What answers them is kept, too. A service is ready with its first answer, and a person waits for the first page. */
const questions: Readonly<Record<string, readonly string[]>> = {
  auth: [
    '/readyz',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/account',
  ],
  api: ['/readyz', '/.well-known/oauth-protected-resource/mcp', '/mcp'],
};

const [service = ''] = process.argv.slice(2);
const asked = questions[service];
if (!asked) throw new Error('usage: node start-once.ts auth|api');

const bundle = join(import.meta.dirname, '../../bundle');
const scratch = mkdtempSync(join(tmpdir(), 'loop-once-'));
const port = await findFreePort();
const child = fork(join(bundle, `${service}-main.js`), {
  execArgv: [],
  env: {
    LOOP_KEEP_COMPILED: '1',
    NODE_OPTIONS: process.env['NODE_OPTIONS'],
    NODE_ENV: 'production',
    AUTH_PORT: `${port}`,
    AUTH_DATABASE_URL: `sqlite:${join(scratch, 'auth.db')}`,
    API_CLIENT_SECRET: 'of a service that answers nobody',
    API_PORT: `${port}`,
    API_INDEX_PATH: join(scratch, 'index.db'),
  },
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
child.once('message', async () => {
  try {
    for (const path of asked) await fetch(`http://127.0.0.1:${port}${path}`).then((answer) => answer.text());
  } finally {
    child.kill('SIGTERM');
  }
});
child.once('exit', (code) => {
  rmSync(scratch, { recursive: true });
  // Whatever user id runs the service reads it; the one that builds the image alone writes it.
  for (const entry of readdirSync(bundle, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
  process.exitCode = code ?? 1;
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}
