// A folder that is swapped for a link while it is read or written: nothing outside the vault is shown, changed or made.
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { ChangeJournal } from '../../../../api/vault/changes/journal.ts';
import { createDailyNotes } from '../../../../api/vault/daily/daily-notes.ts';
import { HiddenFiles } from '../../../../api/vault/hidden/hidden-files.ts';
import { createRevision } from '../../../../api/vault/notes/content.ts';
import { FolderMoved, inFolder } from '../../../../api/vault/notes/opened-path.ts';
import { openVault } from '../../../../api/vault/vault.ts';
import { createWriterFor } from '../../../../api/vault/writing/writer.ts';
import { canMount, runWithMounts } from '../../../support/mounts.ts';
import { until } from '../../../support/until.ts';
import { cause } from '../../../support/writer.ts';

/** Puts a link to `outside` in place of the folder and the folder back in its place, again and again. */
const swapper = `
  const { renameSync, rmSync, symlinkSync, unlinkSync } = require('node:fs');
  const { workerData: { folder, away, outside, restUs, told } } = require('node:worker_threads');
  const rest = (us) => { const end = process.hrtime.bigint() + BigInt(us) * 1000n; while (process.hrtime.bigint() < end); };
  // A new folder may have been made meanwhile, and somebody may be filling it.
  const insist = (change) => {
    for (;;) {
      try {
        return change();
      } catch {
        try {
          rmSync(folder, { recursive: true, force: true });
        } catch {}
      }
    }
  };
  for (let swaps = 0; Atomics.load(told, 1) === 0; swaps += 1) {
    rest((swaps * 37) % restUs);
    renameSync(folder, away);
    insist(() => symlinkSync(outside, folder));
    rest((swaps * 53) % restUs);
    unlinkSync(folder);
    insist(() => renameSync(away, folder));
    Atomics.store(told, 0, swaps);
  }
`;

interface World {
  vault: string;
  outside: string;
  /** Swaps until `stop`; `count` says how often it did. */
  swap(restUs: number): { count(): number; stop(): Promise<void> };
}

async function createWorld(t: Test): Promise<World> {
  const top = await mkdtemp(join(tmpdir(), 'swap-test-'));
  const [vault, outside] = [join(top, 'vault'), join(top, 'outside')];
  await mkdir(join(vault, 'Folder'), { recursive: true });
  await mkdir(outside);
  const workers: Worker[] = [];
  t.teardown(async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
    await rm(top, { recursive: true, force: true, maxRetries: 3 });
  });
  return {
    vault,
    outside,
    swap(restUs): ReturnType<World['swap']> {
      // How often it swapped, and whether it shall end.
      const told = new Int32Array(new SharedArrayBuffer(8));
      const folders = { folder: join(vault, 'Folder'), away: join(vault, '.away'), outside };
      const worker = new Worker(swapper, { eval: true, workerData: { ...folders, restUs, told } });
      workers.push(worker);
      const ended = once(worker, 'exit');
      worker.on('error', (error) => t.fail(error.message));
      return {
        count: () => Atomics.load(told, 0),
        stop: async () => {
          Atomics.store(told, 1, 1);
          await ended;
        },
      };
    },
  };
}

t.test('a folder swapped for a link while it is read shows nothing outside of the vault', async (t) => {
  const world = await createWorld(t);
  await writeFile(join(world.vault, 'Folder', 'a.md'), 'inside');
  await writeFile(join(world.outside, 'a.md'), 'okapi');
  await writeFile(join(world.outside, 'only outside.md'), 'okapi');
  const vault = await openVault({ directory: world.vault, indexPath: ':memory:', isPolling: true });
  t.teardown(() => vault.close());
  await until(() => !vault.progress().building, 'the index');
  const swapping = world.swap(20);
  const shown = new Map<string | undefined, number>();
  const read = async (): Promise<void> => {
    for (let times = 0; times < 500 || swapping.count() < 1000 || !shown.has('inside'); times += 1) {
      const text = (await vault.readNote('Folder/a.md'))?.text;
      shown.set(text, (shown.get(text) ?? 0) + 1);
    }
  };
  await Promise.all([read(), read(), read(), read()]);
  await swapping.stop();
  t.same(
    [...shown.keys()].filter((text) => text !== undefined && text !== 'inside'),
    [],
    'of a note',
  );
  t.same(await vault.search('okapi'), [], 'in the index');
  t.same(
    vault.scan().notes.filter(({ id }) => id.includes('only')),
    [],
    'names',
  );
});

