// A folder of notes that is not there for a while, or may only be read: shares that come and go, read-only mounts.
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NoteNotFound, VaultAway } from '../../../../../api/vault/errors.ts';
import { findVaultHome } from '../../../../../api/vault/index/folder/home.ts';
import { openVault, type Vault } from '../../../../../api/vault/vault.ts';
import { canMount, runWithMounts } from '../../../../support/mounts.ts';
import { until } from '../../../../support/until.ts';
import { writerOf } from '../../../../support/writer.ts';

const vaultModule = new URL('../../../../../api/vault/vault.ts', import.meta.url).href;

async function makeNotes(t: Test): Promise<{ top: string; directory: string; indexPath: string }> {
  const top = await mkdtemp(join(tmpdir(), 'home-test-'));
  const directory = join(top, 'notes');
  await mkdir(join(directory, 'Folder'), { recursive: true });
  await writeFile(join(directory, 'a.md'), 'alpha');
  await writeFile(join(directory, 'Folder', 'b.md'), 'beta');
  t.teardown(() => rm(top, { recursive: true, force: true }));
  return { top, directory, indexPath: join(top, 'index.db') };
}

interface World {
  vault: Vault;
  directory: string;
  indexPath: string;
  said: boolean[];
}

async function openWorld(t: Test): Promise<World> {
  const { directory, indexPath } = await makeNotes(t);
  const said: boolean[] = [];
  const vault = await openVault({ directory, indexPath, onAway: (isAway) => said.push(isAway) });
  t.teardown(() => vault.close());
  await until(() => !vault.progress().building, 'the index');
  return { vault, directory, indexPath, said };
}

const found = async (vault: Vault) =>
  [...(await vault.search('alpha')), ...(await vault.search('beta'))].map(({ id }) => id);

/** What holds while the folder is not there. */
async function checkAway(t: Test, { vault, said }: World): Promise<void> {
  const writer = writerOf(vault);
  const revision = 'x'.repeat(22);
  await t.rejects(vault.readNote('a.md'), VaultAway, 'not "not found"');
  await t.rejects(vault.readNote('never.md'), VaultAway);
  await t.rejects(writer.create('new.md', 'x'), VaultAway);
  await t.rejects(writer.append('a.md', { text: 'x', revision }), VaultAway);
  await t.rejects(writer.remove('a.md', { revision }), VaultAway);
  await until(() => vault.isAway(), 'the word of the indexing thread');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  t.same(await found(vault), ['a.md', 'Folder/b.md'], 'what was indexed stays');
  t.equal(vault.scan().notes.length, 2);
  t.same(said, [true], 'said once');
}

async function checkBack(t: Test, { vault, directory, said }: World): Promise<void> {
  await until(() => !vault.isAway(), 'the folder to be back');
  t.equal((await vault.readNote('a.md'))?.text, 'alpha');
  await writeFile(join(directory, 'Folder', 'c.md'), 'gamma');
  await until(async () => (await vault.search('gamma')).length === 1, 'a change after it came back');
  t.same(said, [true, false]);
}

t.test('a folder that is gone keeps its index, and is followed again when it is back', async (t) => {
  const world = await openWorld(t);
  await rename(world.directory, `${world.directory}.away`);
  await checkAway(t, world);
  await rename(`${world.directory}.away`, world.directory);
  await checkBack(t, world);
});

t.test('an empty folder in place of the one that had the notes is a share that is not mounted', async (t) => {
  const world = await openWorld(t);
  await rename(world.directory, `${world.directory}.away`);
  await mkdir(world.directory);
  await checkAway(t, world);
  t.same(await readdir(world.directory), [], 'nothing was written into the mount point');
  await rm(world.directory, { recursive: true });
  await rename(`${world.directory}.away`, world.directory);
  await checkBack(t, world);
});

t.test('loop-api started while the share is not mounted keeps the index too', async (t) => {
  const { directory, indexPath, vault } = await openWorld(t);
  await vault.close();
  await rename(directory, `${directory}.away`);
  await mkdir(directory);
  const said: boolean[] = [];
  const again = await openVault({ directory, indexPath, onAway: (isAway) => said.push(isAway) });
  t.teardown(() => again.close());
  await checkAway(t, { vault: again, directory, indexPath, said });
});

t.test('a folder whose notes were all removed is empty, not away', async (t) => {
  const { vault, directory, said } = await openWorld(t);
  await rm(join(directory, 'a.md'));
  await rm(join(directory, 'Folder'), { recursive: true });
  await until(async () => (await found(vault)).length === 0, 'the removal');
  t.equal(await vault.readNote('a.md'), undefined);
  t.equal((await writerOf(vault).create('first.md', 'x'))?.id, 'first.md');
  t.same(said, []);
});

t.test('a folder that was never known is there whatever it holds', async (t) => {
  const { directory } = await makeNotes(t);
  t.match(await findVaultHome(directory, undefined), { isNew: true });
  await mkdir(join(directory, 'empty'));
  t.match(await findVaultHome(join(directory, 'empty'), undefined), { isNew: false });
  t.equal(await findVaultHome(join(directory, 'empty'), '1:2'), undefined);
  t.equal(await findVaultHome(join(directory, 'nowhere'), undefined), undefined);
});

