// What undoing will do is told before it is done, and comes to pass.
import t from 'tap';
import type { UndoOutcome } from '../../../../../api/vault/changes/undoing/undo.ts';
import { createRevision } from '../../../../../api/vault/notes/content.ts';
import { createUndoer } from '../../../../../api/vault/undoing.ts';
import { readTree } from '../../../../support/kills.ts';
import { openUndoing } from '../../../../support/undoing.ts';
import { cause } from '../../../../support/writer.ts';

async function collect(outcomes: AsyncIterable<UndoOutcome>): Promise<UndoOutcome[]> {
  const all: UndoOutcome[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

const told = (outcomes: readonly UndoOutcome[]): unknown[] =>
  outcomes.map(({ change, broughtBack, refused }) => [
    change.kind,
    broughtBack.map(({ path, how }) => `${path} ${how}`),
    refused.map(({ path, why }) => `${path} ${why}`),
  ]);

t.test(
  'what is foreseen of the changes of an app is what undoing them does, and nothing is done',
  async (t) => {
    const world = await openUndoing(t, {
      'n.md': '0\n',
      'gone.md': 'gone\n',
      'mine.md': 'a\n',
      'links.md': '[[n]]\n',
    });
    const { writer, undoer, write, directory } = world;
    await writer.append('n.md', { text: '1' });
    await writer.append('n.md', { text: '2' });
    await writer.move('n.md', { to: 'Deep/moved.md' });
    await writer.append('Deep/moved.md', { text: '3' });
    await writer.append('links.md', { text: 'more' });
    await writer.create('made.md', 'made');
    await writer.append('made.md', { text: 'more' });
    await writer.remove('gone.md', { revision: createRevision('gone\n') });
    await writer.append('mine.md', { text: 'app' });
    await write('mine.md', 'changed since\n');
    const before = await readTree(directory);
    const foreseen = await collect(undoer.foreseeAll({ app: 'app-1' }));
    t.same(await readTree(directory), before, 'nothing is done');
    t.equal(foreseen.length, 9);
    const done = await collect(undoer.undoAll({ app: 'app-1' }, { cause }));
    t.same(told(foreseen), told(done));
    t.same(told(done)[0], ['append', [], ['mine.md changed']]);
    t.same(foreseen[0]?.refused[0]?.difference?.[0]?.lines, ['-changed since', '+a']);
    t.same(told(await collect(undoer.foreseeAll({ app: 'app-1' }))), [['append', [], ['mine.md changed']]]);
  },
);

t.test('one change is foreseen by its id, as a copy too', async (t) => {
  const { writer, undoer, last, read, write } = await openUndoing(t, { 'n.md': 'one\n' });
  await writer.append('n.md', { text: 'two' });
  const id = await last();
  await write('n.md', 'mine\n');
  t.match(await undoer.foreseeChange(id), { broughtBack: [], refused: [{ path: 'n.md', why: 'changed' }] });
  t.match(await undoer.foreseeChange(id, true), {
    broughtBack: [{ path: 'n.md', how: 'copy', to: /^n \(before / }],
  });
  t.equal(await read('n.md'), 'mine\n');
  await t.rejects(undoer.foreseeChange('20260101T000000000Z-00000000'), { name: 'ChangeNotFound' });
});

t.test('a move is foreseen to be refused where its place is taken, or it is gone', async (t) => {
  const { writer, undoer, write } = await openUndoing(t, { 'n.md': 'one\n' });
  await writer.move('n.md', { to: 'm.md' });
  await write('n.md', 'another\n');
  t.match(await collect(undoer.foreseeAll({})), [{ refused: [{ path: 'n.md', why: 'taken' }] }]);
});

t.test('what is by now where who undoes may change nothing stays, and is not shown', async (t) => {
  const { writer, last, read, directory, vault } = await openUndoing(t, { 'Open/n.md': 'one\n' });
  await writer.append('Open/n.md', { text: 'two' });
  const id = await last();
  await writer.move('Open/n.md', { to: 'Closed/n.md' });
  const undoer = createUndoer({
    root: directory,
    requireHome: () => Promise.resolve(),
    links: () => Promise.resolve(vault.links),
    isChangeable: (path) => path.startsWith('Open/'),
  });
  const refused = [{ path: 'Open/n.md', why: 'gone', difference: undefined, canCopy: false }];
  t.same((await undoer.foreseeChange(id)).refused, refused);
  t.same((await undoer.undoChange(id, { cause, asCopy: true })).refused, refused);
  t.equal(await read('Closed/n.md'), 'one\n\ntwo\n');
});
