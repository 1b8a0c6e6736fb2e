// An entry of the journal is read from a folder that sync programs write to as well: it leads nowhere but to notes.
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseEntry, timeOf } from '../../../../api/vault/changes/entry.ts';
import { ChangeJournal } from '../../../../api/vault/changes/journal.ts';
import { createRevision } from '../../../../api/vault/notes/content.ts';
import { cause } from '../../../support/writer.ts';

const id = '20261127T010203004Z-0a1b2c3d';
const bytes = Buffer.from('not theirs\n');
const before = { revision: createRevision(bytes), size: bytes.length };

/** Makes a change one that came to no end. */
const unfinished = { path: 'unfinished.md', before, after: { revision: 'another' } };

/** What the next start makes of an entry that says it is of a change that came to no end. */
async function recover(t: Test, steps: readonly unknown[], top: string): Promise<string[]> {
  const root = join(top, 'vault');
  const folder = join(root, '.loop/changes');
  await mkdir(folder, { recursive: true });
  const line = JSON.stringify({
    version: 1,
    id,
    time: '',
    kind: 'edit',
    ...cause,
    steps: [...steps, unfinished],
  });
  await writeFile(join(folder, `${id}.pending`), `${line}\n${bytes.toString().repeat(2)}`);
  await new ChangeJournal({ root, requireHome: async () => {} }).recover();
  t.same(await readdir(folder), [], 'the entry is gone');
  return (await readdir(top, { recursive: true })).sort();
}

async function makeTop(t: Test): Promise<string> {
  const top = await mkdtemp(join(tmpdir(), 'entry-test-'));
  t.teardown(() => rm(top, { recursive: true, force: true }));
  return top;
}

t.test('what was there before comes back where notes are, and in the trash', async (t) => {
  for (const path of ['a.md', '.trash/a.md']) {
    const top = await makeTop(t);
    await mkdir(join(top, 'vault/.trash'), { recursive: true });
    t.ok((await recover(t, [{ path, before }], top)).includes(`vault/${path}`), path);
  }
});

t.test('it leads nowhere else, whatever the entry says', async (t) => {
  for (const path of [
    '../outside.md',
    'Folder/../../outside.md',
    '/tmp/outside.md',
    './a.md',
    'a//b.md',
    '',
    '.obsidian/plugins/p/main.js',
    '.loop/changes/x.md',
    'Folder/.trash/a.md',
    'a\0.md',
    7,
  ]) {
    const top = await makeTop(t);
    await mkdir(join(top, 'vault/.obsidian/plugins/p'), { recursive: true });
    await mkdir(join(top, 'vault/Folder/.trash'), { recursive: true });
    const names = await recover(t, [{ path, before }], top);
    t.same(
      names.filter((name) => /(?:\.md|\.js)$/.test(name)),
      [],
      JSON.stringify(path),
    );
  }
});

t.test('nor does a move, or a folder that was made for it', async (t) => {
  const top = await makeTop(t);
  await mkdir(join(top, 'vault'), { recursive: true });
  await writeFile(join(top, 'kept.txt'), 'kept');
  await mkdir(join(top, 'empty'));
  for (const step of [
    { from: 'a.md', to: '../kept.txt', before },
    { path: 'b.md', before, folders: ['../empty'] },
    { from: '../kept.txt', to: 'kept.md', before },
    { from: 'kept.md', to: '../kept.txt', before },
  ]) {
    await recover(t, [step], top);
  }
  t.equal(await readFile(join(top, 'kept.txt'), 'utf8'), 'kept');
  t.ok((await readdir(top)).includes('empty'));
});

t.test('one whose line has no end is none, and is not read whole', async (t) => {
  const top = await makeTop(t);
  const folder = join(top, 'vault/.loop/changes');
  await mkdir(folder, { recursive: true });
  const file = await open(join(folder, `${id}.pending`), 'w');
  await file.truncate(3 * 1024 ** 3);
  await file.close();
  await new ChangeJournal({ root: join(top, 'vault'), requireHome: async () => {} }).recover();
  t.same(await readdir(folder), []);
});

t.test('one that says of itself what nobody can show is none, and its time is its id’s', async (t) => {
  const whole = { version: 1, id, time: 'any', kind: 'edit', ...cause, steps: [unfinished] };
  const read = (more: object) => parseEntry(JSON.stringify({ ...whole, ...more }));
  t.match(read({}), { id, time: timeOf(id), kind: 'edit', client: cause.client });
  t.match(read({ client: { id: 'x' }, undoes: id }), { client: { id: 'x' }, undoes: id });
  for (const wrong of [
    { kind: '\u001b[2J' },
    { kind: undefined },
    { client: undefined },
    { client: null },
    { client: { id: 7 } },
    { client: { id: 'x', name: 7 } },
    { client: { id: 'x', name: { toLowerCase: 1 } } },
    { account: 'ann' },
    { account: {} },
    { undoes: '../x' },
    { undoes: 7 },
    { steps: {} },
  ]) {
    t.equal(read(wrong), undefined, JSON.stringify(wrong));
  }
});