// The same with real mounts, where the machine gives any. Elsewhere the tests above and below stand for it.
const onMount = `
  import { setTimeout } from 'node:timers/promises';
  import { execFileSync } from 'node:child_process';
  import { openVault } from ${JSON.stringify(vaultModule)};
  const [directory, indexPath] = process.argv.slice(2);
  const vault = await openVault({ directory, indexPath });
  while (vault.progress().building) await setTimeout(10);
  const writer = vault.writerFor?.({ client: { id: 'a' }, account: { id: 'b' } });
  const nameOf = (work) => work.then(() => 'fine', (error) => error.name);
`;

t.test('a share that is unmounted and mounted again', async (t) => {
  if (!(await canMount())) {
    t.pass('no mounts here: folders that are renamed stand for them');
    return;
  }
  const { top, directory } = await makeNotes(t);
  const output = await runWithMounts(
    'mkdir "$1/mnt"; mount --bind "$2" "$1/mnt"; program "$1/mnt" "$1/mnt-index.db" "$2"',
    `${onMount}
    const shared = process.argv[4];
    const told = {};
    execFileSync('umount', ['-l', directory]);
    told.read = await nameOf(vault.readNote('a.md'));
    told.written = await nameOf(writer.create('new.md', 'x'));
    while (!vault.isAway()) await setTimeout(10);
    await setTimeout(1500);
    told.found = (await vault.search('alpha')).length;
    execFileSync('mount', ['--bind', shared, directory]);
    while (vault.isAway()) await setTimeout(10);
    told.back = await nameOf(vault.readNote('a.md'));
    console.log(JSON.stringify(told));
    await vault.close();`,
    [top, directory],
  );
  const told = { read: 'VaultAway', written: 'VaultAway', found: 1, back: 'fine' };
  t.same(JSON.parse(output), told);
});

t.test('on a read-only mount there is no writer; one that becomes read-only says so', async (t) => {
  if (!(await canMount())) {
    const { directory, indexPath } = await makeNotes(t);
    await chmod(directory, 0o555);
    const vault = await openVault({ directory, indexPath });
    t.equal(vault.writerFor === undefined, process.getuid?.() !== 0, 'rights stand for the mount');
    await vault.close();
    return;
  }
  const { top, directory } = await makeNotes(t);
  const output = await runWithMounts(
    'mount --bind "$2" "$2"; program "$2" "$1/i.db" >"$1/1"; mount -o remount,bind,ro "$2"; program "$2" "$1/i.db" >"$1/2"; cat "$1/1" "$1/2"',
    `${onMount}
    const told = { writer: vault.writerFor !== undefined, text: (await vault.readNote('a.md')).text };
    if (vault.writerFor) {
      const { revision } = await vault.readNote('a.md');
      execFileSync('mount', ['-o', 'remount,bind,ro', directory]);
      told.create = await nameOf(writer.create('new.md', 'x'));
      told.append = await nameOf(writer.append('a.md', { text: 'x', revision }));
      told.remove = await nameOf(writer.remove('a.md', { revision }));
    }
    console.log(JSON.stringify(told));
    await vault.close();`,
    [top, directory],
  );
  const refused = { create: 'VaultReadOnly', append: 'VaultReadOnly', remove: 'VaultReadOnly' };
  t.same(
    output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { writer: true, text: 'alpha', ...refused },
      { writer: false, text: 'alpha' },
    ],
  );
  t.same((await readdir(directory)).sort(), ['Folder', 'a.md'], 'nothing left behind');
});

t.test('a full disk is named as what it is, and the note stays', async (t) => {
  if (!(await canMount())) {
    t.pass('no disk of its own here');
    return;
  }
  const { top, directory } = await makeNotes(t);
  const output = await runWithMounts(
    'mount -t tmpfs -o size=1m none "$2"; echo alpha > "$2/a.md"; program "$2" "$1/i.db"',
    `${onMount}
    import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
    const { revision } = await vault.readNote('a.md');
    try { writeFileSync(directory + '/film.bin', Buffer.alloc(4_000_000)); } catch {}
    const told = {
      append: await nameOf(writer.append('a.md', { text: 'x'.repeat(100_000), revision })),
      create: await nameOf(writer.create('new.md', 'x'.repeat(100_000))),
      text: readFileSync(directory + '/a.md', 'utf8'),
      names: readdirSync(directory, { recursive: true }).sort(),
    };
    console.log(JSON.stringify(told));
    await vault.close();`,
    [top, directory],
  );
  // The journal is there, and no entry of what came to nothing.
  const names = ['.loop', '.loop/changes', 'a.md', 'film.bin'];
  const told = { append: 'VaultFull', create: 'VaultFull', text: 'alpha\n', names };
  t.same(JSON.parse(output), told);
});

t.test('a note that is not there is still just that', async (t) => {
  const { vault } = await openWorld(t);
  t.equal(await vault.readNote('never.md'), undefined);
  await t.rejects(writerOf(vault).append('never.md', { text: 'x', revision: 'x' }), NoteNotFound);
});
