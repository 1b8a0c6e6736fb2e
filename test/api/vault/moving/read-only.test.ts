// A move that would have to change what is read-only: nothing of it is made, and the caller hears which note it was.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { IndexHost } from '../../../../api/vault/index/thread/host.ts';
import { NarrowedVaults } from '../../../../api/vault/narrowed-vaults.ts';
import { openVault } from '../../../../api/vault/vault.ts';
import { readTree } from '../../../support/kills.ts';
import { until } from '../../../support/until.ts';
import { writerOf } from '../../../support/writer.ts';

const notes = {
  'A/Old.md': '[[far]]',
  'A/near.md': '[[Old]]',
  'B.md': '[[Old]]',
  'Fixed/far.md': '[m](../A/Old.md)',
};

async function openWorld(t: Test) {
  // root is refused by mounts only; another user's rights stand in for one.
  const asRoot = process.getuid?.() === 0;
  if (asRoot) process.seteuid?.(65_534);
  const top = await mkdtemp(join(tmpdir(), 'read-only-'));
  const directory = join(top, 'notes');
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  const options = { directory, indexPath: ':memory:', host: new IndexHost() };
  const vault = await openVault(options);
  const narrowed = new NarrowedVaults(vault, options);
  t.teardown(async () => {
    await narrowed.close();
    await vault.close();
    if (asRoot) process.seteuid?.(0);
    await rm(top, { recursive: true });
  });
  await until(() => !vault.progress().building, 'the index');
  return { directory, vault, narrowed, writer: writerOf(vault) };
}

t.test('a note in a folder that may not be written is named, and nothing was moved', async (t) => {
  const { directory, writer } = await openWorld(t);
  const before = await readTree(directory);
  await chmod(join(directory, 'Fixed'), 0o555);
  const refusal = {
    name: 'NoteReadOnly',
    reason: 'read-only',
    message: /\("Fixed\/far\.md"\).*nothing was changed/,
  };
  await t.rejects(writer.move('A/Old.md', { to: 'New/New.md' }), refusal);
  await t.rejects(writer.move('A', { to: 'Z/A' }), refusal);
  await t.rejects(writer.move('Fixed/far.md', { to: 'near.md' }), { name: 'NoteReadOnly' });
  t.same(await readTree(directory), before);
  await chmod(join(directory, 'Fixed'), 0o755);
  t.match(await writer.move('A/Old.md', { to: 'New/New.md' }), { mended: 3 });
});

t.test('a note that nobody may write keeps its bytes, and is moved where they may stay', async (t) => {
  const { directory, writer, vault } = await openWorld(t);
  const before = await readTree(directory);
  await chmod(join(directory, 'B.md'), 0o444);
  await t.rejects(writer.move('A/Old.md', { to: 'New/New.md' }), {
    name: 'NoteReadOnly',
    message: /\("B\.md"\)/,
  });
  const revision = (await vault.readNote('B.md'))?.revision ?? '';
  await t.rejects(writer.replace('B.md', { text: 'new', revision }), { name: 'NoteReadOnly' });
  t.same(await readTree(directory), before);
  t.match(await writer.move('B.md', { to: 'C.md' }), { mended: 0 });
  t.equal(await readFile(join(directory, 'C.md'), 'utf8'), notes['B.md']);
  await chmod(join(directory, 'A/Old.md'), 0o444);
  t.match(await writer.move('A', { to: 'Z' }), { mended: 1 }, 'by its folder too');
});

t.test('who is shown a part of the vault is not told the name of a note elsewhere', async (t) => {
  const { directory, narrowed } = await openWorld(t);
  const before = await readTree(directory);
  const part = await narrowed.within({ readable: ['A'], writable: ['A'] });
  await chmod(join(directory, 'Fixed'), 0o555);
  const error = await writerOf(part)
    .move('A/Old.md', { to: 'A/New.md' })
    .catch((error: Error) => error);
  t.match(error, { name: 'NoteReadOnly' });
  t.notMatch(String(error), /far|Fixed/);
  t.same(await readTree(directory), before);
  await chmod(join(directory, 'Fixed'), 0o755);
});
