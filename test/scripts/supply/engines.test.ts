// What the lock asks of the machine's own node, which npm runs on and nothing else does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type EnginesLock, listNewer } from '../../../scripts/supply/engines.ts';

const root = join(import.meta.dirname, '../../..');

t.test(
  'no package in the lock asks for more than Node 20, so that npm ci warns of none (node scripts/supply/engines.ts)',
  (t) => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as EnginesLock;
    t.same(listNewer(lock), []);
    t.end();
  },
);

t.test('it is the least of a range that counts', (t) => {
  const isNewer = (node: string): boolean =>
    listNewer({ packages: { one: { engines: { node } } } }).length > 0;
  for (const range of ['>=22', '^22.18.0 || >=24.11.0', '>= 20.19.0', '^20.17.0 || >=22.9.0', '22 || 24']) {
    t.ok(isNewer(range), range);
  }
  for (const range of [
    '*',

    '>=18',
    '>= 0.10',
    '20 || >=22',
    '^18.17.0 || >=20.5.0',
    '>=20.0.0',
    '10.* || >= 12.*',
    '>=4',
  ]) {
    t.notOk(isNewer(range), range);
  }
  t.notOk(listNewer({ packages: { one: {}, two: { engines: { npm: '>=11' } } } }).length > 0);
  t.end();
});
