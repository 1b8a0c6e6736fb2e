// What is hidden leaves no trace in a vault: by the setting, by Obsidian's excluded files, at once when either changes.
import fs from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { NoteNotFound, PathClosed } from '../../../../api/vault/errors.ts';
import { HiddenFiles } from '../../../../api/vault/hidden/hidden-files.ts';
import { type HiddenPattern, parseHiddenPatterns } from '../../../../api/vault/hidden/patterns.ts';
import { IndexFacts } from '../../../../api/vault/index/facts.ts';
import { openIndexFile } from '../../../../api/vault/index/file.ts';
import { Vocabulary } from '../../../../api/vault/index/finding/vocabulary.ts';
import { IndexKeeper } from '../../../../api/vault/index/keeper.ts';
import { PdfTexts } from '../../../../api/vault/index/pdf/texts.ts';
import { IndexWriter } from '../../../../api/vault/index/writer.ts';
import { openVault, type Vault } from '../../../../api/vault/vault.ts';
import { until } from '../../../support/until.ts';
import { writerOf } from '../../../support/writer.ts';

const patternsOf = (list: string): HiddenPattern[] =>
  parseHiddenPatterns(list).filter((pattern) => pattern !== undefined);

const notes = {
  'Open.md': 'pangolin #open links to [[Diary]] and [[Private/Diary]]',
  'Sub/Other.md': 'pangolin',
  'Private/Diary.md': '---\nsecretfield: x\n---\nsecret pangolin #secrettag [[Open]]',
  'Private/Deep/Er.md': 'pangolin [[Open]]',
  'Private/scan.pdf': 'x',
};

interface World {
  directory: string;
  indexPath: string;
  faults: number[];
  open(hidden?: string): Promise<Vault>;
  write(path: string, text: string): Promise<void>;
}

async function createWorld(t: Test, files: Record<string, string> = notes): Promise<World> {
  const top = await mkdtemp(join(tmpdir(), 'hidden-test-'));
  const directory = join(top, 'notes');
  const indexPath = join(top, 'index.db');
  const faults: number[] = [];
  const opened: Vault[] = [];
  t.teardown(async () => {
    await Promise.all(opened.map((vault) => vault.close()));
    await rm(top, { recursive: true });
  });
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  };
  for (const [path, text] of Object.entries(files)) {
    await write(path, text);
    // Older than what may have changed once more within a tick.
    await utimes(join(directory, path), 1_700_000_000, 1_700_000_000);
  }
  const open = async (hidden = ''): Promise<Vault> => {
    const vault = await openVault({
      directory,
      indexPath,
      hidden: patternsOf(hidden),
      onExcludedFaults: (count) => faults.push(count),
    });
    opened.push(vault);
    return vault;
  };
  return { directory, indexPath, faults, open, write };
}

const built = (vault: Vault) => until(() => !vault.progress().building, 'the index');
const idsOf = (vault: Vault): string[] =>
  vault
    .scan({ limit: 1000 })
    .notes.map(({ id }) => id)
    .sort();
const found = async (vault: Vault, query: string): Promise<string[]> =>
  (await vault.search(query)).map(({ id }) => id).sort();

/** Nothing of `Private` anywhere. */
async function checkHidden(t: Test, vault: Vault): Promise<void> {
  t.same(await found(vault, 'pangolin'), ['Open.md', 'Sub/Other.md']);
  for (const query of ['secret', 'tag:secrettag', 'secretfield:x', 'path:private', 'diary -x', 'Er']) {
    t.same(
      (await found(vault, query)).filter((id) => id.startsWith('Private')),
      [],
      query,
    );
  }
  t.same(idsOf(vault), ['Open.md', 'Sub/Other.md']);
  t.same(vault.scan({ folder: 'Private' }).notes, []);
  t.same(
    vault.listFolder('').entries.map(({ path }) => path),
    ['Sub', 'Open.md'],
  );
  for (const folder of ['Private', 'Private/Deep', 'private'])
    t.same(vault.listFolder(folder).entries, [], folder);
  for (const id of ['Private/Diary.md', 'private/diary.md', 'Private/Deep/Er.md']) {
    t.equal(await vault.readNote(id), undefined, id);
  }
  const open = await vault.readNote('Open.md');
  t.same([open?.links, open?.backlinks], [[], []]);
  t.equal(vault.progress().notes, 2);
}

