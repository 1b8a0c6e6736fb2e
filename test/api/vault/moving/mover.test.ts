// Moving on a real disk: what is moved and where to, what is refused, and that the index is in step when it is done.
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import {
  EditRefused,
  NoteExists,
  NoteNotFound,
  PathClosed,
  PathRefused,
  RevisionStale,
} from '../../../../api/vault/errors.ts';
import { parseHiddenPatterns } from '../../../../api/vault/hidden/patterns.ts';
import { IndexHost } from '../../../../api/vault/index/thread/host.ts';
import type { ChangedPart } from '../../../../api/vault/moving/mover.ts';
import { NarrowedVaults } from '../../../../api/vault/narrowed-vaults.ts';
import { openVault, type Vault } from '../../../../api/vault/vault.ts';
import type { NoteWriter } from '../../../../api/vault/writing/writer.ts';
import { until } from '../../../support/until.ts';
import { writerOf } from '../../../support/writer.ts';

interface World {
  directory: string;
  vault: Vault;
  writer: NoteWriter;
  narrowed: NarrowedVaults;
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /** Every visible file. */
  list(): Promise<string[]>;
}

async function openWorld(t: Test, notes: Record<string, string>, hidden = ''): Promise<World> {
  const top = await mkdtemp(join(tmpdir(), 'moving-'));
  const directory = join(top, 'notes');
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  };
  for (const [path, text] of Object.entries(notes)) await write(path, text);
  const options = {
    directory,
    indexPath: join(top, 'index.db'),
    host: new IndexHost(),
    hidden: parseHiddenPatterns(hidden).filter((one) => one !== undefined),
  };
  const onMoved = (part: ChangedPart): Promise<void> => narrowed.bringInStep(part);
  const vault = await openVault({ ...options, onMoved, onWritten: (id) => narrowed.refresh(id) });
  const narrowed = new NarrowedVaults(vault, options);
  t.teardown(async () => {
    await narrowed.close();
    await vault.close();
    await rm(top, { recursive: true });
  });
  await until(() => !vault.progress().building, 'the index');
  return {
    directory,
    vault,
    writer: writerOf(vault),
    narrowed,
    read: (path) => readFile(join(directory, path), 'utf8'),
    write,
    list: async () => {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => !entry.isDirectory());
      const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1));
      return paths.filter((path) => !path.startsWith('.loop/')).sort();
    },
  };
}

t.test('a note is renamed with its links, and all of it is found at once', async (t) => {
  const { vault, writer, read, list } = await openWorld(t, {
    'A/Old.md': '# Old\n[[Other]] quokka',
    'Other.md': 'see [[Old#Part|there]] and [m](A/Old.md)',
    'B/far.md': '| [[Old\\|x]] |\n|---|\n',
    'board.canvas': '{"nodes":[{"id":"1","type":"file","file":"A/Old.md"}]}',
    'none.md': '`[[Old]]`',
  });
  const before = (await vault.readNote('A/Old.md'))?.revision;
  const moved = await writer.move('A/Old.md', { to: 'New folder/Deep/New', revision: before });
  t.same(moved, { id: 'New folder/Deep/New.md', kind: 'file', revision: before, mended: 3 });
  t.equal(await read('Other.md'), 'see [[New#Part|there]] and [m](New%20folder/Deep/New.md)');
  t.equal(await read('B/far.md'), '| [[New\\|x]] |\n|---|\n');
  t.equal(await read('board.canvas'), '{"nodes":[{"id":"1","type":"file","file":"New folder/Deep/New.md"}]}');
  t.same(await list(), ['B/far.md', 'New folder/Deep/New.md', 'Other.md', 'board.canvas', 'none.md']);
  t.same(
    (await vault.search('quokka')).map(({ id }) => id),
    [moved.id],
  );
  t.same((await vault.readNote(moved.id))?.backlinks, ['B/far.md', 'Other.md', 'board.canvas']);
  t.same((await vault.readNote('Other.md'))?.links, [moved.id]);
  t.equal(await vault.readNote('A/Old.md'), undefined);
  t.same(
    new Set(vault.listFolder('').entries.map(({ path }) => path)),
    new Set(['A', 'B', 'New folder', 'none.md', 'Other.md', 'board.canvas']),
  );
});

