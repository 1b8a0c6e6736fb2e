// npm run soak holds what it promises, for as long as CI has time: a few faults in a fixed order.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const script = join(import.meta.dirname, '../../scripts/soak/soak.ts');
const run = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, [script, ...args]);

t.test('a short one ends with no sign-in but the first, and exit code 0', async (t) => {
  const { stdout } = await run('--minutes', '0.3', '--clients', '2', '--seed', '7');
  t.comment(stdout);
  t.match(stdout, /re-authorizations +0\n/);
  t.match(stdout, /The promise holds/);
  t.match(stdout, /memory of loop-api, .*\d+, \d+, \d+ MB/);
  t.ok(Number(/calls +(\d+)/.exec(stdout)?.[1]) > 50, 'there was load');
});

t.test('what it can not do is said', async (t) => {
  const { stderr = '' } = await run('--minutes', '0').catch((error: { stderr: string }) => error);
  t.match(stderr, /--minutes .* allowed: a number above 0/);
});
