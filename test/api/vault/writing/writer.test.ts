// Writing notes: real files, stale revisions, names, links, the trash, and what a search finds right after.
import { execFile } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import {
  EditRefused,
  NoteExists,
  NoteNotFound,
  PathRefused,
  RevisionStale,
} from '../../../../api/vault/errors.ts';
import { createRevision } from '../../../../api/vault/notes/content.ts';
import { openVault, type Vault } from '../../../../api/vault/vault.ts';
import type { NoteWriter } from '../../../../api/vault/writing/writer.ts';
import { openNotes } from '../../../support/open-notes.ts';
import { writerOf } from '../../../support/writer.ts';

interface World {
  vault: Vault;
  writer: NoteWriter;
  directory: string;
  read(path: string): Promise<string>;
  revisionOf(id: string): Promise<string>;
}

async function openWorld(t: Test, notes: Record<string, string | Buffer> = {}): Promise<World> {
  const { directory, vault } = await openNotes(t, notes);
  const writer = writerOf(vault);
  return {
    vault,
    writer,
    directory,
    read: (path) => readFile(join(directory, path), 'utf8'),
    revisionOf: async (id) => (await vault.readNote(id))?.revision ?? '',
  };
}

/** Every name in the vault, hidden ones too. */
const namesIn = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true })).sort();

t.test('what was written is found by the next search, listed and read', async (t) => {
  const { vault, writer, read } = await openWorld(t, { 'a.md': 'alpha\n' });
  const made = await writer.create('New folder/Deep/첫 노트', '---\ntags: [fresh]\n---\n재인증서버 quokka');
  t.equal(made.id, 'New folder/Deep/첫 노트.md');
  t.same(
    (await vault.search('quokka')).map(({ id }) => id),
    [made.id],
  );
  t.same(
    (await vault.search('인증 tag:fresh')).map(({ id }) => id),
    [made.id],
  );
  t.match(vault.listFolder('New folder/Deep').entries, [{ kind: 'note', path: made.id }]);
  t.equal(await read(made.id), '---\ntags: [fresh]\n---\n재인증서버 quokka\n');
  t.match(await vault.readNote(made.id), { revision: made.revision });
  const appended = await writer.append(made.id, { text: 'wombat', revision: made.revision });
  t.same(
    (await vault.search('wombat')).map(({ id }) => id),
    [made.id],
  );
  const replaced = await writer.replace(made.id, { text: 'numbat', revision: appended.revision });
  t.same([await vault.search('wombat'), (await vault.search('numbat')).length], [[], 1]);
  const { trashPath } = await writer.remove(made.id, { revision: replaced.revision });
  t.same(await vault.search('numbat'), []);
  t.equal(trashPath, '.trash/New folder/Deep/첫 노트.md');
  t.equal(await read(trashPath), '---\ntags: [fresh]\n---\nnumbat\n');
});

t.test('a stale revision is refused with the current one, and the note is left alone', async (t) => {
  const { writer, directory, read, revisionOf } = await openWorld(t, { 'a.md': '# A\n\nold\n' });
  const revision = await revisionOf('a.md');
  await writeFile(join(directory, 'a.md'), '# A\n\nsomebody else\n');
  const currentRevision = await revisionOf('a.md');
  const attempts: (() => Promise<unknown>)[] = [
    () => writer.append('a.md', { text: 'x', revision }),
    () => writer.replace('a.md', { text: 'x', revision }),
    () => writer.edit('a.md', { edit: { part: 'section', heading: 'A', text: 'x', at: 'all' }, revision }),
    () => writer.edit('a.md', { edit: { part: 'field', field: 'a', value: 'x' }, revision }),
    () => writer.remove('a.md', { revision }),
  ];
  for (const attempt of attempts) {
    await t.rejects(attempt(), { name: 'RevisionStale', currentRevision, message: currentRevision });
  }
  t.equal(await read('a.md'), '# A\n\nsomebody else\n');
  t.same(await namesIn(directory), ['a.md'], 'nothing left behind');
});

t.test('of many writers with one revision exactly one wins', async (t) => {
  const { writer, read, revisionOf } = await openWorld(t, { 'a.md': 'start\n' });
  const revision = await revisionOf('a.md');
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, number) => writer.append('a.md', { text: `line ${number}`, revision })),
  );
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  const stale = results.filter(
    (result) => result.status === 'rejected' && result.reason instanceof RevisionStale,
  );
  t.equal(stale.length, 19);
  t.match(await read('a.md'), /^start\n\nline \d+\n$/);
  const made = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => writer.create('b.md', `${n}`)));
  t.equal(made.filter(({ status }) => status === 'fulfilled').length, 1);
});