t.test('a folder of 1,000 notes is moved with all that is in it, and found at once', async (t) => {
  const notes: Record<string, string> = { 'index.md': '', 'Big/p.png': 'x', 'Big/sub/s.mp3': 'x' };
  for (let count = 0; count < 1000; count += 1) {
    notes[`Big/sub ${count % 7}/n${count}.md`] =
      `[[n${(count + 1) % 1000}]] [m](../p.png) [[Big/sub/s.mp3]] heron`;
    notes['index.md'] += `[[Big/sub ${count % 7}/n${count}]] [[n${count}]]\n`;
  }
  const { vault, writer, read, narrowed } = await openWorld(t, notes);
  const part = await narrowed.within({ readable: ['Big', 'Moved'], writable: ['Big', 'Moved'] });
  const moved = await writer.move('Big', { to: 'Moved/Large' });
  t.same(moved, { id: 'Moved/Large', kind: 'folder', mended: 1001 });
  t.match(await read('index.md'), /^\[\[Moved\/Large\/sub 0\/n0\]\] \[\[n0\]\]\n/);
  t.equal(await read('Moved/Large/sub 3/n3.md'), '[[n4]] [m](../p.png) [[Moved/Large/sub/s.mp3]] heron');
  for (const one of [vault, part]) {
    t.equal(one.scan({ folder: 'Moved/Large', limit: 1000 }).notes.length, 1000);
    t.equal(one.scan({ folder: 'Big', limit: 1000 }).notes.length, 0);
    t.same(one.listFolder('Big').entries, []);
  }
  t.same((await vault.readNote('Moved/Large/sub 1/n1.md'))?.links, [
    'Moved/Large/sub 2/n2.md',
    'Moved/Large/p.png',
  ]);
  t.equal(vault.progress().notes, 1001);
});

t.test('attachments and canvases are moved too, and keep what they are', async (t) => {
  const { writer, read } = await openWorld(t, {
    'a.md': '![[p.png|100]] ![](A/p.png) [[b.canvas]] [[v.mp3#t=3]]',
    'A/p.png': 'x',
    'b.canvas': '{}',
    'v.mp3': 'x',
  });
  t.same(await writer.move('A/p.png', { to: 'B/q r.png' }), { id: 'B/q r.png', kind: 'file', mended: 1 });
  t.match(await writer.move('b.canvas', { to: 'B/c.canvas' }), { id: 'B/c.canvas', mended: 1 });
  t.match(await writer.move('v.mp3', { to: 'w.mp3' }), { id: 'w.mp3', mended: 1 });
  t.equal(await read('a.md'), '![[q r.png|100]] ![](B/q%20r.png) [[c.canvas]] [[w.mp3#t=3]]');
  await t.rejects(writer.move('w.mp3', { to: 'w.md' }), PathRefused);
  await t.rejects(writer.move('w.mp3', { to: 'w' }), PathRefused);
});

