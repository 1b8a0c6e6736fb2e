// Rules about ourselves: what each room has, and that nothing of this or that machine is in the tree.
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter(Boolean);
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

t.test('neither service has the other one’s packages', async (t) => {
  const run = promisify(execFile);
  const list = async (names: string[], workspace: string): Promise<string> => {
    const { stdout } = await run('npm', ['ls', ...names, '-w', workspace, '--parseable'], {
      cwd: root,
    }).catch((error: { stdout: string }) => error);
    return stdout.trim();
  };
  t.equal(await list(['oidc-provider', 'koa', 'knex'], 'api'), '');
  t.equal(await list(['express', '@modelcontextprotocol/server'], 'auth'), '');
});

t.test('every source file opens with a line that says what lives there', (t) => {
  const sources = files.filter((file) => /^(adapters|pages|auth|api|scripts|test)\/.*\.(ts|mjs)$/.test(file));
  const silent = sources.filter((file) => !/^(#!.*\n)?\/\/ \S/.test(read(file)));
  t.same(silent, []);
  t.end();
});

const folders = Map.groupBy(
  files.filter((file) => /^(adapters|pages|auth|api|scripts)\/.*\.(ts|eta|css)$/.test(file)),
  dirname,
);

t.test('no folder of sources holds more than 14 files: what one sees on opening it fits in the head', (t) => {
  t.same(
    [...folders].filter(([, held]) => held.length > 14),
    [],
  );
  t.end();
});

t.test('a folder of more than five files says in its main file what it holds and what it does not', (t) => {
  const large = [...folders].filter(([, held]) => held.filter((file) => file.endsWith('.ts')).length > 5);
  for (const [folder, held] of large) {
    // The wiring of a service is its main file; the room's line is for the rooms inside.
    if (held.some((file) => file.endsWith('/main.ts'))) continue;
    const said = held.filter((file) => /^\/\/ The room: (.*\n\/\/ )*.*\bNot\b/m.test(read(file)));
    t.equal(said.length, 1, folder);
  }
  t.ok(large.length > 10);
  t.end();
});

t.test('no address of a package registry is in the lock file', (t) => {
  t.notMatch(read('package-lock.json'), /"resolved": "https?:/);
  t.end();
});

t.test('versions are exact', (t) => {
  for (const file of files.filter((one) => /(^|\/)package\.json$/.test(one))) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(read(file)) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d/.test(version),
    );
    t.same(loose, [], file);
  }
  t.end();
});

// Started as processes or threads of their own, so no test imports them.
const started = new Set([
  'auth/main.ts',
  'api/main.ts',
  'adapters/backups/program.ts',
  'api/vault/index/thread/worker.ts',
  'api/vault/documents/pdf/program.ts',
  'api/vault/documents/pdf/extraction.ts',
  ...['backup', 'migrate-store', 'restore'].map((name) => `scripts/${name}.ts`),
]);

t.test('every source file is reached by a test', (t) => {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, path = ''] of read(file).matchAll(/(?:from|import\(?) ?'(\.{1,2}\/[^']+\.ts)'/g)) {
      visit(join(dirname(file), path));
    }
  };
  for (const file of files.filter((one) => one.endsWith('.test.ts'))) visit(file);
  for (const file of started) visit(file);
  const sources = files.filter((file) => /^(adapters|pages|auth|api)\/.*\.ts$/.test(file));
  t.same(
    sources.filter((file) => !reached.has(file)),
    [],
  );
  t.end();
});
