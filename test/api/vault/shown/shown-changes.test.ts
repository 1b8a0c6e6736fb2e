// What clients changed, as a person is shown it: only what they reach, page by page, and undone as it was foretold.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import type { Cause } from '../../../../api/vault/changes/cause.ts';
import { parseHiddenPatterns } from '../../../../api/vault/hidden/patterns.ts';
import type { VaultReach } from '../../../../api/vault/hidden/reach.ts';
import { createRevision } from '../../../../api/vault/notes/content.ts';
import type { ShownOutcome } from '../../../../api/vault/shown/change-scope.ts';
import type { ShownChanges } from '../../../../api/vault/shown/shown-changes.ts';
import { openVault, type Vault } from '../../../../api/vault/vault.ts';
import type { NoteWriter } from '../../../../api/vault/writing/writer.ts';
import { readTree } from '../../../support/kills.ts';
import { openNotes } from '../../../support/open-notes.ts';
import { until } from '../../../support/until.ts';
import { writerOf } from '../../../support/writer.ts';

const person: Cause = { client: { id: 'loop-api' }, account: { id: 'person-1', name: 'ann' } };
const other: Cause = { client: { id: 'app-2', name: 'Another' }, account: { id: 'person-1' } };

interface World {
  directory: string;
  changes: ShownChanges;
  /** The same folder, as somebody is shown it who reaches less of it. */
  within(reach: Partial<VaultReach>, hidden?: string): Promise<ShownChanges>;
  writer: NoteWriter;
  another: NoteWriter;
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
}

async function openWorld(t: Test, notes: Record<string, string>): Promise<World> {
  const { directory, vault } = await openNotes(t, notes);
  const within = async (reach: Partial<VaultReach>, hidden?: string): Promise<ShownChanges> => {
    const patterns = parseHiddenPatterns(hidden ?? '').filter((pattern) => pattern !== undefined);
    const part: Vault = await openVault({
      ...{
        directory,
        indexPath: ':memory:',
        whole: vault.links,
        hidden: hidden === undefined ? [] : patterns,
      },
      reach: { readable: reach.readable, writable: reach.writable },
    });
    t.teardown(() => part.close());
    await until(() => !part.progress().building, 'the index');
    return part.shown.changes;
  };
  return {
    directory,
    changes: vault.shown.changes,
    within,
    writer: writerOf(vault),
    another: vault.writerFor?.(other) ?? writerOf(vault),
    read: async (path: string): Promise<string> => readFile(join(directory, path), 'utf8'),
    write: async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    },
  };
}

const listed = async (changes: ShownChanges, limit = 50): Promise<unknown[]> =>
  (await changes.list({ limit })).changes.map(({ kind, notes }) => [
    kind,
    ...notes.map(({ from, to }) => `${from ?? ''}>${to ?? ''}`),
  ]);

const lastId = async (changes: ShownChanges): Promise<string> =>
  (await changes.list({ limit: 1 })).changes[0]?.id ?? '';

const told = (outcomes: readonly ShownOutcome[] | undefined): unknown[] | undefined =>
  outcomes?.map(({ change, broughtBack, refused }) => [
    change.kind,
    broughtBack.map(({ path, how }) => `${path} ${how}`),
    refused.map(({ path, why }) => `${path} ${why}`),
  ]);

t.test('changes are listed newest first and by page, of one app and since a time', async (t) => {
  const { changes, writer, another } = await openWorld(t, { 'n.md': 'one\n', 'gone.md': 'x\n' });
  await writer.append('n.md', { text: 'two' });
  await writer.create('Deep/made.md', 'made');
  await another.append('n.md', { text: 'three' });
  await writer.move('Deep/made.md', { to: 'moved.md' });
  await writer.remove('gone.md', { revision: createRevision('x\n') });
  const all = await changes.list({ limit: 50 });
  t.equal(all.isMore, false);
  t.same(await listed(changes), [
    ['delete', 'gone.md>'],
    ['move', 'Deep/made.md>moved.md'],
    ['append', 'n.md>n.md'],
    ['create', '>Deep/made.md'],
    ['append', 'n.md>n.md'],
  ]);
  const [first, second] = all.changes;
  t.ok(Math.abs((first?.at ?? 0) - Date.now() / 1000) < 60, 'in seconds');
  const page = await changes.list({ limit: 2 });
  t.equal(page.isMore, true);
  const next = await changes.list({ limit: 3, before: page.changes.at(-1)?.id });
  t.same([...page.changes, ...next.changes], all.changes);
  t.equal(next.isMore, false);
  const ofOne = await changes.list({ limit: 50, app: 'app-2' });
  t.match(ofOne.changes, [{ client: { id: 'app-2', name: 'Another' } }]);
  t.same(await changes.list({ limit: 50, note: 'moved.md' }), { changes: [second], isMore: false });
  const sinceMs = Date.parse(
    (second?.id ?? '').replace(/^(....)(..)(..T..)(..)(..)(...)Z.*$/, '$1-$2-$3:$4:$5.$6Z'),
  );
  t.equal((await changes.list({ limit: 50, sinceMs })).changes.length, 2);
});

