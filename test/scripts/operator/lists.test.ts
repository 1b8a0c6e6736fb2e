// The lists of an operator: a page as a table with the command for the next one, and all as JSON.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { openDatabase } from '../../../adapters/database/open.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';
import { createFolder } from '../../support/databases.ts';

const root = join(import.meta.dirname, '../../..');
const count = 250;

async function seed(url: string): Promise<void> {
  const database = await openDatabase(url);
  const rows = (row: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => `(${row(n)})`).join();
  // Three of one second.
  const at = (n: number): number => 1_700_000_000 + Math.floor(n / 3);
  const lasting = 9_999_999_999;
  const sql = [
    `INSERT INTO accounts (id, username, display_name, password_hash, created_at) VALUES ${rows((n) => `'a${n}', 'u${n}', 'u${n}', '', ${at(n)}`)}`,
    `INSERT INTO grants (id, payload, expires_at, account_id, client_id, created_at) VALUES ${rows((n) => `'g${n}', '{}', ${lasting}, 'a${n}', 'app${n}', ${at(n)}`)}`,
    `INSERT INTO refresh_tokens (id, payload, expires_at, grant_id, issued_at) VALUES ${rows((n) => `'t${n}', '{}', ${lasting}, 'g${n}', ${at(n)}`)}`,
    `INSERT INTO access_keys (id, account_id, hash, name, access, created_at) VALUES ${rows((n) => `'k${n}', 'a${n}', 'h${n}', 'key', 'read', ${at(n)}`)}`,
  ];
  await database.commit(sql.map((one) => ({ statement: { sql: one, slots: [] }, values: {} })));
  await database.close();
}

t.test('a hundred at a time, each once; JSON has all of them', async (t) => {
  const url = `sqlite:${join(createFolder(t), 'auth.db')}`;
  await seed(url);
  const run = async (script: string, ...args: string[]): Promise<string> => {
    const file = join(root, 'scripts', `${script}.ts`);
    const env = { ...bareEnvironment, AUTH_ISSUER: 'http://localhost:8081', AUTH_DATABASE_URL: url };
    return (await promisify(execFile)(process.execPath, [file, ...args], { env, maxBuffer: 1e7 })).stdout;
  };
  const shownIn = {
    connections: { id: /\b(g\d+)\b/, first: /^g249$/ },
    keys: { id: /\b(k\d+)$/, first: /^k249$/ },
    accounts: { id: /\b(a\d+)$/, first: /^a[012]$/ },
  };
  for (const [script, { id, first }] of Object.entries(shownIn)) {
    const seen: string[] = [];
    const pages: number[] = [];
    for (let after: string[] | undefined = []; after; ) {
      const text = await run(script, 'list', ...after);
      const lines = text.split('\n');
      const ids = lines.flatMap((line) => (line.startsWith('More') ? [] : (id.exec(line)?.[1] ?? [])));
      pages.push(ids.length);
      seen.push(...ids);
      const [, place] = new RegExp(`^More: npm run ${script} -- list --after (\\S+)$`, 'm').exec(text) ?? [];
      after = place === undefined ? undefined : ['--after', place];
    }
    t.same(pages, [100, 100, 50], script);
    t.equal(new Set(seen).size, count, script);
    t.match(seen[0], first, script);
    const json = await run(script, '--json');
    t.equal(json, `${JSON.stringify(JSON.parse(json), null, 2)}\n`, 'as one prints it');
    t.equal((JSON.parse(json) as unknown[]).length, count, script);
    const bad = await run(script, 'list', '--after', 'x').catch((error: unknown) => error);
    t.match(bad, { code: 1, stderr: /--after.*Take it from the line below/ }, script);
  }
});
