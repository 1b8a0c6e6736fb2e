// docs/asvs.md: every requirement of level 2 stands in it, and every test that it names is there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/asvs.md'), 'utf8');
const rows = text.split('\n').filter((line) => /^\| \d/.test(line));

/** How many requirements of levels 1 and 2 each section has, from 1 on without a gap. */
const sections = {
  '6.1': 3,
  '6.2': 12,
  '6.3': 4,
  '6.4': 4,
  '6.5': 5,
  '6.6': 3,
  '6.8': 4,
  '7.1': 3,
  '7.2': 4,
  '7.3': 2,
  '7.4': 5,
  '7.5': 2,
  '7.6': 2,
  '9.1': 3,
  '9.2': 4,
  '10.1': 2,
  '10.2': 2,
  '10.3': 4,
  '10.4': 11,
  '10.5': 5,
  '10.6': 2,
  '10.7': 3,
};

t.test('every requirement has its row, in order', (t) => {
  const expected = Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
  );
  t.same(
    rows.map((row) => row.split(' ')[1]),
    expected,
  );
  t.end();
});

t.test('every row names a test that there is, or says why there is none', (t) => {
  for (const row of rows) {
    const [, number = '', , answer = ''] = row.split('|').map((cell) => cell.trim());
    const named = [...answer.matchAll(/`([\w/-]+\.test\.ts)`: ([^;|]+)/g)];
    t.ok(named.length > 0 || /not done, because|does not apply|\]\(/.test(answer), number);
    for (const [, file = '', name = ''] of named) {
      const path = join(root, 'test', file);
      t.ok(
        existsSync(path) && readFileSync(path, 'utf8').includes(name.trim()),
        `${number}: ${file}: ${name}`,
      );
    }
  }
  t.end();
});
