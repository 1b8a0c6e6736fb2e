// A database of its own for a test, on every engine that is at hand; closed and removed when the test ends.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Test } from 'tap';
import type { Database } from '../../adapters/database/database.ts';
import { openDatabase } from '../../adapters/database/open.ts';

export interface Engine {
  readonly name: string;
  /** The URL of a database that does not exist yet (SQLite) or is empty (PostgreSQL). */
  readonly create: (t: Test) => Promise<string>;
}

const sqlite: Engine = {
  name: 'SQLite',
  create: async (t) => `sqlite:${join(createFolder(t), 'auth.db')}`,
};

/** Where tests find a PostgreSQL server (scripts/test-postgres); without one that half is left out. */
export const postgresUrl = process.env['TEST_POSTGRES_URL'];

export const postgres: Engine = {
  name: 'PostgreSQL',
  create: async (t) => {
    const name = `loop_test_${randomBytes(6).toString('hex')}`;
    await asAdministrator(`create database ${name}`);
    t.teardown(() => asAdministrator(`drop database ${name} with (force)`));
    const url = new URL(String(postgresUrl));
    url.pathname = name;
    return url.href;
  },
};

export const engines: readonly Engine[] = postgresUrl === undefined ? [sqlite] : [sqlite, postgres];

/** Opens a new database of the engine. */
export async function openNew(t: Test, engine: Engine = sqlite): Promise<Database> {
  return open(t, await engine.create(t));
}

/** Opens the database of a URL for as long as the test runs. */
export async function open(t: Test, url: string): Promise<Database> {
  const database = await openDatabase(url);
  t.teardown(() => database.close());
  return database;
}

/** Opens and closes the database of a URL in so many processes at the same moment. */
export async function openInProcesses(url: string, count: number): Promise<void> {
  const module = new URL('../../adapters/database/open.ts', import.meta.url).href;
  const script = `const { openDatabase } = await import(${JSON.stringify(module)});
    await (await openDatabase(${JSON.stringify(url)})).close();`;
  const run = promisify(execFile);
  const args = ['--input-type=module', '-e', script];
  await Promise.all(Array.from({ length: count }, () => run(process.execPath, args)));
}

/** A folder that is removed when the test ends. */
export function createFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'loop-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One statement on the server, as the user that tests were given. */
export async function asAdministrator(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
