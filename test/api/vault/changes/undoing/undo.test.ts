// What a client changed comes back, note by note, and nothing that was written since is lost.
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { UndoOutcome } from '../../../../../api/vault/changes/undoing/undo.ts';
import { createRevision } from '../../../../../api/vault/notes/content.ts';
import { readTree } from '../../../../support/kills.ts';
import { openUndoing } from '../../../../support/undoing.ts';
import { cause } from '../../../../support/writer.ts';
import '../../../../support/fixed-seed.ts';

const other = { client: { id: 'app-2', name: 'Another app' }, account: cause.account };

t.test('an edit and its undo is the identity over any lines, to the byte', async (t) => {
  const { writer, directory, undo } = await openUndoing(t, { 'n.md': '' });
  const path = join(directory, 'n.md');
  const lines = fc.array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('# A', '---', '- item', '\t', '```', '| a | b |', '> q ^id', '\r', '\uFEFF', 'e\u0301'),
    ),
  );
  const note = fc
    .tuple(lines, fc.constantFrom('\n', '\r\n'))
    .map(([all, end]) => all.join(end).replaceAll('\0', ''));
  await fc.assert(
    fc.asyncProperty(
      note,
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.constantFrom('append', 'replace', 'edit', 'remove'),
      async (before, text, how) => {
        const bytes = Buffer.from(before);
        await writeFile(path, bytes);
        const revision = createRevision(bytes);
        const calls = {
          append: () => writer.append('n.md', { text, revision }),
          replace: () => writer.replace('n.md', { text, revision }),
          edit: () => writer.edit('n.md', { edit: { part: 'field', field: 'x', value: text }, revision }),
          remove: () => writer.remove('n.md', { revision }),
        };
        const isDone = await calls[how]().then(
          () => true,
          (error: Error) => {
            if (error.name === 'EditRefused') return false;
            throw error;
          },
        );
        const readNow = (): Promise<Buffer | undefined> => readFile(path).catch(() => undefined);
        if (!isDone || (await readNow())?.equals(bytes)) return;
        const outcome = await undo();
        t.same(outcome.refused, []);
        t.ok((await readNow())?.equals(bytes), 'is as it was');
        t.same(await readdir(join(directory, '.trash')).catch(() => []), [], 'and nothing is left of it');
        await undo();
        t.notOk((await readNow())?.equals(bytes), 'undoing is undone');
        await rm(join(directory, '.trash'), { recursive: true, force: true });
      },
    ),
    { numRuns: 30 },
  );
});

t.test('a note that was changed since is refused with what would be lost, and given as a copy', async (t) => {
  const before = 'one\ntwo\nthree\n';
  const { writer, undo, last, read, write, directory } = await openUndoing(t, { 'A/n.md': before });
  await writer.replace('A/n.md', { text: 'one\nTWO\nthree\n', revision: createRevision(before) });
  const id = await last();
  await write('A/n.md', 'one\nTWO\nthree\nmine\n');
  const refused = await undo({ id });
  t.same([refused.undo, refused.broughtBack], [undefined, []]);
  t.match(refused.refused, [{ path: 'A/n.md', why: 'changed', canCopy: true }]);
  t.same(refused.refused[0]?.difference?.[0]?.lines, [' one', '-TWO', '+two', ' three', '-mine']);
  t.equal(await read('A/n.md'), 'one\nTWO\nthree\nmine\n');
  const copied = await undo({ id, asCopy: true });
  t.same(copied.refused, []);
  const [{ how, to = '' } = {}] = copied.broughtBack;
  t.equal(how, 'copy');
  t.match(to, /^A\/n \(before \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\)\.md$/);
  t.equal(await read(to), before);
  t.equal(await read('A/n.md'), 'one\nTWO\nthree\nmine\n', 'and the note stays');
  const again = await undo({ id, asCopy: true });
  t.not(again.broughtBack[0]?.to, to, 'a second copy has a name of its own');
  await undo();
  t.notOk((await readdir(join(directory, 'A'))).includes(again.broughtBack[0]?.to?.slice(2) ?? ''));
  await write('A/n.md', 'one\nTWO\nthree\n');
  t.match(await undo({ id }), { broughtBack: [{ how: 'text' }], refused: [] }, 'a copy has undone nothing');
  const twice = await undo({ id });
  t.match(twice, { change: { undoneBy: /./ }, broughtBack: [], refused: [] }, 'what is undone stays so');
});

t.test('several changes of one note lead back to what was there before the first', async (t) => {
  const { writer, writerAs, undoer, read, history } = await openUndoing(t, {
    'n.md': '0\n',
    'other.md': 'o\n',
  });
  await writer.append('other.md', { text: 'earlier' });
  const sinceMs = Date.parse((await history().list()).changes[0]?.time ?? '') + 1;
  for (const text of ['1', '2', '3']) await writer.append('n.md', { text });
  await writer.move('n.md', { to: 'Deep/moved.md' });
  await writer.append('Deep/moved.md', { text: '4' });
  await writer.create('made.md', 'made');
  await writer.append('made.md', { text: 'and more' });
  await writerAs(other).append('other.md', { text: 'by another app' });
  const done: unknown[] = [];
  for await (const { change, refused } of undoer.undoAll({ app: 'AN APP', sinceMs }, { cause: other })) {
    done.push(change.kind, ...refused);
  }
  t.same(done, ['append', 'create', 'append', 'move', 'append', 'append', 'append']);
  t.equal(await read('n.md'), '0\n');
  t.equal(await read('.trash/made.md'), 'made\n');
  t.equal(await read('other.md'), 'o\n\nearlier\n\nby another app\n');
  for await (const { change } of undoer.undoAll({ app: 'An app', sinceMs }, { cause: other })) {
    t.fail(`${change.id} is undone already`);
  }
});

