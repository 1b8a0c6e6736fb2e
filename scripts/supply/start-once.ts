// node start-once.ts auth|api: starts a service once while its image is built, and ends it when it is ready. What node makes
// of it is kept (NODE_COMPILE_CACHE), for the user id whose services are to find it: node looks by user id.
import { fork } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [service = '', user = String(process.getuid?.())] = process.argv.slice(2);
const cache = process.env['NODE_COMPILE_CACHE'];
if (!['auth', 'api'].includes(service) || !cache)
  throw new Error('usage: NODE_COMPILE_CACHE=FOLDER node start-once.ts auth|api [USER-ID]');

const uid = Number(user);
const give = (path: string, to: number): void => {
  if (process.getuid?.() === 0) chownSync(path, to, to);
};
const scratch = mkdtempSync(join(tmpdir(), 'loop-once-'));
give(scratch, uid);
mkdirSync(cache, { recursive: true });
give(cache, uid);

const child = fork(join(import.meta.dirname, `../../bundle/${service}-main.js`), {
  uid,
  execArgv: [],
  env: {
    NODE_COMPILE_CACHE: cache,
    NODE_OPTIONS: process.env['NODE_OPTIONS'],
    NODE_ENV: 'production',
    AUTH_PORT: '0',
    AUTH_DATABASE_URL: `sqlite:${join(scratch, 'auth.db')}`,
    API_CLIENT_SECRET: 'of a service that answers nobody',
    API_PORT: '0',
    API_INDEX_PATH: join(scratch, 'index.db'),
  },
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
child.once('message', () => child.kill('SIGTERM'));
child.once('exit', (code) => {
  rmSync(scratch, { recursive: true });
  // Read from now on, and written by nobody.
  for (const entry of readdirSync(cache, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    chmodSync(path, entry.isDirectory() ? 0o555 : 0o444);
    give(path, 0);
  }
  give(cache, 0);
  process.exitCode = code ?? 1;
});
