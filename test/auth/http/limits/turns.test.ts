// A few requests for tokens in each round of the event loop.
import t from 'tap';
import { createTurns } from '../../../../auth/http/limits/turns.ts';

const round = (): Promise<void> => new Promise(setImmediate);

t.test('those that arrive together begin a few at a time and in their order', async (t) => {
  const turn = createTurns(2);
  const begun: number[] = [];
  const all = [1, 2, 3, 4, 5].map((at) => turn().then(() => void begun.push(at)));
  await Promise.resolve();
  t.strictSame(begun, [1, 2], 'the first at once');
  await round();
  t.strictSame(begun, [1, 2, 3, 4]);
  const late = turn().then(() => void begun.push(6));
  await round();
  t.strictSame(begun, [1, 2, 3, 4, 5, 6]);
  await Promise.all([...all, late]);
});

t.test('who comes alone never waits', async (t) => {
  const turn = createTurns(1);
  for (let at = 0; at < 3; at += 1) {
    let hasBegun = false;
    void turn().then(() => {
      hasBegun = true;
    });
    await Promise.resolve();
    await Promise.resolve();
    t.ok(hasBegun);
    await round();
    await round();
  }
});
