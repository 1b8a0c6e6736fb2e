// Conflict copies in the index: last in every search, and named as what they are.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { BadCursor } from '../../../../api/vault/errors.ts';
import { openVault, type Vault } from '../../../../api/vault/vault.ts';
import { until } from '../../../support/until.ts';

const syncthing = 'Plan.sync-conflict-20261120-101010-ABCDEFG.md';
const dropbox = "Plan (Bea's conflicted copy 2026-11-20).md";

async function openWorld(
  t: Test,
  notes: Record<string, string>,
): Promise<{ directory: string; vault: Vault; told: number[] }> {
  const top = await mkdtemp(join(tmpdir(), 'conflicts-test-'));
  const directory = join(top, 'notes');
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  const told: number[] = [];
  const vault = await openVault({
    directory,
    indexPath: join(top, 'index.db'),
    onConflicts: (count) => told.push(count),
  });
  t.teardown(async () => {
    await vault.close();
    await rm(top, { recursive: true });
  });
  await until(() => !vault.progress().building, 'the index');
  return { directory, vault, told };
}

t.test('a copy comes after every other result and says whose it is', async (t) => {
  const { vault, told } = await openWorld(t, {
    [syncthing]: '# ocelot\n\nocelot ocelot ocelot',
    [dropbox]: '# ocelot\n\nocelot ocelot ocelot',
    'Plan.md': 'the plan, with an ocelot somewhere in a text that is a little longer',
    'Zoo.md': `an ocelot far down ${'and other animals '.repeat(200)}`,
  });
  for (const options of [{}, { limit: 4 }]) {
    const results = await vault.search('ocelot', options);
    t.match(
      results.map(({ id }) => id),
      ['Plan.md', 'Zoo.md', /^Plan[. ]/, /^Plan[. ]/],
    );
    t.same(
      results.map(({ conflictOf }) => conflictOf),
      [undefined, undefined, 'Plan.md', 'Plan.md'],
    );
  }
  t.same(
    (await vault.search('ocelot', { limit: 2 })).map(({ id }) => id),
    ['Plan.md', 'Zoo.md'],
    'and takes no place of another result',
  );
  const scanned = vault.scan().notes.map(({ id, conflictOf }) => [id, conflictOf]);
  t.same(Object.fromEntries(scanned), {
    'Plan.md': undefined,
    'Zoo.md': undefined,
    [syncthing]: 'Plan.md',
    [dropbox]: 'Plan.md',
  });
  t.equal((await vault.readNote(syncthing))?.conflictOf, 'Plan.md');
  t.notOk('conflictOf' in ((await vault.readNote('Plan.md')) ?? {}));
  t.same(told, [2]);
});

t.test('they are listed a page at a time, also where the original is not there', async (t) => {
  const { vault, directory, told } = await openWorld(t, {
    [`Folder/${syncthing}`]: 'a',
    [dropbox]: 'b',
    'Gone_conflict-20261120-101010.md': 'c',
    'Plan 2.md': 'd',
  });
  const first = vault.listConflicts({ limit: 2 });
  t.same(first.conflicts, [
    { id: `Folder/${syncthing}`, conflictOf: 'Folder/Plan.md' },
    { id: 'Gone_conflict-20261120-101010.md', conflictOf: 'Gone.md' },
  ]);
  const second = vault.listConflicts({ limit: 2, cursor: first.nextCursor });
  t.same(second, { conflicts: [{ id: dropbox, conflictOf: 'Plan.md' }] });
  t.throws(() => vault.listConflicts({ cursor: 'x' }), BadCursor);
  // A copy that a person keeps under a name of its own is a note like others.
  await rename(join(directory, dropbox), join(directory, 'Bea’s plan.md'));
  await until(() => vault.listConflicts().conflicts.length === 2, 'the renamed one');
  t.same(vault.scan().notes.filter(({ conflictOf }) => conflictOf).length, 2);
  await until(() => told.at(-1) === 2, 'the number');
});
