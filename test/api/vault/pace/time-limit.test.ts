// Computing with an end: by the time that a computation has had, and not by what a busy machine took from it.
import t from 'tap';
import { computeWithin } from '../../../../api/vault/pace/time-limit.ts';

const wait = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

t.test('what computes for too long is cut off', (t) => {
  t.equal(
    computeWithin(50, () => {
      for (;;);
    }),
    undefined,
  );
  t.equal(
    computeWithin(1000, () => 'done'),
    'done',
  );
  t.throws(() =>
    computeWithin(1000, () => {
      throw new RangeError('of its own');
    }),
  );
  t.end();
});

t.test('what was kept waiting is begun once more, and only once', (t) => {
  let begun = 0;
  const kept = computeWithin(100, () => {
    begun += 1;
    if (begun === 1) wait(200);
    return 'done';
  });
  t.equal(kept, 'done');
  t.equal(begun, 2);
  const never = computeWithin(50, () => {
    begun += 1;
    wait(300);
    return 'too late';
  });
  t.equal(never, undefined);
  t.equal(begun, 4);
  t.end();
});
