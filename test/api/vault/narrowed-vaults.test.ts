// Parts of a vault: opened when they are asked for, kept beside the whole, and gone when nobody needs them.
import fs, { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { IndexHost } from '../../../api/vault/index/thread/host.ts';
import { NarrowedVaults } from '../../../api/vault/narrowed-vaults.ts';
import { openVault, type Vault } from '../../../api/vault/vault.ts';
import { shiftClockAndIntervals } from '../../support/clock.ts';
import { until } from '../../support/until.ts';
import { writerOf } from '../../support/writer.ts';

const partOf = (...folders: string[]) => ({ readable: folders, writable: folders });
const indexName = /^index\.db\.part-[0-9a-f]{16}$/;

interface World {
  top: string;
  vault: Vault;
  narrowed: NarrowedVaults;
  problems: Error[];
}

async function openWorld(
  t: Test,
  prepare = async (_top: string): Promise<void> => undefined,
): Promise<World> {
  const top = await mkdtemp(join(tmpdir(), 'narrowed-vaults-'));
  t.teardown(() => rm(top, { recursive: true, force: true }));
  for (const folder of ['A', 'B', 'C']) {
    await mkdir(join(top, 'notes', folder), { recursive: true });
    await writeFile(join(top, 'notes', folder, `${folder}.md`), 'heron');
  }
  await prepare(top);
  const problems: Error[] = [];
  const options = {
    directory: join(top, 'notes'),
    indexPath: join(top, 'index.db'),
    host: new IndexHost(),
    onProblem: (problem: Error) => void problems.push(problem),
  };
  const vault = await openVault(options);
  const narrowed = new NarrowedVaults(vault, options);
  t.teardown(async () => {
    await narrowed.close();
    await vault.close();
  });
  await until(() => !vault.progress().building, 'the index');
  return { top, vault, narrowed, problems };
}

const found = async (vault: Vault): Promise<string[]> =>
  (await vault.search('heron')).map(({ id }) => id).sort();
const indexesIn = async (top: string): Promise<string[]> =>
  (await readdir(top)).filter((file) => indexName.test(file));

t.test('a part can be searched at its first question, by all who ask for it at once', async (t) => {
  const { top, vault, narrowed } = await openWorld(t);
  const [one, same, other] = await Promise.all(
    [partOf('A'), partOf('A'), partOf('A', 'B')].map((reach) => narrowed.within(reach)),
  );
  t.equal(one, same);
  t.same(await Promise.all([one, other, vault].map((part) => found(part as Vault))), [
    ['A/A.md'],
    ['A/A.md', 'B/B.md'],
    ['A/A.md', 'B/B.md', 'C/C.md'],
  ]);
  t.equal((await indexesIn(top)).length, 2);
});

t.test('what lies outside of a part is not hidden from it: it is not there', async (t) => {
  const { narrowed } = await openWorld(t);
  const { shown } = await narrowed.within(partOf('A'));
  t.match(await shown.countHidden(), { setting: 0, excluded: 0 });
  t.equal(await shown.findHiding('B'), undefined);
  t.equal(await shown.findHiding('B/B.md'), undefined);
  t.equal(await shown.openImage('B/B.png'), undefined);
});

t.test('an index that nobody has used for a month goes, and nothing else does', async (t) => {
  const old = new Date(Date.now() - 31 * 24 * 3_600_000);
  const names = {
    gone: 'index.db.part-0123456789abcdef',
    young: 'index.db.part-0123456789abcdee',
    mine: 'index.db.part-of something',
    other: 'notes.db.part-0123456789abcdef',
  };
  const { top } = await openWorld(t, async (folder) => {
    for (const name of Object.values(names)) {
      await writeFile(join(folder, name), 'x');
      if (name !== names.young) await utimes(join(folder, name), old, old);
    }
  });
  await until(() => !existsSync(join(top, names.gone)), 'the old index to go');
  for (const name of [names.young, names.mine, names.other]) t.ok(existsSync(join(top, name)), name);
});

t.test('a part whose index is taken away is made anew, and the whole and other parts go on', async (t) => {
  const { top, vault, narrowed, problems } = await openWorld(t);
  const [one] = [await narrowed.within(partOf('A'))];
  const [index = ''] = await indexesIn(top);
  const other = await narrowed.within(partOf('B'));
  for (const end of ['', '-wal', '-shm']) await rm(join(top, index + end), { force: true });
  await until(() => problems.length > 0, 'the indexing thread to see it');
  await until(() => existsSync(join(top, index)), 'another index');
  await writeFile(join(top, 'notes', 'A', 'New.md'), 'heron');
  await until(async () => (await found(one)).length === 2, 'a new note in the part');
  await writeFile(join(top, 'notes', 'B', 'New.md'), 'heron');
  await until(async () => (await found(other)).length === 2, 'a new note in another');
  await until(async () => (await found(vault)).length === 5, 'both in the whole');
  t.equal(problems.length, 1, 'only that one was started again');
});

t.test(
  'the disk is not asked for what lies outside of a part: how long it takes tells nothing',
  async (t) => {
    const { top, narrowed } = await openWorld(t);
    const part = await narrowed.within(partOf('A'));
    const asked: string[] = [];
    const { lstat, realpath } = fs.promises;
    const watch =
      <Call extends (path: string) => unknown>(call: Call) =>
      (path: string) => {
        asked.push(path.slice(top.length));
        return call(path);
      };
    Object.assign(fs.promises, { lstat: watch(lstat as never), realpath: watch(realpath as never) });
    syncBuiltinESMExports();
    t.teardown(() => {
      Object.assign(fs.promises, { lstat, realpath });
      syncBuiltinESMExports();
    });
    t.ok(await part.readNote('A/A.md'));
    t.ok(asked.includes('/notes/A/A.md'), 'what it reads is seen');
    asked.length = 0;
    const writer = writerOf(part);
    for (const id of ['B/B.md', 'B/No such.md', '../top.md', 'C.md']) {
      t.equal(await part.readNote(id), undefined, id);
      t.equal(await part.findNote(id), undefined, id);
      await t.rejects(writer.replace(id, { text: 'x', revision: 'x' }), { name: 'NoteNotFound' }, id);
      await t.rejects(writer.append(id, { text: 'x' }), { name: 'PathClosed' }, id);
    }
    t.same(asked, []);
  },
);

t.test(
  'of many parts that nobody asks for some are closed, and open again at the next question',
  async (t) => {
    const clock = shiftClockAndIntervals(t);
    const { narrowed } = await openWorld(t, async (top) => {
      for (let number = 0; number < 12; number += 1) {
        await mkdir(join(top, 'notes', `Part ${number}`));
        await writeFile(join(top, 'notes', `Part ${number}`, 'n.md'), 'heron');
      }
    });
    const opened: Vault[] = [];
    for (let number = 0; number < 12; number += 1)
      opened.push(await narrowed.within(partOf(`Part ${number}`)));
    clock.advance(61);
    clock.advance(61);
    t.equal(await narrowed.within(partOf('Part 11')), opened[11], 'one that was asked for last is kept');
    const again = await narrowed.within(partOf('Part 0'));
    t.not(again, opened[0], 'the first was closed');
    t.same(await found(again), ['Part 0/n.md']);
  },
);

t.test('a folder of a part that has become another one by its case says nothing of that', async (t) => {
  const { top, narrowed } = await openWorld(t);
  await mkdir(join(top, 'notes', 'A', 'sub'));
  for (const [folder, path] of [
    ['a', 'a/New'],
    ['A/Sub', 'A/Sub/New'],
    ['A/Sub', 'A/Sub/Deep/New'],
  ] as const) {
    const writer = writerOf(await narrowed.within(partOf(folder)));
    await t.rejects(writer.create(path, 'x'), { name: 'PathClosed' }, path);
  }
});