async function checkShown(t: Test, vault: Vault): Promise<void> {
  await until(async () => (await found(vault, 'pangolin')).length === 4, 'what was hidden');
  t.same((await vault.readNote('Open.md'))?.backlinks, ['Private/Deep/Er.md', 'Private/Diary.md']);
  t.match(await vault.readNote('Private/Diary.md'), { tags: ['secrettag'] });
  t.same(
    vault.listFolder('Private').entries.map(({ path }) => path),
    ['Private/Deep', 'Private/Diary.md', 'Private/scan.pdf'],
  );
}

/** The same words, whether or not something is there, and nothing made. */
async function checkClosed(t: Test, { directory }: World, vault: Vault): Promise<void> {
  const writer = writerOf(vault);
  const revision = 'x'.repeat(22);
  const words = new PathClosed().message;
  for (const id of ['Private/Diary.md', 'Private/Nothing.md', 'private/diary.md', 'Private/New/Nothing.md']) {
    await t.rejects(writer.create(id, 'x'), { name: 'PathClosed', message: words }, id);
    await t.rejects(writer.append(id, { text: 'x', revision }), { name: 'PathClosed', message: words }, id);
    await t.rejects(writer.replace(id, { text: 'x', revision }), NoteNotFound, id);
    await t.rejects(writer.remove(id, { revision }), NoteNotFound, id);
  }
  await t.rejects(writer.create('Private/Without extension', 'x'), PathClosed);
  t.match(await readFile(join(directory, 'Private/Diary.md'), 'utf8'), /secret pangolin/);
  t.same(fs.readdirSync(join(directory, 'Private')).sort(), ['Deep', 'Diary.md', 'scan.pdf']);
}

t.test('what the setting hides is as if it were not there', async (t) => {
  for (const hidden of ['Private', 'Private/**', 'private', '**/Private/', 'Other/x,Priv*']) {
    await t.test(hidden, async (t) => {
      const world = await createWorld(t);
      const vault = await world.open(hidden);
      await built(vault);
      await checkHidden(t, vault);
      await checkClosed(t, world, vault);
    });
  }
});

t.test('what Obsidian excludes is so too, in each form of a filter', async (t) => {
  for (const filter of ['Private/', 'private', '/^Private\\/.*$/', '/private/', '/^(?!Open|Sub)/']) {
    await t.test(filter, async (t) => {
      const world = await createWorld(t);
      await world.write('.obsidian/app.json', JSON.stringify({ userIgnoreFilters: [filter] }));
      const vault = await world.open();
      await built(vault);
      await checkHidden(t, vault);
      await checkClosed(t, world, vault);
    });
  }
});

t.test('a folder is shown for as long as something in it is', async (t) => {
  const world = await createWorld(t, { ...notes, 'Private/Open part.txt': 'x', 'A/B/Private.md': 'x' });
  await world.write(
    '.obsidian/app.json',
    JSON.stringify({ userIgnoreFilters: ['/private[^/]*\\.md$/', '/diary|deep/'] }),
  );
  await mkdir(join(world.directory, 'Empty'));
  const vault = await world.open();
  await built(vault);
  t.same(
    vault.listFolder('').entries.map(({ path }) => path),
    ['Empty', 'Private', 'Sub', 'Open.md'],
  );
  t.same(
    vault.listFolder('Private').entries.map(({ path }) => path),
    ['Private/Open part.txt', 'Private/scan.pdf'],
  );
});