t.test('of the changes of an app those are refused whose note another has changed since', async (t) => {
  const { writer, writerAs, undoer, read, last } = await openUndoing(t, { 'a.md': 'a\n', 'b.md': 'b\n' });
  await writer.append('a.md', { text: 'app' });
  await writer.append('b.md', { text: 'app' });
  await writerAs(other).append('a.md', { text: 'another' });
  const between = await last();
  await writer.append('a.md', { text: 'app again' });
  const refused: string[] = [];
  for await (const outcome of undoer.undoAll({ app: 'app-1' }, { cause })) {
    for (const { path, why } of outcome.refused) refused.push(`${path} ${why}`);
  }
  t.same(refused, ['a.md changed']);
  t.same([await read('a.md'), await read('b.md')], ['a\n\napp\n\nanother\n', 'b\n']);
  t.match(await undoer.undoChange(between, { cause }), { refused: [], broughtBack: [{ path: 'a.md' }] });
});

t.test('a change is undone where its note is by now', async (t) => {
  const { writer, undo, last, read } = await openUndoing(t, { 'A/n.md': 'old\n', 'A/gone.md': 'gone\n' });
  await writer.append('A/n.md', { text: 'new' });
  const id = await last();
  await writer.remove('A/gone.md', { revision: createRevision('gone\n') });
  const removal = await last();
  await writer.move('A/n.md', { to: 'A/m.md' });
  await writer.move('A', { to: 'B/C' });
  t.match(await undo({ id }), { refused: [], broughtBack: [{ path: 'B/C/m.md', how: 'text' }] });
  t.equal(await read('B/C/m.md'), 'old\n');
  t.match(await undo({ id: removal }), { broughtBack: [{ path: 'B/C/gone.md', how: 'note' }] });
  t.equal(await read('B/C/gone.md'), 'gone\n');
  await writer.append('B/C/m.md', { text: 'x' });
  const append = await last();
  await writer.remove('B/C/m.md', { revision: createRevision('old\n\nx\n') });
  t.match(await undo({ id: append }), { refused: [{ path: 'B/C/m.md', why: 'gone', canCopy: true }] });
});

t.test('a deleted note comes back, out of the trash or out of the journal', async (t) => {
  const text = 'some [[x]] text\r\n';
  const world = await openUndoing(t, { 'A/B/n.md': text, 'x.md': '' });
  const { writer, undo, last, read, write, directory, vault } = world;
  const remove = () => writer.remove('A/B/n.md', { revision: createRevision(text) });
  await remove();
  t.match(await undo(), { broughtBack: [{ path: 'A/B/n.md', how: 'note' }], refused: [] });
  t.equal(await read('A/B/n.md'), text);
  await t.rejects(read('.trash/A/B/n.md'), 'and the trash has it no more');
  t.equal((await vault.search('some text')).length, 1, 'it is found again');
  await remove();
  await rm(join(directory, '.trash'), { recursive: true });
  await rm(join(directory, 'A'), { recursive: true });
  t.match(await undo(), { broughtBack: [{ how: 'note' }], refused: [] }, 'where the trash was emptied');
  t.equal(await read('A/B/n.md'), text);
  await undo();
  t.equal(await read('.trash/A/B/n.md'), text, 'undoing that deletes it once more');
  await undo();
  await remove();
  const id = await last();
  await write('.trash/A/B/n.md', 'somebody wrote here');
  await write('A/B/n.md', 'another note\n');
  t.match(await undo({ id }), { refused: [{ path: 'A/B/n.md', why: 'taken', canCopy: true }] });
  const { broughtBack } = await undo({ id, asCopy: true });
  t.equal(await read(broughtBack[0]?.to ?? ''), text);
  await rm(join(directory, 'A/B/n.md'));
  await undo({ id });
  t.same([await read('A/B/n.md'), await read('.trash/A/B/n.md')], [text, 'somebody wrote here']);
});

t.test('a note that was made goes to the trash, unless it was changed since', async (t) => {
  const { writer, undo, last, read, write } = await openUndoing(t, { 'x.md': '' });
  await writer.create('New/n.md', 'made');
  const id = await last();
  await write('New/n.md', 'made\nand mine\n');
  const refused = await undo({ id });
  t.match(refused.refused, [{ path: 'New/n.md', why: 'changed', canCopy: false }]);
  t.same(refused.refused[0]?.difference?.[0]?.lines, ['-made', '-and mine']);
  await write('New/n.md', 'made\n');
  t.match(await undo({ id }), { broughtBack: [{ how: 'trash', to: '.trash/New/n.md' }] });
  await t.rejects(read('New/n.md'));
  await undo();
  t.equal(await read('New/n.md'), 'made\n', 'and undoing that brings it back');
});

