// npm run mutate -- FILE…: breaks the lines of a file one by one and names those that no test notices.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { PartialStrykerOptions } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import { program } from 'commander';

const root = join(import.meta.dirname, '..');

program
  .name('npm run mutate --')
  .description(
    'Breaks sources on purpose, one change at a time, and shows what no test notices: Survived, or NoCoverage where ' +
      'no test came by (it does not look into processes that a test starts).',
  )
  .argument('<files...>', 'sources, each may end in a range of lines, such as auth/people/passwords.ts:10-30')
  .option(
    '--tests <globs...>',
    'the tests to try; else the one that mirrors the file, or those that import it',
  )
  .option('--wide', 'all tests of the rooms that reach the file, also where one mirrors it', false)
  .option('--seconds <number>', 'how long a change may take before it counts as noticed', Number, 30)
  .action(async (files: string[], options: { tests?: string[]; wide: boolean; seconds: number }) => {
    for (const file of files) {
      const [source = ''] = file.split(':', 1);
      if (!existsSync(join(root, source))) program.error(`there is no file ${source}`);
      const testFiles = options.tests ?? findTests(source, options.wide);
      if (testFiles.length === 0) program.error(`no test reaches ${source}; name some with --tests`);
      await new Stryker(optionsFor(file, testFiles, options.seconds)).runMutationTest();
    }
  });

await program.parseAsync();

function optionsFor(file: string, testFiles: string[], seconds: number): PartialStrykerOptions {
  return {
    mutate: [file],
    testRunner: 'tap',
    plugins: ['@stryker-mutator/tap-runner'],
    tap: { testFiles },
    // TypeScript 7 has no interface that the tester could read the settings with; without the file it asks for none.
    tsconfigFile: 'none',
    // Messages are read by people and seldom by tests.
    mutator: { excludedMutations: ['StringLiteral'] },
    timeoutMS: seconds * 1000,
    concurrency: 1,
    reporters: ['clear-text'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    tempDirName: '.mutate',
    ignorePatterns: ['.git', '.tap', 'data'],
  };
}

/** The test that mirrors the file, else (or `isWide`) every test of its own room whose imports lead to it. */
function findTests(source: string, isWide: boolean): string[] {
  const mirror = join('test', source.replace(/\.ts$/, '.test.ts'));
  if (!isWide && existsSync(join(root, mirror))) return [mirror];
  return globSync('test/{adapters,api,auth,pages}/**/*.test.ts', { cwd: root }).filter((test) =>
    importsOf(test).has(source),
  );
}

function importsOf(file: string, found = new Set<string>()): Set<string> {
  found.add(file);
  const text = readFileSync(join(root, file), 'utf8');
  for (const [, path = ''] of text.matchAll(/(?:from|import\(?) ?'(\.{1,2}\/[^']+\.ts)'/g)) {
    const imported = relative(root, join(root, dirname(file), path));
    if (!found.has(imported)) importsOf(imported, found);
  }
  return found;
}