t.test('mode, line endings, BOM and unknown front matter stay', async (t) => {
  const text = '\ufeff---\r\nodd :  {x: 1} # kept\r\nstatus: todo\r\n---\r\n# A\r\n\r\nold\r\n';
  const { writer, directory, read, revisionOf } = await openWorld(t, { 'a.md': text });
  await chmod(join(directory, 'a.md'), 0o640);
  const set = await writer.edit('a.md', {
    edit: { part: 'field', field: 'status', value: 'done' },
    revision: await revisionOf('a.md'),
  });
  t.equal(await read('a.md'), text.replace('todo', 'done'));
  await writer.edit('a.md', {
    edit: { part: 'section', heading: 'A', text: 'new\nlines', at: 'all' },
    revision: set.revision,
  });
  t.equal(await read('a.md'), text.replace('todo', 'done').replace('old', 'new\r\nlines'));
  t.equal((await stat(join(directory, 'a.md'))).mode & 0o777, 0o640);
});

t.test('create never overwrites, whatever the spelling', async (t) => {
  const { writer, read, directory } = await openWorld(t, {
    'a.md': 'first\n',
    [`Cafe\u0301.md`.normalize('NFD')]: 'decomposed\n',
    'Folder/b.md': 'b\n',
  });
  for (const path of ['a.md', 'A.md', 'a', 'Caf\u00e9.md', 'CAF\u00c9', 'Folder/B.MD']) {
    await t.rejects(writer.create(path, 'second'), NoteExists, path);
  }
  t.equal(await read('a.md'), 'first\n');
  await t.rejects(writer.create('folder/c.md', 'c'), { name: 'PathRefused', message: /"Folder"/ });
  await t.rejects(writer.create('a.md/c.md', 'c'), PathRefused);
  t.equal((await namesIn(directory)).length, 4);
});

t.test('names that some system can not have, and paths out of the vault, are refused', async (t) => {
  const { writer, directory } = await openWorld(t);
  await mkdir(join(directory, '..', 'outside'));
  await symlink('../outside', join(directory, 'folder-out'));
  await symlink('.', join(directory, 'circle'));
  const hostile = [
    ...[
      '../x.md',
      '/x.md',
      'a/../x.md',
      './x.md',
      'a//x.md',
      '',
      '/',
      '.md',
      'a\\x.md',
      'x\0.md',
      'a\n.md',
      '\ud800.md',
    ],
    ...['.obsidian/x.md', '.hidden.md', 'a/.trash/x.md', 'folder-out/x.md', 'circle/x.md'],
    ...[
      'a:b.md',
      'what?.md',
      'a|b.md',
      'a#b.md',
      '[a].md',
      'a^b.md',
      'CON.md',
      'aux/x.md',
      'nul',
      'com1.txt.md',
      'COM¹.md',
      'conin$',
    ],
    ...[
      'a /x.md',
      'a./x.md',
      ' a.md',
      'a .md',
      'x\u202edm.md',
      'x\u200b.md',
      '\u2060/x.md',
      'x\u0085y.md',
      `${'한'.repeat(90)}.md`,
      `${'abcdefgh/'.repeat(200)}x.md`,
    ],
  ];
  for (const path of hostile) {
    await t.rejects(writer.create(path, 'x'), PathRefused, JSON.stringify(path.slice(0, 40)));
  }
  t.same((await readdir(directory)).sort(), ['circle', 'folder-out']);
  t.same(await readdir(join(directory, '..', 'outside')), []);
  for (const [path, named] of [
    ['a\\x.md', '"\\", control characters'],
    ['x\u200b.md', '"x\\u200b.md" has a character that nobody sees'],
  ] as const) {
    await t.rejects(writer.create(path, 'x'), { message: named });
  }
  await mkdir(join(directory, 'What?'));
  const inside = await writer.create('What?/why.md', 'x');
  t.equal(inside.id, 'What?/why.md', 'a folder that is there may be called as it is');
  await t.rejects(writer.create('What?/How?/why.md', 'x'), PathRefused);
  t.equal((await writer.create('Cafe\u0301'.normalize('NFD'), 'x')).id, 'Caf\u00e9.md');
  t.same(
    (await readdir(directory)).filter((name) => name.startsWith('C')),
    ['Caf\u00e9.md'],
    'NFC on disk',
  );
});