t.test('a move is undone with its links, or not at all', async (t) => {
  const { writer, undo, last, read, write, directory } = await openUndoing(t, {
    'A/Old.md': '[[B]]',
    'B.md': '[[Old]] [m](A/Old.md)',
    'C/New.md': '',
  });
  const before = await readTree(directory);
  await writer.move('A/Old.md', { to: 'D/New.md' });
  const id = await last();
  const moved = await readTree(directory);
  t.match(await undo(), { broughtBack: [{ path: 'D/New.md', how: 'moved', to: 'A/Old.md' }] });
  t.same({ ...(await readTree(directory)), D: null }, { ...before, D: null });
  t.match(await undo(), { broughtBack: [{ path: 'A/Old.md', how: 'moved', to: 'D/New.md' }] });
  t.same(await readTree(directory), moved, 'undoing is undone');
  await write('A/Old.md', 'another');
  t.match(await undo({ id }), { refused: [{ path: 'A/Old.md', why: 'taken' }], broughtBack: [] });
  await rename(join(directory, 'D/New.md'), join(directory, 'away.md'));
  await rm(join(directory, 'A/Old.md'));
  t.match(await undo({ id }), { refused: [{ path: 'D/New.md', why: 'gone' }], broughtBack: [] });
  t.equal(await read('B.md'), moved['B.md']);
});

t.test('what is no change is said to be none', async (t) => {
  const { undo } = await openUndoing(t, { 'x.md': '' });
  await t.rejects(undo({ id: '20261127T000000000Z-00000000' }), {
    name: 'ChangeNotFound',
    reason: 'missing',
  });
  await t.rejects(undo({ id: '../../x' }), { name: 'ChangeNotFound' });
});

t.test('what differs from a name only in case or Unicode form is not put beside it', async (t) => {
  const { writer, directory, undo, read, write, undoer, last } = await openUndoing(t, {
    'Plan.md': 'plan',
    'Caf\u00e9.md': 'here',
    'Work/Log.md': 'log',
    'Old.md': 'old',
    'Links.md': '[[Old]]',
  });
  const remove = async (id: string): Promise<string> => {
    await writer.remove(id, { revision: createRevision(await readFile(join(directory, id))) });
    return last();
  };
  const gone = [await remove('Plan.md'), await remove('Caf\u00e9.md'), await remove('Work/Log.md')];
  await writer.move('Old.md', { to: 'New.md' });
  const moved = await last();
  await rm(join(directory, 'Work'), { recursive: true });
  const since = {
    'plan.md': 'theirs',
    'Cafe\u0301.md': 'theirs',
    'work/Other.md': 'theirs',
    'OLD.md': 'theirs',
  };
  for (const [path, text] of Object.entries(since)) await write(path, text);
  const before = await readTree(directory);
  for (const id of [...gone, moved]) {
    t.match((await undoer.foreseeChange(id)).refused, [{ why: 'spelled' }]);
    t.match(await undo({ id }), { broughtBack: [], refused: [{ why: 'spelled', canCopy: id !== moved }] });
  }
  t.same(await readTree(directory), before);
  const copied = await undo({ id: gone[0] ?? '', asCopy: true });
  t.match(copied.broughtBack, [{ how: 'copy', to: /^Plan \(before .*\)\.md$/ }]);
  // The way out.
  for (const path of Object.keys(since))
    await rename(join(directory, path), join(directory, `${path.replace('/', ' ')} x.md`));
  await rm(join(directory, 'work'), { recursive: true });
  for (const id of [...gone, moved]) {
    t.match((await undoer.foreseeChange(id)).refused, []);
    t.match((await undo({ id })).refused, []);
  }
  t.same(
    [await read('Plan.md'), await read('Work/Log.md'), await read('Links.md')],
    ['plan', 'log', '[[Old]]'],
  );
});

t.test(
  'of two notes whose names differ only in case, foreseen one after the other, one comes back',
  async (t) => {
    const { writer, directory, undoer } = await openUndoing(t, { 'Plan.md': 'plan' });
    const remove = async (id: string): Promise<unknown> =>
      writer.remove(id, { revision: createRevision(await readFile(join(directory, id))) });
    await remove('Plan.md');
    await writeFile(join(directory, 'plan.md'), 'later');
    await remove('plan.md');
    const foreseen: UndoOutcome[] = [];
    for await (const outcome of undoer.foreseeAll({})) foreseen.push(outcome);
    t.match(foreseen, [
      { broughtBack: [{ path: 'plan.md' }] },
      { refused: [{ path: 'Plan.md', why: 'spelled' }] },
    ]);
    const done: UndoOutcome[] = [];
    for await (const outcome of undoer.undoAll({}, { cause })) done.push(outcome);
    t.match(done, [
      { broughtBack: [{ path: 'plan.md' }] },
      { refused: [{ path: 'Plan.md', why: 'spelled' }] },
    ]);
  },
);
