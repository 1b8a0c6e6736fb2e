// Operator's scripts where AUTH_DATABASE_URL names what is not there, or is something else.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { Pair } from '../../../scripts/demo/pair.ts';
import { postgres, postgresUrl } from '../../support/databases.ts';
import { runScript } from '../../support/run-script.ts';

const secret = 'a sentence that nobody guesses';

/** Each command that reads or changes what should be there. */
const needing = (folder: string): ReadonlyArray<readonly [string, ...string[]]> => [
  ['accounts', 'list'],
  ['keys', 'create', '--account', 'ann', '--name', 'n8n', '--access', 'read'],
  ['connections', 'list'],
  ['connections', 'revoke', '--all'],
  ['rotate-keys'],
  ['seed-client', 'list'],
  ['seed-client', '--grant', 'client_credentials', '--account', 'ann', '--name', 'x'],
  ['seed-user', '--username', 'ann', '--disable'],
  ['backup', '--to', join(folder, 'copy.db')],
  ['migrate-store', '--to', 'postgres://nobody@127.0.0.1:1/none'],
];

async function createPair(t: Test): Promise<Pair> {
  const pair = await Pair.create();
  t.teardown(() => pair.close());
  return pair;
}

t.test('what should be there is not made where the path was mistyped', async (t) => {
  const pair = await createPair(t);
  const path = join(pair.folder, 'daat', 'auth.db');
  const settings = { AUTH_DATABASE_URL: `sqlite:${path}` };
  for (const [name, ...args] of needing(pair.folder)) {
    const { code, text } = await runScript(pair, name, args, '', settings);
    t.equal(code, 1, `${name} ${args}`);
    t.match(text, 'AUTH_DATABASE_URL');
    t.match(text, path);
    t.notMatch(text, /^ +at /m, 'no stack');
  }
  t.same(readdirSync(pair.folder), []);
  await runScript(pair, 'doctor', [], '', settings);
  t.same(readdirSync(pair.folder), [], 'nor by the doctor');
});

t.test('a file of something else is not made one of ours', async (t) => {
  const pair = await createPair(t);
  const path = join(pair.folder, 'index.db');
  const index = new Sqlite(path);
  index.exec('create table notes (id text)');
  index.close();
  const before = readFileSync(path);
  const settings = { AUTH_DATABASE_URL: `sqlite:${path}` };
  const making = [
    ['seed-user', '--username', 'ann', '--password-stdin'],
    ['seed-client', '--name', 'x', '--redirect-uri', 'https://app.example/cb'],
    ['restore', '--from', path],
  ] as const;
  for (const [name, ...args] of [['accounts', 'list'] as const, ...making]) {
    const { code, text } = await runScript(pair, name, args, `${secret}\n`, settings);
    t.equal(code, 1, `${name} ${args}`);
    t.match(text, /AUTH_DATABASE_URL: .*index\.db is a database of something else/);
  }
  await runScript(pair, 'doctor', [], '', settings);
  t.ok(readFileSync(path).equals(before));
});

t.test('what is no database at all is said so, without a stack', async (t) => {
  const pair = await createPair(t);
  const note = join(pair.folder, 'note.md');
  writeFileSync(note, 'not a database');
  for (const [path, reason] of [
    [pair.folder, /AUTH_DATABASE_URL: .* is no file/],
    [note, /AUTH_DATABASE_URL: .* not a SQLite database/],
  ] as const)
    for (const [name, ...args] of [['accounts'], ['backup', '--to', join(pair.folder, 'copy.db')]] as const) {
      const settings = { AUTH_DATABASE_URL: `sqlite:${path}` };
      const { code, text } = await runScript(pair, name, args, '', settings);
      t.equal(code, 1);
      t.match(text, reason);
      t.notMatch(text, /^ +at /m);
    }
  t.match(readdirSync(pair.folder), ['note.md']);
});

t.test('what makes something may come before the first start', async (t) => {
  const pair = await createPair(t);
  for (const [at, [name, ...args]] of (
    [
      ['seed-user', '--username', 'ann', '--password-stdin'],
      ['seed-client', '--name', 'x', '--redirect-uri', 'https://app.example/cb'],
    ] as const
  ).entries()) {
    const settings = { AUTH_DATABASE_URL: `sqlite:${join(pair.folder, `data${at}`, 'auth.db')}` };
    const { code, text } = await runScript(pair, name, args, `${secret}\n`, settings);
    t.equal(code, 0, text);
    t.match(await runScript(pair, 'accounts', ['list'], '', settings), { code: 0 });
  }
});

t.test('a backup is put where nothing was, but into no folder whose own is not there', async (t) => {
  const pair = await createPair(t);
  await runScript(pair, 'seed-user', ['--username', 'ann', '--password-stdin'], `${secret}\n`);
  const copy = join(pair.folder, 'copy.db');
  t.match(await runScript(pair, 'backup', ['--to', copy]), { code: 0 });
  const restore = (path: string) =>
    runScript(pair, 'restore', ['--from', copy], '', { AUTH_DATABASE_URL: `sqlite:${path}` });
  const refused = await restore(join(pair.folder, 'not-mounted', 'data', 'auth.db'));
  t.match(refused, { code: 1, text: /the folder .* can't be made \(ENOENT\); check AUTH_DATABASE_URL/ });
  t.notOk(existsSync(join(pair.folder, 'not-mounted')));
  t.match(await restore(join(pair.folder, 'data', 'auth.db')), {
    code: 0,
    text: /Nothing was there before/,
  });
  writeFileSync(join(pair.folder, 'broken.db'), 'no database, but what is to be replaced');
  t.match(await restore(join(pair.folder, 'broken.db')), { code: 0, text: /is kept as/ });
  mkdirSync(join(pair.folder, 'old'));
  copyFileSync(copy, join(pair.folder, 'old', 'auth.db'));
  t.match(await restore(join(pair.folder, 'old', 'auth.db')), { code: 0, text: /is kept as/ });
});

t.test(
  'an empty PostgreSQL database stays empty',
  { skip: postgresUrl === undefined && 'no server' },
  async (t) => {
    const pair = await createPair(t);
    const url = await postgres.create(t);
    const settings = { AUTH_DATABASE_URL: url, API_CLIENT_SECRET: 'x'.repeat(43) };
    for (const name of ['accounts', 'connections', 'keys']) {
      const { code, text } = await runScript(pair, name, ['list'], '', settings);
      t.equal(code, 1);
      t.match(text, /AUTH_DATABASE_URL: there is no database of loop-auth in the PostgreSQL database/);
    }
  },
);