t.test('what reading does not see, writing does not touch', async (t) => {
  const { writer, directory } = await openWorld(t, {
    'binary.md': Buffer.from('a\0b'),
    'latin.md': Buffer.from([0x61, 0xe9]),
    'large.md': 'x',
    '.obsidian/app.md': 'x',
    'picture.png': 'x',
    'real.md': 'real\n',
  });
  await truncate(join(directory, 'large.md'), 5 * 1024 * 1024 + 1);
  await writeFile(join(directory, '..', 'outside.md'), 'x');
  await symlink('../outside.md', join(directory, 'leads-out.md'));
  await symlink('real.md', join(directory, 'leads-inside.md'));
  const anyRevision = { revision: 'x'.repeat(22) };
  for (const id of ['../outside.md', 'leads-out.md', '.obsidian/app.md', 'nowhere.md', 'nowhere/x.md']) {
    await t.rejects(writer.append(id, { text: 'x', ...anyRevision }), NoteNotFound, id);
    await t.rejects(writer.remove(id, anyRevision), NoteNotFound, id);
  }
  for (const id of ['large.md', 'picture.png']) {
    await t.rejects(writer.append(id, { text: 'x', ...anyRevision }), EditRefused);
  }
  for (const id of ['binary.md', 'latin.md']) {
    const bytes = await readFile(join(directory, id));
    const revision = createRevision(bytes);
    await t.rejects(writer.append(id, { text: 'x', revision }), EditRefused, id);
    await t.rejects(writer.replace(id, { text: 'x', revision }), EditRefused, `${id}, all of it`);
    t.same(await readFile(join(directory, id)), bytes);
  }
});

t.test('a link to a note inside is changed where the note is, and is not deleted with it', async (t) => {
  const { writer, directory, read, revisionOf } = await openWorld(t, { 'real.md': 'real\n' });
  await symlink('real.md', join(directory, 'link.md'));
  const { revision } = await writer.append('link.md', {
    text: 'more',
    revision: await revisionOf('link.md'),
  });
  t.ok((await lstat(join(directory, 'link.md'))).isSymbolicLink());
  t.equal(await read('real.md'), 'real\n\nmore\n');
  await t.rejects(writer.remove('link.md', { revision }), EditRefused);
});

t.test('text that no note may hold is refused', async (t) => {
  const { writer, directory, revisionOf } = await openWorld(t, { 'a.md': 'a' });
  const revision = await revisionOf('a.md');
  for (const text of ['a\0', '\ud800', 'x'.repeat(5 * 1024 * 1024 + 1)]) {
    await t.rejects(writer.create('b.md', text), EditRefused);
    await t.rejects(writer.replace('a.md', { text, revision }), EditRefused);
  }
  await t.rejects(writer.create('b.md', '---\na: [\n---\n'), EditRefused);
  t.same(await namesIn(directory), ['a.md']);
});

t.test('the trash keeps every note that was deleted, and is never a way out', async (t) => {
  const { vault, writer, directory, read } = await openWorld(t);
  const deleted: string[] = [];
  for (const text of ['one', 'two', 'three']) {
    const { revision } = await writer.create('Folder/a.md', text);
    deleted.push((await writer.remove('Folder/a.md', { revision })).trashPath);
  }
  t.same(deleted, ['.trash/Folder/a.md', '.trash/Folder/a 2.md', '.trash/Folder/a 3.md']);
  t.same(await Promise.all(deleted.map(read)), ['one\n', 'two\n', 'three\n']);
  t.equal(await vault.readNote('.trash/Folder/a.md'), undefined);
  await rm(join(directory, '.trash'), { recursive: true });
  await mkdir(join(directory, '..', 'outside'));
  await symlink('../outside', join(directory, '.trash'));
  for (const id of ['b.md', 'Folder/Deep/b.md']) {
    const { revision } = await writer.create(id, 'b');
    await t.rejects(writer.remove(id, { revision }), PathRefused, id);
    t.equal(await read(id), 'b\n');
  }
  t.same(await readdir(join(directory, '..', 'outside')), [], 'not even a folder is made outside');
});