t.test('a link to what is hidden leads to nothing', async (t) => {
  const world = await createWorld(t);
  await symlink(join(world.directory, 'Private/Diary.md'), join(world.directory, 'Sub/Link.md'));
  const vault = await world.open('Private');
  await built(vault);
  t.equal(await vault.readNote('Sub/Link.md'), undefined);
  await checkHidden(t, vault);
  await t.rejects(writerOf(vault).append('Sub/Link.md', { text: 'x', revision: 'x' }), NoteNotFound);
});

t.test('Obsidian’s settings are followed while loop runs', async (t) => {
  const world = await createWorld(t);
  const vault = await world.open();
  await built(vault);
  await checkShown(t, vault);
  const exclude = (filters: string[]) =>
    world.write('.obsidian/app.json', JSON.stringify({ userIgnoreFilters: filters }));
  const gone = async () => (await found(vault, 'pangolin')).length === 2;
  await exclude(['Private/']);
  t.equal(await vault.readNote('Private/Diary.md'), undefined, 'a note is at once');
  await until(gone, 'hidden when the settings come');
  await checkHidden(t, vault);
  await exclude([]);
  await checkShown(t, vault);
  await exclude(['/diary/', '/deep/', '/pdf$/']);
  await until(gone, 'hidden when the settings change');
  await checkHidden(t, vault);
  // A file that is broken, as in the middle of being written, shows nothing again.
  await writeFile(join(world.directory, '.obsidian/app.json'), '{"userIgnoreFil');
  await until(() => world.faults.at(-1) === 1, 'the warning');
  await checkHidden(t, vault);
  await rm(join(world.directory, '.obsidian'), { recursive: true });
  await checkShown(t, vault);
  t.equal(world.faults.at(-1), 0);
});

t.test(
  'broken settings never show what the setting hides, nor what an earlier process read of them',
  async (t) => {
    const world = await createWorld(t);
    await world.write('.obsidian/app.json', '{');
    const vault = await world.open('Private');
    await built(vault);
    await checkHidden(t, vault);
    await vault.close();
    await world.write('.obsidian/app.json', JSON.stringify({ userIgnoreFilters: ['Private/'] }));
    const second = await world.open();
    await checkHidden(t, second);
    await built(second);
    await second.close();
    await world.write('.obsidian/app.json', '{');
    const third = await world.open();
    await checkHidden(t, third);
    await built(third);
    await checkHidden(t, third);
    t.equal(world.faults.at(-1), 1);
  },
);

t.test('a setting that changed between two starts holds from the first answer on', async (t) => {
  const world = await createWorld(t);
  const first = await world.open();
  await built(first);
  await checkShown(t, first);
  await first.close();
  const second = await world.open('Private');
  // Before any look at the disk.
  await checkHidden(t, second);
  await built(second);
  await checkHidden(t, second);
  await second.close();
  const database = new Database(world.indexPath, { readonly: true });
  t.equal(database.prepare("SELECT count(*) FROM texts WHERE text LIKE '%secret%'").pluck().get(), 0);
  database.close();
  const third = await world.open();
  await built(third);
  await checkShown(t, third);
});

t.test('an index that turns out to be damaged when it is to be hidden in is made anew', async (t) => {
  const world = await createWorld(t);
  const first = await world.open();
  await built(first);
  await first.close();
  const database = new Database(world.indexPath);
  const root = database
    .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'entries'")
    .pluck()
    .get() as number;
  const pageSize = database.pragma('page_size', { simple: true }) as number;
  database.close();
  const bytes = await readFile(world.indexPath);
  bytes.fill(0xff, (root - 1) * pageSize, root * pageSize);
  await writeFile(world.indexPath, bytes);
  const second = await world.open('Private');
  await built(second);
  await checkHidden(t, second);
});