t.test('of one change the text before and after is told, of the first notes only', async (t) => {
  const { changes, writer } = await openWorld(t, {
    'n.md': 'one\n',
    'a.md': '[[n]]\n',
    'b.md': 'see [[n]]\n',
  });
  await writer.append('n.md', { text: 'two' });
  const detail = await changes.find(await lastId(changes), 10);
  t.equal(detail?.change.kind, 'append');
  t.match(detail?.notes, [{ from: 'n.md', to: 'n.md', difference: [{ lines: [' one', '+', '+two'] }] }]);
  await writer.move('n.md', { to: 'moved.md' });
  const move = await changes.find(await lastId(changes), 2);
  t.same(move?.change.notes, [{ from: 'n.md', to: 'moved.md' }]);
  t.same(move?.change.mended.map(({ to }) => to).sort(), ['a.md', 'b.md']);
  t.equal(move?.notes.length, 2);
  t.equal(await changes.find('20200101T000000000Z-00000000', 10), undefined);
  t.equal(await changes.find('../../x', 10), undefined);
});

t.test('what is foreseen of one change is what undoing does, in the name of the person', async (t) => {
  const { changes, writer, directory, read } = await openWorld(t, { 'n.md': 'one\n' });
  await writer.append('n.md', { text: 'two' });
  const id = await lastId(changes);
  const before = await readTree(directory);
  const foreseen = await changes.foresee({ id, asCopy: false });
  t.same(await readTree(directory), before, 'nothing is done');
  const done = await changes.undo({ id, asCopy: false }, person);
  t.same(told(done?.outcomes), told(foreseen?.outcomes));
  t.same(told(done?.outcomes), [['append', ['n.md text'], []]]);
  t.equal(await read('n.md'), 'one\n');
  const [undo, undone] = (await changes.list({ limit: 2 })).changes;
  t.match(undo, { kind: 'undo', undoes: id, account: { name: 'ann' }, client: { id: 'loop-api' } });
  t.equal(undo?.id, done?.outcomes[0]?.undo);
  t.equal(undone?.undoneBy, undo?.id);
});

t.test('a note that was changed since stays, is told with what would be lost, and gets a copy', async (t) => {
  const { changes, writer, read, write } = await openWorld(t, { 'n.md': 'one\n' });
  await writer.append('n.md', { text: 'two' });
  const id = await lastId(changes);
  await write('n.md', 'mine\n');
  const foreseen = await changes.foresee({ id, asCopy: false });
  t.match(foreseen?.outcomes, [
    { undo: undefined, refused: [{ path: 'n.md', why: 'changed', canCopy: true, difference: [{}] }] },
  ]);
  t.same(told((await changes.undo({ id, asCopy: false }, person))?.outcomes), told(foreseen?.outcomes));
  t.equal(await read('n.md'), 'mine\n');
  const copied = await changes.undo({ id, asCopy: true }, person);
  const to = copied?.outcomes[0]?.broughtBack[0]?.to ?? '';
  t.match(to, /^n \(before .*\)\.md$/);
  t.equal(await read(to), 'one\n');
  t.equal(await read('n.md'), 'mine\n');
});

t.test(
  'all of an app since a time is foreseen and undone, and nothing that came after was asked for',
  async (t) => {
    const { changes, writer, another, read, write } = await openWorld(t, { 'n.md': '0\n', 'm.md': 'm\n' });
    await writer.append('m.md', { text: 'before' });
    await writer.append('n.md', { text: '1' });
    const since = (await changes.list({ limit: 1 })).changes[0];
    await writer.append('n.md', { text: '2' });
    await writer.create('made.md', 'made');
    await another.create('others.md', 'x');
    await writer.append('made.md', { text: 'more' });
    const through = await lastId(changes);
    const sinceMs = (since?.at ?? 0) * 1000;
    await writer.append('m.md', { text: 'after' });
    await write('made.md', 'mine\n');
    const wish = { app: 'app-1', sinceMs: Math.max(sinceMs, 0), through };
    // Within the second the first change is meant as well; the one after `through` is not.
    const foreseen = await changes.foresee(wish);
    const done = await changes.undo(wish, person);
    t.same(told(done?.outcomes), told(foreseen?.outcomes));
    t.equal(await read('n.md'), '0\n');
    t.equal(await read('made.md'), 'mine\n');
    t.equal(await read('others.md'), 'x\n');
    t.match(await read('m.md'), 'after', 'what came after stays');
    t.same(told((await changes.foresee(wish))?.outcomes)?.slice(0, 2), [
      ['append', [], ['made.md changed']],
      ['create', [], ['made.md changed']],
    ]);
  },
);

