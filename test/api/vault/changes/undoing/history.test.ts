// The changes that there were, newest first, and what each made of its notes.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { showChange } from '../../../../../api/vault/changes/undoing/before-after.ts';
import { createRevision } from '../../../../../api/vault/notes/content.ts';
import { openUndoing } from '../../../../support/undoing.ts';
import { cause } from '../../../../support/writer.ts';

t.test('changes are listed newest first, in pages, by app and since a time', async (t) => {
  const { writer, writerAs, history } = await openUndoing(t, { 'n.md': '' });
  t.same(await history().list(), { changes: [] }, 'where there was none');
  for (const text of ['1', '2', '3']) await writer.append('n.md', { text });
  await writerAs({ ...cause, client: { id: 'app-2' } }).append('n.md', { text: '4' });
  const { changes } = await history().list();
  t.same(
    changes.map(({ id }) => id),
    changes
      .map(({ id }) => id)
      .sort()
      .reverse(),
  );
  const [newest, second, third] = changes;
  t.match(newest, {
    kind: 'append',
    client: { id: 'app-2' },
    account: cause.account,
    steps: [{ path: 'n.md' }],
  });
  const first = await history().list({ limit: 3 });
  t.equal(first.changes.length, 3);
  const rest = await history().list({ limit: 3, cursor: first.nextCursor ?? '' });
  t.same([rest.changes.length, rest.nextCursor], [1, undefined]);
  t.equal((await history().list({ app: 'an APP' })).changes.length, 3);
  t.equal((await history().list({ app: 'app-2' })).changes.length, 1);
  t.equal((await history().list({ app: 'app' })).changes.length, 0);
  t.same((await history().list({ sinceMs: Date.parse(second?.time ?? '') })).changes, [newest, second]);
  t.equal((await history().list({ app: 'app-1', sinceMs: Date.parse(third?.time ?? '') })).changes.length, 2);
});

t.test('what was undone says by what, until that is undone', async (t) => {
  const { writer, undo, history } = await openUndoing(t, { 'n.md': '' });
  await writer.append('n.md', { text: '1' });
  const states: unknown[] = [];
  for (let times = 0; times < 3; times += 1) {
    await undo();
    states.push((await history().list()).changes.map(({ kind, undoneBy }) => [kind, undoneBy !== undefined]));
  }
  t.same(states, [
    [
      ['undo', false],
      ['append', true],
    ],
    [
      ['undo', false],
      ['undo', true],
      ['append', false],
    ],
    [
      ['undo', false],
      ['undo', true],
      ['undo', false],
      ['append', true],
    ],
  ]);
});

t.test('a change is shown with what was there before and after, as far as that is known', async (t) => {
  const { writer, last, write, directory, history, undo } = await openUndoing(t, { 'n.md': 'one\ntwo\n' });
  await writer.append('n.md', { text: 'three' });
  const id = await last();
  const show = async (of = id) => (await showChange(directory, history(), { id: of }))?.notes[0];
  t.match(await show(), {
    from: 'n.md',
    to: 'n.md',
    before: Buffer.from('one\ntwo\n'),
    after: Buffer.from('one\ntwo\n\nthree\n'),
    difference: [{ earlierLine: 1, laterLine: 1, lines: [' one', ' two', '+', '+three'] }],
  });
  await writer.move('n.md', { to: 'A/m.md' });
  t.equal((await show())?.after?.toString(), 'one\ntwo\n\nthree\n', 'where the note is by now');
  await writer.append('A/m.md', { text: 'four' });
  t.equal((await show())?.after?.toString(), 'one\ntwo\n\nthree\n', 'out of the change that took it away');
  await undo();
  await write('A/m.md', 'somebody else\n');
  for (const name of (await readdir(join(directory, '.loop/changes'))).sort().slice(1)) {
    await rm(join(directory, '.loop/changes', name));
  }
  t.match(await show(), { isAfterKept: false, after: undefined, difference: undefined });
  await writer.remove('A/m.md', { revision: createRevision('somebody else\n') });
  const removal = await show(await last());
  t.match(removal, { from: 'A/m.md', to: undefined, difference: [{ lines: ['-somebody else'] }] });
  t.equal(await showChange(directory, history(), { id: '20200101T000000000Z-00000000' }), undefined);
});
