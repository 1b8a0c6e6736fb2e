// What the documents say is so: settings, commands, links, promises.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { settingNames as apiSettingNames } from '../../api/config.ts';
import { settingNames as authSettingNames } from '../../auth/config.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const documents = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter(
    (file) => file !== '' && !file.startsWith('api/sample-vault/') && !file.startsWith('test/fixtures/'),
  );

t.test('the settings table of the README lists exactly the settings there are', (t) => {
  const listed = [...read('README.md').matchAll(/^\| `((?:AUTH|API)_\w+)`/gm)].map((match) => match[1]);
  const all = new Set([...authSettingNames, ...apiSettingNames].filter((name) => !name.endsWith('_FILE')));
  t.same([...listed].sort(), [...all].sort());
  t.end();
});

t.test('every link to a file of ours leads somewhere', (t) => {
  for (const document of documents) {
    const links = [...read(document).matchAll(/\]\(((?!https?:|#|mailto:)[^)#\s]+)/g)].map(
      (match) => match[1] ?? '',
    );
    const dead = links.filter((link) => !existsSync(join(root, dirname(document), decodeURI(link))));
    t.same(dead, [], document);
  }
  t.end();
});

t.test('every promise names a test that is there', (t) => {
  for (const document of ['README.md', 'README.ko.md', 'SECURITY.md']) {
    for (const [, file = '', name] of read(document).matchAll(
      /`(test\/[\w/.-]+\.test\.ts)`(?:: ([^|;`]+?))? *[|,]/g,
    )) {
      t.ok(existsSync(join(root, file)), `${document}: ${file}`);
      if (name && existsSync(join(root, file))) {
        t.ok(
          read(file).replace(/\s+/g, ' ').includes(name.trim()),
          `${document}: ${file} has “${name.trim()}”`,
        );
      }
    }
  }
  t.end();
});

// Where each command that a document shows is run by CI or a test; a command without a line here is a red test.
const runBy: ReadonlyArray<readonly [RegExp, string, string]> = [
  [/^npm ci$/, '.ci/run', 'npm ci'],
  [/^npm ci && npm start$/, 'test/flow/start.test.ts', 'scripts/start.ts'],
  [/^docker compose up -d$/, 'test/containers/drill.ts', 'drillPlain'],
  [/^npm run demo$/, 'test/flow/demo.test.ts', 'scripts/demo.ts'],
  [/^npm run doctor$/, 'test/scripts/doctor/command.test.ts', "'scripts/doctor.ts'"],
  [/^npm run changes -- list$/, 'test/scripts/changes/command.test.ts', "'scripts/changes.ts'"],
  [/^npm run mutate -- /, 'test/project/mutate.test.ts', "'scripts/mutate.ts'"],
  [/^gh attestation verify /, '.github/workflows/release.yml', 'gh attestation verify "oci://$IMAGE" --repo'],
  [/^npm run sbom -- a/, 'test/scripts/supply/bill.test.ts', "'scripts/supply/sbom.ts'"],
  [/^npm run fuzz -- --minutes 5 --seed 2$/, 'test/fuzz/fuzz.test.ts', "'scripts/fuzz/fuzz.ts'"],
  [/^npm run soak -- --minutes 5$/, 'test/flow/soak.test.ts', "'../../scripts/soak/soak.ts'"],
  [/^npm run retrieval$/, 'test/api/vault/search/retrieval.test.ts', "'scripts/bench/retrieval.ts'"],
  [/^npm run test:browser$/, '.ci/run', 'beside test:browser'],
  [/^npm run check$/, '.ci/run', 'npm run lint'],
  [
    /^npm run (backup|restore|connections|rotate-keys)\b/,
    'test/flow/operator.test.ts',
    "runScript(pair, 'rotate-keys'",
  ],
  [/^npm run keys\b/, 'test/flow/access-keys.test.ts', "runScript(pair, 'keys'"],
  [/^umask 077 && read -rs KEY |^curl --fail/, 'test/flow/access-keys.test.ts', "'bash', ['-euc', here]"],
  [
    /^(AUTH=|CLIENT=|umask 077 && curl|jq|until curl|curl .* "\$MCP"$)/,
    'test/support/documented-terminal.ts',
    "'bash', ['-euc', here]",
  ],
  [/^npm run accounts -- /, 'test/flow/accounts.test.ts', "'reset-factors', person.username"],
  [/^pg_dump --format=custom /, 'test/flow/postgres.test.ts', "'pg_dump', ['--format=custom'"],
  [/^pg_restore --exit-on-error /, 'test/flow/postgres.test.ts', "'pg_restore', ['--exit-on-error'"],
  [/^npm run migrate-store -- --to postgres:/, 'test/flow/postgres.test.ts', "'migrate-store'"],
  [
    /^npm run seed-client -- create --name Digest --account ann --grant client_credentials --folder Projects$/,
    'test/flow/programs.test.ts',
    "'--grant', 'client_credentials', '--account'",
  ],
  [
    /^npm run seed-client -- --preset chatgpt-action$/,
    'test/flow/seed-client.test.ts',
    "'--preset', 'chatgpt-action'",
  ],
  [/^npm run seed-client -- update /, 'test/flow/seed-client.test.ts', "'--add-redirect-uri', callback"],
  [/^npm run seed-client -- list$/, 'test/flow/seed-client.test.ts', "run('list')"],
  [/npm run seed-user -- --username ann --password-stdin/, 'test/flow/seed-user.test.ts', "'seed-user'"],
];

t.test('every command that a document shows is run by a test or by CI', (t) => {
  for (const document of documents) {
    const blocks = [...read(document).matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
    const commands = blocks
      .flatMap((block) => block.split('\n'))
      .filter((line) => line && !line.startsWith('#'));
    for (const command of commands) {
      if (document === 'docs/nas.md') {
        t.ok(read('test/containers/drill.ts').includes(command), `the drill runs ${command}`);
        continue;
      }
      const found = runBy.find(([pattern]) => pattern.test(command.trim()));
      t.ok(found, `${document}: ${command}`);
      if (found) t.ok(read(found[1]).includes(found[2]), `${found[1]} runs it`);
    }
  }
  t.end();
});

t.test(
  'the README in Korean has the same commands, headings, settings, tests and links, in the same order',
  (t) => {
    const [english, korean] = [read('README.md'), read('README.ko.md')];
    for (const [what, pattern] of Object.entries({
      commands: /```sh\n([\s\S]*?)```/g,
      diagrams: /```mermaid\n(\w+)/g,
      'levels of headings': /^(#+) /gm,
      'rows of tables': /^\| (`[^`]+`)/gm,
      tests: /(`test\/[\w/.-]+\.test\.ts`(?:: [^|;`)한-힣]+)?)/g,
      settings: /(`(?:AUTH|API)_\w+`[ *]*\| (?:`[^`]+`)?)/g,
      addresses: /\]\((?!README)([^)]+)\)/g,
    })) {
      // Each shows the pictures in its own language.
      const found = (text: string): string[] =>
        [...text.replaceAll('.ko.light.', '.en.light.').matchAll(pattern)].map(([, one = '']) =>
          one.replace(/\s+/g, ' ').trim(),
        );
      t.same(found(korean), found(english), what);
      t.ok(found(english).length > 0, what);
    }
    // Every name, command and value in the one is in the other; where in a sentence is the language's own affair.
    const codes = (text: string): string[] =>
      [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, one = '']) => one).sort();
    t.same([...new Set(codes(korean))], [...new Set(codes(english))]);
    t.match(english, '(README.ko.md)');
    t.match(korean, '(README.md)');
    t.end();
  },
);
