// How long, and how much of, what was there before a change is kept.
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ChangeJournal } from '../../../../api/vault/changes/journal.ts';
import { shiftClock } from '../../../support/clock.ts';
import { cause } from '../../../support/writer.ts';

interface Kept {
  change(text: string): Promise<string>;
  list(): Promise<string[]>;
  root: string;
}

async function open(t: Test, retention: { days: number; size: number }): Promise<Kept> {
  const root = await mkdtemp(join(tmpdir(), 'retention-test-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  await writeFile(join(root, 'a.md'), '');
  const journal = new ChangeJournal({ root, requireHome: async () => {}, retention });
  let before = Buffer.from('');
  return {
    root,
    change: async (text) => {
      const after = Buffer.from(text);
      const { id } = await journal.carryOut({
        kind: 'edit',
        cause,
        steps: [{ path: 'a.md', before, after }],
      });
      before = after;
      return id;
    },
    list: async () =>
      (await readdir(join(root, '.loop/changes')))
        .filter((name) => name.endsWith('.change'))
        .map((name) => name.replace('.change', ''))
        .sort(),
  };
}

t.test('what is older than the days goes, also where nothing was changed since but once', async (t) => {
  const clock = shiftClock(t);
  const kept = await open(t, { days: 2, size: 1_000_000 });
  await kept.change('one');
  clock.advance(86_400);
  const second = await kept.change('two');
  clock.advance(86_400 + 60);
  const third = await kept.change('three');
  t.same(await kept.list(), [second, third]);
  clock.advance(30 * 86_400);
  const last = await kept.change('four');
  t.same(await kept.list(), [last]);
});

t.test('of more than the size the oldest goes, and the newest never', async (t) => {
  const kept = await open(t, { days: 90, size: 25_000 });
  const ids: string[] = [];
  for (let number = 0; number < 6; number += 1) ids.push(await kept.change(String(number).repeat(10_000)));
  const left = await kept.list();
  t.same(left, ids.slice(-left.length), 'the newest');
  t.ok(left.length === 2, String(left.length));
  const large = await kept.change('x'.repeat(100_000));
  const larger = await kept.change('y');
  t.same(
    await kept.list(),
    [larger],
    `the entry of ${larger} has what ${large} wrote: more than all the size`,
  );
});

t.test('the next start removes what has grown too old, and what a killed process left', async (t) => {
  const clock = shiftClock(t);
  const kept = await open(t, { days: 2, size: 1_000_000 });
  await kept.change('one');
  const second = await kept.change('two');
  const left = join(kept.root, '.loop/changes/.loop-0123456789abcdef.tmp');
  await mkdir(join(kept.root, '.loop/changes'), { recursive: true });
  await writeFile(left, '');
  await utimes(left, 1, 1);
  // Ids never go back, and the clock of the tests above has been far ahead.
  clock.advance(400 * 86_400);
  const retention = { days: 2, size: 1_000_000 };
  await new ChangeJournal({ root: kept.root, requireHome: async () => {}, retention }).recover();
  t.same(await kept.list(), [second], 'the newest stays');
  t.notOk((await readdir(join(kept.root, '.loop/changes'))).includes('.loop-0123456789abcdef.tmp'));
});