t.test('nor is anything outside made, changed or removed, or left half done inside', async (t) => {
  const world = await createWorld(t);
  await writeFile(join(world.vault, 'Folder', 'a.md'), 'same\n');
  await writeFile(join(world.outside, 'a.md'), 'same\n');
  const nothing = async (): Promise<void> => {};
  const hidden = new HiddenFiles({ root: world.vault, patterns: [] });
  const daily = createDailyNotes({ root: world.vault, hidden, timeZone: 'UTC' });
  const writer = createWriterFor({
    root: world.vault,
    hidden,
    daily,
    journal: new ChangeJournal({ root: world.vault, requireHome: nothing }),
    mover: () => Promise.reject(new Error('nothing is moved here')),
    refresh: nothing,
    requireHome: nothing,
  })(cause);
  const swapping = world.swap(900);
  let done = 0;
  const refusals = new Set<string>();
  const again = async (work: (round: number) => Promise<unknown>): Promise<void> => {
    for (let round = 0; done < 100 || round < 50 || swapping.count() < 500; round += 1) {
      await work(round).then(
        () => {
          done += 1;
        },
        // Of an error of the system's own its code says which.
        ({ name, code }: NodeJS.ErrnoException) => refusals.add(name === 'Error' ? `${name} ${code}` : name),
      );
    }
  };
  const revision = createRevision('same\n');
  await Promise.all([
    again((round) => writer.create(`Folder/one ${round}.md`, 'x')),
    again((round) => writer.create(`Folder/deep/two ${round}.md`, 'x')),
    again(() => writer.replace('Folder/a.md', { text: 'same', revision })),
    again(async (round) => {
      const made = await writer.create(`Folder/gone ${round}.md`, 'x');
      return writer.remove(made.id, { revision: made.revision });
    }),
  ]);
  await swapping.stop();
  const expected = new Set(['NoteNotFound', 'PathRefused', 'RevisionStale']);
  t.same(refusals.difference(expected), new Set(), 'what could not be done is refused');
  t.same(readdirSync(world.outside), ['a.md']);
  t.equal(readFileSync(join(world.outside, 'a.md'), 'utf8'), 'same\n');
  const folder = ['.away', 'Folder'].map((name) => join(world.vault, name)).find(existsSync) ?? '';
  t.same(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
  );
});

t.test('a folder is held as it was opened, or not at all', async (t) => {
  const { vault, outside } = await createWorld(t);
  await rm(join(vault, 'Folder'), { recursive: true });
  await symlink(outside, join(vault, 'Folder'));
  await t.rejects(
    inFolder(join(vault, 'Folder'), async () => undefined),
    { code: 'ENOTDIR' },
  );
  await mkdir(join(outside, 'deep'));
  await t.rejects(
    inFolder(join(vault, 'Folder', 'deep'), async () => undefined),
    FolderMoved,
    'a link on the way',
  );
});

t.test(
  'where there is no /proc, notes are read and written all the same',
  { skip: !(await canMount()) },
  async (t) => {
    const vaultUrl = new URL('../../../../api/vault/vault.ts', import.meta.url).href;
    const program = `
    import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    const { openVault } = await import(${JSON.stringify(vaultUrl)});
    const top = mkdtempSync('/tmp/no-proc-');
    const directory = join(top, 'vault');
    mkdirSync(join(directory, 'Folder'), { recursive: true });
    mkdirSync(join(top, 'outside'));
    symlinkSync(join(top, 'outside'), join(directory, 'leads-out'));
    writeFileSync(join(directory, 'Folder', 'a.md'), 'alpha');
    const vault = await openVault({ directory, indexPath: ':memory:' });
    while (vault.progress().building) await new Promise((resolve) => setTimeout(resolve, 10));
    const writer = vault.writerFor(({ client: { id: 'a' }, account: { id: 'b' } }));
    const made = await writer.create('Folder/New/b.md', 'beta');
    await writer.remove(made.id, { revision: made.revision });
    const refused = await writer.create('leads-out/c.md', 'c').catch(({ name }) => name);
    const { text } = await vault.readNote('Folder/a.md');
    const found = (await vault.search('alpha')).length;
    await vault.close();
    console.log(JSON.stringify({ text, found, refused, outside: readdirSync(join(top, 'outside')), trash: readdirSync(join(directory, '.trash', 'Folder', 'New')) }));
  `;
    const told = await runWithMounts('mount -t tmpfs none /proc && program', program);
    t.same(JSON.parse(told), {
      text: 'alpha',
      found: 1,
      refused: 'PathRefused',
      outside: [],
      trash: ['b.md'],
    });
  },
);
