// npm run fuzz finds nothing in a few thousand requests of a fixed seed.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { fuzz } from '../../scripts/fuzz/run.ts';

const root = join(import.meta.dirname, '../..');

t.test('4,000 bent requests: no failure of ours, no secret in the log, level memory', async (t) => {
  const { sent, statuses, memory, broken } = await fuzz({ seed: 1, isOver: (already) => already >= 4_000 });
  t.comment(JSON.stringify({ sent, statuses: Object.fromEntries([...statuses].sort()), memory }));
  t.same(broken, []);
  for (const status of [
    'auth 200',
    'auth 204',
    'auth 400',
    'api 200',
    'api 201',
    'api 400',
    'api 401',
    'api 404',
  ])
    t.ok(statuses.get(status), `some were answered with ${status}`);
});

t.test('the command says what it sent, with what seed, and that all is well', async (t) => {
  const args = ['scripts/fuzz/fuzz.ts', '--requests', '100', '--seed', '2'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  t.match(stdout, /^100 requests with seed 2: all is well$/m);
});
