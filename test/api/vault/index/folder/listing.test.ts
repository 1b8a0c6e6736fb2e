// By what a file is known to be as it was: its times and its size, unless they are so young that a second change may leave the
// same ones.
import type { Stats } from 'node:fs';
import t from 'tap';
import { createStamp } from '../../../../../api/vault/index/folder/listing.ts';

const statsAt = (mtimeMs: number, ctimeMs: number): Stats => ({ mtimeMs, ctimeMs, size: 7 }) as Stats;

t.test('a file that was changed within a tick before it was read is read once more', (t) => {
  const now = 1_800_000_000_000;
  const isReadAgain = (stats: Stats): boolean => createStamp(stats, now) !== createStamp(stats);
  t.ok(isReadAgain(statsAt(now - 1500, now - 1500)));
  t.ok(isReadAgain(statsAt(now + 1500, now - 60_000)), 'where another computer’s clock is ahead');
  t.ok(isReadAgain(statsAt(now - 86_400_000, now - 1500)), 'with a time of change that was set back');
  t.notOk(isReadAgain(statsAt(now - 86_400_000, now - 60_000)));
  t.notOk(isReadAgain(statsAt(0, now - 60_000)), 'a file without a time has one that is long ago');
  t.equal(createStamp(statsAt(0, 0), now), createStamp(statsAt(0, 0)));
  t.not(createStamp(statsAt(1, 2)), createStamp(statsAt(1, 3)));
  t.end();
});
