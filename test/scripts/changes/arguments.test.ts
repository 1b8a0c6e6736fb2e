// What npm run changes can be asked, and what it can not.
import t from 'tap';
import { readOrder } from '../../../scripts/changes/arguments.ts';

t.test('what it can not be asked is no order', async (t) => {
  for (const args of [
    [],
    ['lost'],
    ['list', 'x'],
    ['show'],
    ['show', 'x', '--as-copy'],
    ['undo'],
    ['undo', 'x', '--app', 'y'],
    ['undo', '--app', 'y'],
    ['undo', '--since', '1h'],
    ['undo', '--app', 'y', '--since', 'yesterday'],
    ['list', '--colour'],
  ]) {
    t.equal(readOrder(args), undefined, args.join(' '));
  }
});

t.test('a time is a date, or so long ago', async (t) => {
  const sinceOf = (since: string): number | undefined => {
    const order = readOrder(['list', '--since', since]);
    return order?.name === 'list' ? order.filter.sinceMs : undefined;
  };
  t.equal(sinceOf('2026-11-27'), Date.UTC(2026, 10, 27));
  t.equal(sinceOf('2026-11-27T09:30+09:00'), Date.UTC(2026, 10, 27, 0, 30));
  t.equal(Math.round((Date.now() - (sinceOf('2h') ?? 0)) / 3_600_000), 2);
});