t.test('what can not be done is refused, and nothing is changed', async (t) => {
  const { writer, directory, list, read } = await openWorld(t, {
    'A/a.md': 'a',
    'A/b.md': '[[a]]',
    'B/c.md': 'c',
    'B/D/e.md': 'e',
    'odd [1].md': '',
  });
  await symlink('c.md', join(directory, 'B/link.md'));
  const before = await list();
  const refused: [string, string, new (...args: never[]) => Error][] = [
    ['A/a.md', 'A/b.md', NoteExists],
    ['A/a.md', 'A/B', NoteExists],
    ['A/a.md', 'a/new.md', PathRefused],
    ['A', 'B', NoteExists],
    ['A', 'b', NoteExists],
    ['B', 'B/D/B', PathRefused],
    ['B', 'B', PathRefused],
    ['A/a.md', 'A/a', PathRefused],
    ['A/a.md', 'B/', PathRefused],
    ['A/a.md', 'New/', PathRefused],
    ['A/a.md', 'B', PathRefused],
    ['A/a.md', 'A/a.md/x.md', PathRefused],
    ['A/a.md', '../x.md', PathRefused],
    ['A/a.md', '/x.md', PathRefused],
    ['A/a.md', '.obsidian/x.md', PathRefused],
    ['A/a.md', 'A/x?.md', PathRefused],
    ['A/a.md', 'odd [1].md/x.md', PathRefused],
    ['A', 'x.md', PathRefused],
    ['A/none.md', 'x.md', NoteNotFound],
    ['None', 'x', NoteNotFound],
    ['', 'x', NoteNotFound],
    ['.', 'x', NoteNotFound],
    ['B/link.md', 'x.md', EditRefused],
    ['B/link.md', 'B/c.md', NoteExists],
  ];
  for (const [id, to, refusal] of refused.slice(0, -1)) {
    await t.rejects(writer.move(id, { to }), refusal, `${id} to ${to}`);
  }
  await t.rejects(writer.move('A/a.md', { to: 'x.md', revision: 'stale' }), RevisionStale);
  t.same(await list(), before);
  t.equal(await read('A/b.md'), '[[a]]');
  t.match(
    await writer.move('odd [1].md', { to: 'A/odd [1].md' }),
    { id: 'A/odd [1].md' },
    'a name that is there may be strange',
  );
  await writer.move('A/odd [1].md', { to: 'plain.md' });
  t.match(await writer.move('plain.md', { to: 'odd [1].md' }), { id: 'odd [1].md' }, 'and be given back');
});

t.test(
  'hidden paths are closed, whether or not something is there, and hidden notes are not touched',
  async (t) => {
    const notes = {
      'A/a.md': '[[b]]',
      'A/b.md': '',
      'A/Secret/s.md': '[[b]] [x](../b.md)',
      'A/deep/n.md': '[[A/Secret/s]]',
      'Private/p.md': '',
    };
    const { writer, read, list, vault } = await openWorld(t, notes, 'Private, A/Secret/**, Z');
    for (const [id, to] of [
      ['A/a.md', 'Private/new.md'],
      ['A/a.md', 'Private/p.md'],
      ['Private/p.md', 'x.md'],
      ['Private/none.md', 'x.md'],
      ['Private', 'x'],
      ['A/Secret/s.md', 'x.md'],
      ['A', 'Z'],
      ['A/deep', 'Z/deep'],
    ] as const) {
      await t.rejects(writer.move(id, { to }), PathClosed, `${id} to ${to}`);
    }
    t.match(await writer.move('A', { to: 'B' }), { id: 'B', mended: 0 });
    t.same(await list(), ['A/Secret/s.md', 'B/a.md', 'B/b.md', 'B/deep/n.md', 'Private/p.md']);
    t.equal(await read('A/Secret/s.md'), notes['A/Secret/s.md']);
    t.same((await vault.readNote('B/a.md'))?.links, ['B/b.md']);
  },
);

