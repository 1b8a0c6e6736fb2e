// api/sharing/turns.ts: so many at once, the others in the order in which they came.
import t from 'tap';
import { inTurn, Turns } from '../../../api/sharing/turns.ts';
import type { NoteWriter } from '../../../api/vault/writing/writer.ts';

t.test('no more than there are places for work at once, and whoever came first is next', async (t) => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const results = ends.map(({ promise }, index) =>
    turns.take(() => {
      begun.push(index);
      return promise;
    }),
  );
  t.same(begun, [0, 1]);
  ends[1]?.resolve(1);
  await results[1];
  t.same(begun, [0, 1, 2]);
  ends[0]?.reject(new Error('it went wrong'));
  await t.rejects(async () => results[0], /it went wrong/);
  t.same(begun, [0, 1, 2, 3], 'a failure gives its place on');
  for (const [index, { resolve }] of ends.entries()) resolve(index);
  t.same(await Promise.all(results.slice(1)), [1, 2, 3, 4]);
  t.equal(await turns.take(() => Promise.resolve('again')), 'again');
});

t.test('two notes are changed at once, however many changes are asked for', async (t) => {
  let atOnce = 0;
  let most = 0;
  const change = async (): Promise<never> => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise(setImmediate);
    atOnce -= 1;
    return {} as never;
  };
  const names = ['create', 'append', 'replace', 'edit', 'remove'] as const;
  const writer = inTurn(Object.fromEntries(names.map((name) => [name, change])) as unknown as NoteWriter);
  const given = { revision: '', text: '', heading: '', field: '', value: '' };
  await Promise.all([
    ...Array.from({ length: 4 }, () => writer.create('a', '')),
    ...names.slice(1).map((name) => writer[name as 'append']('a', given)),
  ]);
  t.equal(most, 2);
});