t.test('any note can be deleted, whatever is in the trash by then', async (t) => {
  const long = `${'한'.repeat(84)}.md`;
  const { writer, directory, read, revisionOf } = await openWorld(t, {
    [long]: 'one\n',
    'a.md': 'note\n',
    'b/c.md': 'inside\n',
  });
  const remove = async (id: string) =>
    (await writer.remove(id, { revision: await revisionOf(id) })).trashPath;
  t.equal(await remove(long), `.trash/${long}`);
  await writeFile(join(directory, long), 'two\n');
  t.equal(
    await remove(long),
    `.trash/${'한'.repeat(83)} 2.md`,
    'a name of 255 bytes has no room for a number',
  );
  t.same([await read(`.trash/${long}`), await read(`.trash/${'한'.repeat(83)} 2.md`)], ['one\n', 'two\n']);
  t.equal(await remove('a.md'), '.trash/a.md');
  await mkdir(join(directory, 'a.md'));
  await writeFile(join(directory, 'a.md', 'x.md'), 'x\n');
  t.equal(await remove('a.md/x.md'), '.trash/x.md', 'its folder has the name of a note in the trash');
  await mkdir(join(directory, '..', 'outside'));
  await symlink('../../outside', join(directory, '.trash', 'b'));
  t.equal(await remove('b/c.md'), '.trash/c.md');
  t.same(await readdir(join(directory, '..', 'outside')), []);
  await rm(join(directory, '.trash'), { recursive: true });
  await writeFile(join(directory, '.trash'), 'a file');
  await writeFile(join(directory, 'a.md', 'x.md'), 'x\n');
  await t.rejects(remove('a.md/x.md'), PathRefused);
  t.equal(await read('a.md/x.md'), 'x\n');
});

t.test('a process killed in the middle of writing leaves the old note or the new one, whole', async (t) => {
  const { directory, read } = await openWorld(t, { 'a.md': `old\n` });
  const program = `
    import { replaceFile } from ${JSON.stringify(new URL('../../../../api/vault/writing/atomic-file.ts', import.meta.url).href)};
    import { statSync } from 'node:fs';
    const path = process.argv[1];
    console.log('ready');
    for (let n = 0; ; n += 1) await replaceFile(path, Buffer.alloc(300_000, String(n % 10)), statSync(path), async () => statSync(path));
  `;
  for (const delayMs of [20, 45, 70]) {
    const child = execFile(process.execPath, ['--input-type=module', '-e', program, join(directory, 'a.md')]);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    // Any moment will do: the note has to be whole at each.
    await setTimeout(delayMs);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    t.match(await read('a.md'), /^(old\n|(\d)\2{299999})$/);
  }
});

t.test('what a killed process left is removed by a later write, once it is surely dead', async (t) => {
  const id = '099213aa-09a0-48b9-9229-ceeecbc9aaf3';
  const left = [`.loop-${id}.tmp`, '.loop-4f4ba3caa9359609.lock'];
  const others = ['.loop-notes.tmp', `loop-${id}.tmp`, '.loop-5f4ba3caa9359609.lock'];
  const { writer, directory } = await openWorld(t, { 'Folder/a.md': 'a' });
  for (const name of [...left, ...others]) {
    await writeFile(join(directory, 'Folder', name), 'x');
    if (name !== others[2]) await utimes(join(directory, 'Folder', name), 1000, 1000);
  }
  await writer.create('Folder/b.md', 'b');
  t.same((await readdir(join(directory, 'Folder'))).sort(), [...others, 'a.md', 'b.md'].sort());
});

t.test('where the folder refuses, there is no writer', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'read-only-'));
  await writeFile(join(directory, 'a.md'), 'a');
  t.teardown(() => rm(directory, { recursive: true }));
  await chmod(directory, 0o555);
  const asRoot = process.getuid?.() === 0;
  // root is refused by mounts only; another user's rights stand in for one.
  if (asRoot) process.seteuid?.(65_534);
  const vault = await openVault({ directory, indexPath: ':memory:' }).finally(() => {
    if (asRoot) process.seteuid?.(0);
  });
  t.equal(vault.writerFor, undefined);
  t.equal((await vault.readNote('a.md'))?.text, 'a');
  await vault.close();
  t.same(await promisify(execFile)('ls', ['-A', directory]).then(({ stdout }) => stdout.trim()), 'a.md');
});