t.test('a move is undone with its links', async (t) => {
  const { changes, writer, read } = await openWorld(t, { 'n.md': 'one\n', 'a.md': 'see [[n]]\n' });
  await writer.move('n.md', { to: 'Deep/other.md' });
  t.equal(await read('a.md'), 'see [[other]]\n');
  const id = await lastId(changes);
  t.same(told((await changes.foresee({ id, asCopy: false }))?.outcomes), [
    ['move', ['Deep/other.md moved'], []],
  ]);
  await changes.undo({ id, asCopy: false }, person);
  t.equal(await read('n.md'), 'one\n');
  t.equal(await read('a.md'), 'see [[n]]\n');
});

t.test('what lies outside of the folders that somebody reaches was never changed', async (t) => {
  const { changes, writer, within, read } = await openWorld(t, {
    'Open/n.md': 'one\n',
    'Closed/secret.md': 'secret\n',
    'Open/to.md': '[[secret]]\n',
  });
  await writer.append('Closed/secret.md', { text: 'more' });
  const closed = await lastId(changes);
  await writer.append('Open/n.md', { text: 'two' });
  const open = await lastId(changes);
  await writer.move('Closed/secret.md', { to: 'Closed/renamed.md' });
  const mended = await lastId(changes);
  await writer.move('Open/n.md', { to: 'Closed/n.md' });
  const moved = await lastId(changes);
  const part = await within({ readable: ['Open'], writable: ['Open'] });
  t.same(await listed(part), [['move'], ['append', 'Open/n.md>Open/n.md']]);
  for (const id of [closed, moved]) {
    t.equal(await part.find(id, 10), undefined);
    t.equal(await part.foresee({ id, asCopy: false }), undefined);
    t.equal(await part.undo({ id, asCopy: true }, person), undefined);
  }
  t.match(await part.find(open, 10), { notes: [{ from: 'Open/n.md' }] });
  const mend = await part.find(mended, 10);
  t.same(mend?.change.notes, []);
  t.same(mend?.change.mended, [{ from: 'Open/to.md', to: 'Open/to.md' }]);
  t.same(told((await part.undo({ id: mended, asCopy: false }, person))?.outcomes), [
    ['move', [], ['Open/to.md closed']],
  ]);
  t.same(
    told((await part.undo({ id: open, asCopy: false }, person))?.outcomes),
    [['append', [], ['Open/n.md gone']]],
    'by now it is where they may change nothing',
  );
  t.notMatch(JSON.stringify([await part.foresee({ app: 'app-1', sinceMs: 0 })]), 'Closed');
  t.same(told((await part.undo({ app: 'app-1', sinceMs: 0 }, person))?.outcomes), [
    ['move', [], ['Open/to.md closed']],
    ['append', [], ['Open/n.md gone']],
  ]);
  t.equal(await read('Closed/n.md'), 'one\n\ntwo\n');
  t.equal(await read('Closed/renamed.md'), 'secret\n\nmore\n');
});

t.test('who may only read a folder sees its changes and takes none back', async (t) => {
  const { changes, writer, within, read } = await openWorld(t, { 'Open/n.md': 'one\n', 'Mine/m.md': 'm\n' });
  await writer.append('Open/n.md', { text: 'two' });
  const part = await within({ readable: undefined, writable: ['Mine'] });
  const id = await lastId(part);
  t.equal(id, await lastId(changes));
  t.same(told((await part.undo({ id, asCopy: false }, person))?.outcomes), [
    ['append', [], ['Open/n.md closed']],
  ]);
  t.same(told((await part.undo({ id, asCopy: true }, person))?.outcomes), [
    ['append', [], ['Open/n.md closed']],
  ]);
  t.equal(await read('Open/n.md'), 'one\n\ntwo\n');
});

t.test('a note that is hidden since was never changed', async (t) => {
  const { changes, writer, within } = await openWorld(t, { 'Private/n.md': 'one\n', 'n.md': 'n\n' });
  await writer.append('Private/n.md', { text: 'two' });
  const id = await lastId(changes);
  await writer.append('n.md', { text: 'two' });
  const part = await within({}, 'Private');
  t.same(await listed(part), [['append', 'n.md>n.md']]);
  t.equal(await part.find(id, 10), undefined);
  t.equal(await part.undo({ id, asCopy: false }, person), undefined);
});

t.test('while the folder is not there nothing is told or undone', async (t) => {
  const { changes, writer, directory } = await openWorld(t, { 'n.md': 'one\n' });
  await writer.append('n.md', { text: 'two' });
  const id = await lastId(changes);
  // Kept meanwhile: a folder that is removed may give its number to the next one.
  const away = `${directory}.away`;
  await rename(directory, away);
  t.teardown(() => rm(away, { recursive: true, force: true }));
  await mkdir(directory);
  const wish = { id, asCopy: false };
  for (const asked of [
    () => changes.list({ limit: 5 }),
    () => changes.find(id, 5),
    () => changes.foresee(wish),
    () => changes.undo(wish, person),
  ]) {
    await t.rejects(asked() as Promise<unknown>, { name: 'VaultAway' });
  }
});