t.test(
  'a part of the vault is moved in: links elsewhere are mended, and nothing tells of them',
  async (t) => {
    const { narrowed, read, vault, writer } = await openWorld(t, {
      'P/Old.md': '[[Far]]',
      'P/in.md': '[[Old]] [[Old|x]] [m](Old.md) [[Name]]',
      'Far/Far.md': '[[Old]] [m](../P/Old.md) [[Name]]',
      'Far/Name.md': '',
    });
    const part = await narrowed.within({ readable: ['P'], writable: ['P'] });
    const inside = writerOf(part);
    for (const [id, to] of [
      ['P/Old.md', 'Far/x.md'],
      ['P/Old.md', 'x.md'],
      ['P', 'Q'],
      ['Far/Far.md', 'P/x.md'],
      ['Far/None.md', 'P/x.md'],
    ] as const) {
      await t.rejects(inside.move(id, { to }), PathClosed, `${id} to ${to}`);
    }
    t.match(await inside.move('P/Old.md', { to: 'P/Name.md' }), { id: 'P/Name.md', mended: 1 });
    t.equal(
      await read('P/in.md'),
      '[[P/Name]] [[P/Name|x]] [m](Name.md) [[Name]]',
      'as if there were nothing else',
    );
    t.equal(await read('Far/Far.md'), '[[P/Name]] [m](../P/Name.md) [[Name]]');
    t.same((await part.readNote('P/Name.md'))?.backlinks, ['P/in.md']);
    t.same((await vault.readNote('P/Name.md'))?.backlinks, ['Far/Far.md', 'P/in.md']);
    await writer.move('P/Name.md', { to: 'P/Again.md' });
    t.same(
      (await part.readNote('P/in.md'))?.links,
      ['P/Again.md'],
      'and the part hears of what is moved in all of it',
    );
  },
);

t.test(
  'a part that may only be written in some folders is moved in there, and read links are mended',
  async (t) => {
    const { narrowed, read } = await openWorld(t, { 'W/a.md': '', 'R/b.md': '[[a]]' });
    const part = await narrowed.within({ readable: ['W', 'R'], writable: ['W'] });
    await t.rejects(writerOf(part).move('W/a.md', { to: 'R/a.md' }), PathClosed);
    await t.rejects(writerOf(part).move('R/b.md', { to: 'W/b.md' }), PathClosed);
    t.match(await writerOf(part).move('W/a.md', { to: 'W/c.md' }), { mended: 1 });
    t.equal(await read('R/b.md'), '[[W/c]]');
  },
);

t.test('a name changes its case alone', async (t) => {
  const { writer, read, list, vault } = await openWorld(t, {
    'a/note.md': '[[x]]',
    'x.md': '[[note]] [m](a/note.md)',
  });
  t.match(await writer.move('a/note.md', { to: 'a/Note.md' }), { id: 'a/Note.md', mended: 1 });
  t.match(await writer.move('a', { to: 'A' }), { id: 'A', mended: 1 });
  t.same(await list(), ['A/Note.md', 'x.md']);
  t.equal(await read('x.md'), '[[Note]] [m](A/Note.md)');
  t.same((await vault.readNote('x.md'))?.links, ['A/Note.md']);
});

t.test('notes that were changed in the middle of it are named, and nothing was moved', async (t) => {
  const { writer, vault, list, read, write } = await openWorld(t, {
    'a.md': '',
    'b.md': '[[a]]',
    'c.md': '[[a]]',
  });
  const ask = vault.links.ask.bind(vault.links);
  let asked = 0;
  // The second question is answered with what the notes will say: somebody writes one of them just then.
  vault.links.ask = async (question) => {
    const answer = await ask(question);
    asked += 1;
    if (asked === 2) await write('b.md', '[[a]] and more');
    return answer;
  };
  await t.rejects(writer.move('a.md', { to: 'z.md' }), { name: 'NotesChanged', message: /"b\.md"/ });
  t.same(await list(), ['a.md', 'b.md', 'c.md']);
  t.equal(await read('c.md'), '[[a]]');
  t.match(await writer.move('a.md', { to: 'z.md' }), { mended: 2 });
  t.equal(await read('b.md'), '[[z]] and more');
});

t.test(
  'a base that filters by what is moved does so afterwards, and is put back with the move',
  async (t) => {
    const base = (name: string): string => `filters:\n  and:\n    - file.hasLink("${name}")\nviews: []\n`;
    const { writer, read } = await openWorld(t, { 'A/Old.md': 'x', 'Bases/Some.base': base('Old') });
    const moved = await writer.move('A/Old.md', { to: 'B/New.md' });
    t.match(moved, { mended: 1 });
    t.equal(await read('Bases/Some.base'), base('New'));
    await writer.move('B/New.md', { to: 'A/Old.md' });
    t.equal(await read('Bases/Some.base'), base('Old'));
  },
);
