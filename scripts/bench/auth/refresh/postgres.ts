// A PostgreSQL server of its own for a benchmark, as scripts/test-postgres has one for tests, but one that syncs its commits.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface PostgresServer {
  /** Of an empty database. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const run = promisify(execFile);

/** Undefined where none is installed (Debian: apt-get install --no-install-recommends postgresql). */
export async function startPostgres(): Promise<PostgresServer | undefined> {
  const programs = globSync('/usr/lib/postgresql/*/bin').sort().at(-1);
  if (programs === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'loop-bench-'));
  // It refuses to run as root.
  const who = process.getuid?.() === 0 ? await findUser('postgres') : undefined;
  if (who) chownSync(folder, who.uid, who.gid);
  const data = join(folder, 'data');
  const port = await findPort();
  await run(join(programs, 'initdb'), ['--pgdata', data, '--auth', 'trust', '--username', 'loop'], {
    ...who,
  });
  const options = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder];
  const server = spawn(join(programs, 'postgres'), options, { ...who, stdio: 'ignore' });
  try {
    await waitFor(join(programs, 'pg_isready'), port);
  } catch (error) {
    await end(server, folder);
    throw error;
  }
  return { url: `postgres://loop@127.0.0.1:${port}/postgres`, stop: () => end(server, folder) };
}

async function findUser(name: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((what) => run('id', [what, name])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** Resolves once it takes connections. */
async function waitFor(program: string, port: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await run(program, ['-q', '-h', '127.0.0.1', '-p', String(port)]);
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await delay(200);
    }
  }
}

async function end(server: ChildProcess, folder: string): Promise<void> {
  const isOver = server.exitCode !== null ? undefined : once(server, 'exit');
  server.kill('SIGINT');
  await isOver;
  rmSync(folder, { recursive: true, force: true });
}
