// Names from a Mac (NFD) beside names from other systems (NFC) in one folder, really so on the disk: nothing is lost.
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { NoteExists, NoteNotFound } from '../../../../../api/vault/errors.ts';
import { openVault, type Vault } from '../../../../../api/vault/vault.ts';
import type { NoteWriter } from '../../../../../api/vault/writing/writer.ts';
import { until } from '../../../../support/until.ts';
import { writerOf } from '../../../../support/writer.ts';

const nfd = (text: string): string => text.normalize('NFD');
const nfc = (text: string): string => text.normalize('NFC');

interface World {
  directory: string;
  vault: Vault;
  writer: NoteWriter;
  told: number[];
  write(path: string, text: string): Promise<void>;
}

/** Paths are written as they are given, in whatever form. */
async function openWorld(t: Test, notes: [path: string, text: string][]): Promise<World> {
  const top = await mkdtemp(join(tmpdir(), 'forms-test-'));
  const directory = join(top, 'notes');
  await mkdir(directory);
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  };
  for (const [path, text] of notes) await write(path, text);
  const told: number[] = [];
  const vault = await openVault({
    directory,
    indexPath: join(top, 'index.db'),
    onForms: (names) => told.push(names),
  });
  t.teardown(async () => {
    await vault.close();
    await rm(top, { recursive: true });
  });
  await until(() => !vault.progress().building, 'the index');
  const writer = writerOf(vault);
  return { directory, vault, writer, told, write };
}

const idsOf = (vault: Vault): string[] => vault.scan({ limit: 1000 }).notes.map(({ id }) => id);
const found = async (vault: Vault, query: string): Promise<string[]> =>
  (await vault.search(query)).map(({ id }) => id).sort();

t.test(
  'a folder of two forms is one: both forms’ notes are listed, searched, read and written',
  async (t) => {
    const world = await openWorld(t, [[nfd('회의록/분기 정리.md'), '인증 지성']]);
    const { vault, writer, directory, told } = world;
    t.same(await found(vault, '인증'), ['회의록/분기 정리.md'], 'alone it was there before');
    t.same(told, [], 'and nothing is amiss');

    await mkdir(join(directory, nfc('회의록')));
    await world.write(nfc('회의록/새 노트.md'), '인증 새로');
    await until(async () => (await found(vault, '인증')).length === 2, 'the note of the other form');
    t.same(await found(vault, '인증'), ['회의록/분기 정리.md', '회의록/새 노트.md']);
    t.same(idsOf(vault).sort(), ['회의록/분기 정리.md', '회의록/새 노트.md']);
    t.same(vault.listFolder('').entries, [{ kind: 'folder', path: '회의록' }], 'once');
    t.same(
      vault.listFolder(nfd('회의록')).entries.map(({ path }) => path),
      ['회의록/분기 정리.md', '회의록/새 노트.md'],
    );
    for (const id of [nfc('회의록/분기 정리.md'), nfd('회의록/분기 정리.md')]) {
      t.match(await vault.readNote(id), { id: '회의록/분기 정리.md', text: '인증 지성' });
    }
    await until(() => told.includes(1), 'the warning');
    t.same(vault.listForms(), ['회의록']);

    const note = await vault.readNote('회의록/분기 정리.md');
    await writer.append('회의록/분기 정리.md', { text: '덧붙임', revision: note?.revision ?? '' });
    t.equal(await readFile(join(directory, nfd('회의록/분기 정리.md')), 'utf8'), '인증 지성\n\n덧붙임');
    t.same(await readdir(join(directory, nfc('회의록'))), [nfc('새 노트.md')], 'no second file was made');

    await writer.create('회의록/셋째.md', 'x');
    t.ok(
      (await readdir(join(directory, nfc('회의록')))).includes(nfc('셋째.md')),
      'a new one goes to the NFC folder',
    );
    await t.rejects(writer.create('회의록/분기 정리.md', 'x'), NoteExists, 'a name of either form is taken');
    await t.rejects(writer.create('회의록/새 노트.md', 'x'), NoteExists);

    const now = await vault.readNote('회의록/분기 정리.md');
    t.match(await writer.remove('회의록/분기 정리.md', { revision: now?.revision ?? '' }), {
      trashPath: '.trash/회의록/분기 정리.md',
    });
    t.same(await readdir(join(directory, nfd('회의록'))), []);
  },
);

