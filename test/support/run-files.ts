// Runs test files side by side, each in a process of its own, and prints what they say as one TAP: scripts/test starts it.
// tap's own runner would load its hooks for mocks and coverage into each of these processes, their threads and the programs
// that they start: a fifth to a third of all their work, and no test here uses them (npm run coverage does).
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';
import t from 'tap';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Seconds that a file may take which does not say so itself. */
    timeout: { type: 'string', default: '300' },
    /** Files at once; two cores wait for a part of what three do. */
    jobs: { type: 'string', default: '3' },
    /** Folders of tests that are left out. */
    without: { type: 'string', multiple: true, default: [] },
  },
});

/** What takes longest is begun first, so that nothing long is left alone at the end. The rest is below a hundredth of all. */
const longest = [
  'test/api/vault/growth',
  'test/auth/at-rest',
  'test/interop/restarted-client',
  'test/scripts/doctor/broken-setups',
  'test/flow/seed-client',
  'test/project/expressions',
  'test/project/mutate',
  'test/crash/faults',
  'test/api/vault/changes/journal',
  'test/flow/operator',
  'test/scripts/changes/command',
  'test/interop/mcp-remote',
  'test/scripts/doctor/command',
  'test/auth/people/factors/passkeys/passkeys',
  'test/project/images',
  'test/auth/people/device/device',
  'test/api/workers/ends',
  'test/api/tools/documents',
  'test/browser/account',
  'test/browser/pages-of-loop-api',
  'test/browser/factors',
].map((name) => `${name}.test.ts`);

/** Everything but fixtures, and what needs a browser (npm run test:browser). */
function findAll(): string[] {
  return globSync('test/**/*.test.ts', { exclude: ['**/fixtures/**', 'test/browser/**'] }).sort();
}

const isLeftOut = (file: string): boolean => values.without.some((folder) => file.startsWith(`${folder}/`));
const files = (positionals.length === 0 ? findAll() : positionals).filter((file) => !isLeftOut(file));
const inOrder = [
  ...longest.filter((file) => files.includes(file)),
  ...files.filter((file) => !longest.includes(file)),
];

// Of a file that failed it says enough by itself.
const nowhere = { at: null, stack: '' };

t.jobs = Number(values.jobs);
t.setTimeout(0);
for (const file of inOrder) {
  const timeout = Number(values.timeout) * 1000;
  // Through `env`: of the child that it starts itself, tap makes node load a hook for coverage.
  const command = [`NODE_OPTIONS=${process.env['NODE_OPTIONS'] ?? ''}`, `TAP_TIMEOUT=${values.timeout}`];
  void t.spawn('env', [...command, process.execPath, file], {
    name: file,
    timeout,
    buffered: true,
    ...nowhere,
  });
}