t.test('what is hidden leaves the index also where the disk tells nothing of it just now', async (t) => {
  const world = await createWorld(t);
  await world.write('.obsidian/app.json', '{}');
  await chmod(dirname(world.directory), 0o777);
  const closed = join(world.directory, 'Private');
  t.teardown(() => chmod(closed, 0o755));
  // root may look into every folder.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  t.teardown(() => isRoot && process.seteuid?.(0));
  const vault = await world.open();
  await built(vault);
  t.equal((await found(vault, 'pangolin')).length, 4);
  if (isRoot) process.seteuid?.(0);
  await chmod(closed, 0);
  await world.write('.obsidian/app.json', JSON.stringify({ userIgnoreFilters: ['Private/'] }));
  if (isRoot) process.seteuid?.(65_534);
  await until(async () => (await found(vault, 'pangolin')).length === 2, 'the hidden notes');
  await vault.close();
  if (isRoot) process.seteuid?.(0);
});

/** The vault paths that are opened while `work` goes on. */
async function countReads(directory: string, work: () => Promise<void>): Promise<string[]> {
  const opened: string[] = [];
  const { openSync } = fs;
  fs.openSync = (path, ...rest) => {
    if (String(path).endsWith('.md')) opened.push(String(path).slice(directory.length + 1));
    return openSync(path, ...rest);
  };
  syncBuiltinESMExports();
  await work().finally(() => {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  });
  return opened.sort();
}

t.test('who asks after a change of the settings is told of it, whoever else asked before', async (t) => {
  const { directory, write } = await createWorld(t);
  await write('.obsidian/app.json', '{}');
  const hidden = new HiddenFiles({ root: directory, patterns: [] });
  const path = join(directory, '.obsidian/app.json');
  const late: number[] = [];
  for (let round = 0; round < 100; round += 1) {
    const before = hidden.refresh();
    // Somewhere in the middle of what was begun.
    for (let turn = 0; turn < round % 10; turn += 1) await setImmediate();
    fs.writeFileSync(path, JSON.stringify({ userIgnoreFilters: [`Round ${round}/`] }));
    await hidden.refresh();
    if (!hidden.isHidden(`Round ${round}/a.md`)) late.push(round);
    await before;
  }
  t.same(late, []);
});

t.test('only what is hidden no longer is read when that changes', async (t) => {
  const world = await createWorld(t);
  // A minute later: what has just been changed would be read twice.
  const { now } = Date;
  t.intercept(Date, 'now', { value: () => now() + 60_000 });
  const settle = async (hidden: string, filters: string[]): Promise<string[]> => {
    const database = openIndexFile(world.indexPath, world.directory);
    await world.write('.obsidian/app.json', JSON.stringify({ userIgnoreFilters: filters }));
    const [writer, vocabulary] = [new IndexWriter(database), new Vocabulary(database)];
    const keeper = new IndexKeeper({
      root: world.directory,
      isPolling: false,
      hidden: new HiddenFiles({ root: world.directory, patterns: patternsOf(hidden) }),
      writer,
      facts: new IndexFacts(database),
      vocabulary,
      pdfTexts: new PdfTexts(database, { writer, vocabulary }),
      inTransaction: (work) => database.transaction(work).immediate(),
      onProgress: ({ building }) => {
        if (!building) settled.resolve();
      },
    });
    const settled = Promise.withResolvers<void>();
    return countReads(world.directory, async () => {
      const running = keeper.run();
      await settled.promise;
      await keeper.close();
      await running;
      database.close();
    });
  };
  const all = ['Open.md', 'Private/Deep/Er.md', 'Private/Diary.md', 'Sub/Other.md'];
  t.same(await settle('', []), all);
  t.same(await settle('', []), [], 'nothing has changed');
  t.same(await settle('Private', []), [], 'hiding reads nothing');
  t.same(await settle('', ['Sub/', 'Private/Deep/']), ['Private/Diary.md'], 'what is not hidden any more');
  t.same(await settle('', []), ['Private/Deep/Er.md', 'Sub/Other.md']);
});