t.test('the other way round too: an NFD folder that comes to an NFC one', async (t) => {
  const world = await openWorld(t, [[nfc('été/un.md'), 'pelican']]);
  const { vault, directory, told } = world;
  await world.write(nfd('été/deux.md'), 'pelican');
  await until(async () => (await found(vault, 'pelican')).length === 2, 'the NFD folder');
  // Both are watched.
  await world.write(nfd('été/trois.md'), 'pelican');
  await until(async () => (await found(vault, 'pelican')).length === 3, 'what is new in the NFD folder');
  await world.write(nfc('été/quatre.md'), 'pelican');
  await until(async () => (await found(vault, 'pelican')).length === 4, 'what is new in the NFC folder');
  t.match(await vault.readNote('été/trois.md'), { text: 'pelican' });
  await rm(join(directory, nfc('été')), { recursive: true });
  await until(() => idsOf(vault).length === 2, 'one of the two that went');
  t.same(idsOf(vault).sort(), ['été/deux.md', 'été/trois.md']);
  await until(() => told.at(-1) === 0, 'and nothing is amiss any more');
});

t.test('forms are told apart at every depth', async (t) => {
  const { vault, writer, directory } = await openWorld(t, [
    [`${nfc('가')}/${nfc('나')}/1.md`, 'ibex'],
    [`${nfc('가')}/${nfd('나')}/2.md`, 'ibex'],
    [`${nfd('가')}/${nfc('나')}/3.md`, 'ibex'],
    [`${nfd('가')}/${nfd('나')}/4.md`, 'ibex'],
    [`${nfd('가')}/${nfd('다')}/5.md`, 'ibex'],
  ]);
  t.same(await found(vault, 'ibex'), ['가/나/1.md', '가/나/2.md', '가/나/3.md', '가/나/4.md', '가/다/5.md']);
  for (const id of idsOf(vault)) t.match(await vault.readNote(id), { id, text: 'ibex' });
  // The folder is there in one place alone: no second one is made in the NFC parent.
  await writer.create('가/다/6.md', 'x');
  t.same((await readdir(join(directory, nfd('가'), nfd('다')))).sort(), ['5.md', '6.md']);
  t.same(await readdir(join(directory, nfc('가'))).then((names) => names.length), 2);
  await writer.create('가/라/7.md', 'x');
  t.ok((await readdir(join(directory, nfc('가')))).includes('라'), 'a new folder goes to the NFC one');
});

