// What differs between two texts is told in lines, also where they have nothing in common.
import fc from 'fast-check';
import t from 'tap';
import { findDifference } from '../../../../../api/vault/changes/undoing/difference.ts';
import { measureGrowth } from '../../../../support/growth.ts';
import '../../../../support/fixed-seed.ts';

t.test('lines that only one text has are told, with those around them', (t) => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '- d'), { maxLength: 30 });
  fc.assert(
    fc.property(lines, lines, (one, other) => {
      const [earlier, later] = [one.join('\n'), other.join('\n')];
      const hunks = findDifference(Buffer.from(earlier), Buffer.from(later)) ?? [];
      t.equal(hunks.length === 0, earlier === later);
      const of = (sign: string): number =>
        hunks.flatMap((hunk) => hunk.lines).filter((line) => line.startsWith(sign)).length;
      const counts = [earlier, later].map(
        (text) => text.split('\n').length - (/(?:^|\n)$/.test(text) ? 1 : 0),
      );
      t.equal(of('+') - of('-'), (counts[1] ?? 0) - (counts[0] ?? 0));
    }),
  );
  t.end();
});

t.test('what is no text has no difference, and what is not there is empty', (t) => {
  t.equal(findDifference(Buffer.from([0xff]), Buffer.from('a')), undefined);
  t.equal(findDifference(Buffer.from('a\0'), Buffer.from('a')), undefined);
  t.same(findDifference(undefined, Buffer.from('a\n'))?.[0]?.lines, ['+a']);
  t.same(findDifference(undefined, undefined), []);
  t.end();
});

t.test('texts with nothing in common take time that grows as they do', (t) => {
  const make = (length: number): string => 'abc\n'.repeat(length / 4);
  const compare = (text: string): unknown => {
    const other = text.replaceAll('abc', 'xyz');
    return findDifference(Buffer.from(text), Buffer.from(other));
  };
  const growth = measureGrowth(compare, make, 1_024_000);
  t.ok(growth < 6, `${growth}`);
  const [hunk] = findDifference(Buffer.from(`same\n${make(40_000)}end`), Buffer.from('same\nx\nend')) ?? [];
  t.match(hunk, { earlierLine: 2, laterLine: 2 });
  t.same([hunk?.lines[0], hunk?.lines.at(-1), hunk?.lines.length], ['-abc', '+x', 10_001]);
  t.end();
});
