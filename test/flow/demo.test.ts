// npm run demo holds what it promises, by its exit code.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

t.test('the demo ends with one sign-in and exit code 0', async (t) => {
  const script = join(import.meta.dirname, '../../scripts/demo.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  t.match(stdout, /sign-ins +1\n/);
  t.match(stdout, /The promise holds/);
});