t.test('two files of one path are both there, the NFC one under it', async (t) => {
  const world = await openWorld(t, [
    [nfd('Café.md'), 'ibex decomposed'],
    [nfc('Café.md'), 'ibex composed'],
    [nfd('그림.png'), ''],
    [nfc('그림.png'), ''],
  ]);
  const { vault, writer, directory, told } = world;
  const [first = '', second = ''] = idsOf(vault);
  t.equal(first, nfc('Café.md'));
  t.match(second, /^Café~[0-9a-f]{8}\.md$/u);
  t.same(await found(vault, 'ibex'), [first, second]);
  t.match(await vault.readNote(nfc('Café.md')), { id: first, title: nfc('Café'), text: 'ibex composed' });
  t.match(await vault.readNote(nfd('Café.md')), { id: first }, 'asked for in whatever form');
  t.match(await vault.readNote(second), { id: second, title: nfc('Café'), text: 'ibex decomposed' });
  t.equal(await vault.readNote(second.replace(/~.{8}/, '~00000000')), undefined);
  t.match(
    vault.listFolder('').entries.map(({ path }) => path),
    [first, second, nfc('그림.png'), /^그림~[0-9a-f]{8}\.png$/u],
  );
  t.same(told, [2]);
  t.same(vault.listForms(), [second, vault.listFolder('').entries.at(-1)?.path]);

  const note = await vault.readNote(second);
  await writer.replace(second, { text: 'ibex changed', revision: note?.revision ?? '' });
  t.equal(await readFile(join(directory, nfd('Café.md')), 'utf8'), 'ibex changed');
  t.equal(await readFile(join(directory, nfc('Café.md')), 'utf8'), 'ibex composed');
  t.match(await vault.readNote(second), { id: second, text: 'ibex changed' });
  await t.rejects(writer.create('Café.md', 'x'), NoteExists);

  // The first goes: the other is the only one of its path, and has the path as its id.
  await rm(join(directory, nfc('Café.md')));
  await until(() => idsOf(vault).length === 1, 'the one that went');
  t.same(idsOf(vault), [first]);
  t.match(await vault.readNote(first), { text: 'ibex changed' });
  t.equal(await vault.readNote(second), undefined);
  t.same(await found(vault, 'composed'), []);
  await rename(join(directory, nfd('Café.md')), join(directory, nfc('Café.md')));
  await until(async () => (await found(vault, 'changed')).length === 1, 'the renamed one');
  t.same(idsOf(vault), [first]);
});

t.test('which file is the second does not depend on the order in which they were made', async (t) => {
  const paths = [nfc('Ångström é.md'), `${nfd('Å')}${nfc('ngström é.md')}`, nfd('Ångström é.md')];
  const ids = async (t: Test, order: string[]): Promise<Record<string, string>> => {
    const { vault } = await openWorld(
      t,
      order.map((path) => [path, `form ${paths.indexOf(path)}`]),
    );
    const notes = await Promise.all(idsOf(vault).map((id) => vault.readNote(id)));
    return Object.fromEntries(notes.map((note) => [note?.text ?? '', note?.id ?? '']));
  };
  const expected = await ids(t, paths);
  t.equal(Object.keys(expected).length, 3);
  t.equal(expected['form 0'], paths[0]);
  t.same(await ids(t, paths.toReversed()), expected);
  t.same(await ids(t, [paths[1] ?? '', paths[2] ?? '', paths[0] ?? '']), expected);
});

t.test(
  'files of one path in the two forms of their folder are told apart, and deleted one by one',
  async (t) => {
    const { vault, writer, directory } = await openWorld(t, [
      [nfc('회의/같은.md'), 'one'],
      [`${nfd('회의')}/${nfc('같은.md')}`, 'two'],
    ]);
    const [first = '', second = ''] = idsOf(vault);
    t.equal(first, '회의/같은.md');
    t.match(await vault.readNote(second), { text: 'two', title: '같은' });
    const note = await vault.readNote(second);
    t.match(await writer.remove(second, { revision: note?.revision ?? '' }), {
      id: second,
      trashPath: '.trash/회의/같은.md',
    });
    t.same(await readdir(join(directory, nfd('회의'))), []);
    t.match(await vault.readNote(first), { text: 'one' });
    await t.rejects(writer.remove(second, { revision: note?.revision ?? '' }), NoteNotFound);
  },
);

t.test('a file that really has the name of a twin keeps it', async (t) => {
  const { vault, write } = await openWorld(t, [
    [nfc('é.md'), 'one'],
    [nfd('é.md'), 'two'],
  ]);
  const second = idsOf(vault)[1] ?? '';
  await write(second, 'the real one');
  await until(() => idsOf(vault).length === 3, 'the third');
  await until(async () => (await found(vault, 'real')).length === 1, 'its text');
  t.same(await found(vault, 'real'), [second]);
  t.match(await vault.readNote(second), { text: 'the real one' });
  const [two = ''] = await found(vault, 'two');
  t.match(two, /^é~[0-9a-f]{9}\.md$/u);
  t.match(await vault.readNote(two), { text: 'two' });
});
