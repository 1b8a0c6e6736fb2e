// Looks through a folder beside what the index knows: order, files of two names, folders that can't be looked into.
import { chmod, link, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { openVault, type Vault } from '../../../../../api/vault/vault.ts';
import { until } from '../../../../support/until.ts';
import { writerOf } from '../../../../support/writer.ts';

interface World {
  directory: string;
  open(): Promise<Vault>;
}

async function createWorld(t: Test, notes: Record<string, string>): Promise<World> {
  const top = await mkdtemp(join(tmpdir(), 'comparison-test-'));
  const directory = join(top, 'notes');
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  await chmod(top, 0o777);
  t.teardown(() => rm(top, { recursive: true }));
  return {
    directory,
    open: async () => {
      const vault = await openVault({ directory, indexPath: join(top, 'index.db') });
      t.teardown(() => vault.close());
      await until(() => !vault.progress().building, 'the index');
      return vault;
    },
  };
}

const idsOf = (vault: Vault) => vault.scan({ limit: 1000 }).notes.map(({ id }) => id);

/** root may look into every folder. */
async function asOther<Result>(work: () => Promise<Result>): Promise<Result> {
  const asRoot = process.getuid?.() === 0;
  if (asRoot) process.seteuid?.(65_534);
  return work().finally(() => {
    if (asRoot) process.seteuid?.(0);
  });
}

t.test('a vault that is met for the first time is read in the order of its paths', async (t) => {
  const paths = ['b/2.md', 'a/c/1.md', 'z.md', 'a/b.md', 'a.md', 'b/1.md', 'a/c/0.md', '한/글.md'];
  const world = await createWorld(t, Object.fromEntries(paths.map((path) => [path, path])));
  t.same(idsOf(await world.open()), paths.toSorted());
});

t.test('a file of two names is two notes, and the first one stays where it was in a scan', async (t) => {
  const world = await createWorld(t, { 'a.md': 'walrus', 'b.md': 'other' });
  const vault = await world.open();
  await link(join(world.directory, 'a.md'), join(world.directory, 'second name.md'));
  await until(() => idsOf(vault).includes('second name.md'), 'the second name');
  t.same(idsOf(vault), ['a.md', 'b.md', 'second name.md']);
  // Each look meets both.
  await writerOf(vault).create('c.md', 'c');
  await setTimeout(500);
  t.same(idsOf(vault), ['a.md', 'b.md', 'second name.md', 'c.md']);
  t.equal((await vault.search('walrus')).length, 2);
});

t.test('a folder that can not be looked into keeps its notes, after a restart too', async (t) => {
  const world = await createWorld(t, {
    'a.md': 'walrus',
    'Closed/b.md': 'walrus',
    'Closed/Deep/c.md': 'walrus',
  });
  await asOther(async () => {
    await (await world.open()).close();
  });
  await chmod(join(world.directory, 'Closed'), 0);
  await asOther(async () => {
    const vault = await world.open();
    await setTimeout(700);
    t.same(idsOf(vault).sort(), ['Closed/Deep/c.md', 'Closed/b.md', 'a.md']);
    t.equal((await vault.search('walrus')).length, 3);
    await vault.close();
  });
  await chmod(join(world.directory, 'Closed'), 0o755);
});

t.test('and is gone through whole once it can be again, without waiting for the minute’s look', async (t) => {
  const world = await createWorld(t, { 'a.md': 'a', 'Closed/Deep/c.md': 'walrus' });
  const closed = join(world.directory, 'Closed');
  await chmod(join(closed, 'Deep', 'c.md'), 0o666);
  await asOther(async () => {
    const vault = await world.open();
    const file = await open(join(closed, 'Deep', 'c.md'), 'r+');
    await runAsOwner(() => chmod(closed, 0));
    await setTimeout(400);
    await file.write('ostrich', 0);
    await file.close();
    await setTimeout(700);
    t.equal((await vault.search('walrus')).length, 1, 'as last seen');
    await runAsOwner(() => chmod(closed, 0o755));
    await until(async () => (await vault.search('ostrich')).length === 1, 'what was written meanwhile', 5000);
    await vault.close();
  });
});

async function runAsOwner(work: () => Promise<void>): Promise<void> {
  const asRoot = process.getuid?.() === 0;
  if (asRoot) process.seteuid?.(0);
  await work().finally(() => {
    if (asRoot) process.seteuid?.(65_534);
  });
}
