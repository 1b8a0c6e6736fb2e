// PDFs in the index: read after the notes, kept, read anew when they change, and given up for good when they can't be.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { openVault, type Vault } from '../../../../../api/vault/vault.ts';
import { helvetica, showLines, writePages, writeTextPdf } from '../../../../support/pdf-file.ts';
import { until } from '../../../../support/until.ts';

interface World {
  directory: string;
  unread: number[];
  open(): Promise<Vault>;
  write(path: string, content: string | Buffer): Promise<void>;
  /** Of the index: how many PDFs wait, and how often one was tried. */
  ask(sql: string): number;
  change(sql: string): void;
}

async function createWorld(t: Test, files: Record<string, string | Buffer>): Promise<World> {
  const top = await mkdtemp(join(tmpdir(), 'pdf-queue-test-'));
  const directory = join(top, 'notes');
  const indexPath = join(top, 'index.db');
  const opened: Vault[] = [];
  const unread: number[] = [];
  t.teardown(async () => {
    await Promise.all(opened.map((vault) => vault.close()));
    await rm(top, { recursive: true, force: true });
  });
  const write = async (path: string, content: string | Buffer): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  };
  const withDatabase = <Result>(work: (database: Database.Database) => Result): Result => {
    const database = new Database(indexPath);
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  await mkdir(directory);
  for (const [path, content] of Object.entries(files)) await write(path, content);
  return {
    directory,
    unread,
    write,
    open: async () => {
      const vault = await openVault({ directory, indexPath, onUnread: (notes) => unread.push(notes) });
      opened.push(vault);
      await until(() => !vault.progress().building, 'the notes', patience);
      return vault;
    },
    ask: (sql) => withDatabase((database) => database.prepare(sql).pluck().get() as number),
    change: (sql) => withDatabase((database) => database.exec(sql)),
  };
}

/** PDFs are the last to have their turn. */
const patience = 60_000;

const waiting = 'SELECT count(*) FROM pdfs WHERE text IS NULL';
const ids = async (vault: Vault, query: string): Promise<string[]> =>
  (await vault.search(query)).map(({ id }) => id);
const found = (vault: Vault, query: string): Promise<void> =>
  until(async () => (await ids(vault, query)).length > 0, query, patience);
const textOf = async (vault: Vault, id: string): Promise<string | undefined> =>
  (await vault.readNote(id))?.text;

/** Takes about a second. */
const slow = writePages(
  Array.from({ length: 400 }, () => showLines(...Array.from({ length: 30 }, () => 'slow words'))),
  helvetica,
);

t.test('notes come first, and while PDFs are read: they hold nothing up', async (t) => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, number) => [`${number}.pdf`, slow]));
  const world = await createWorld(t, { ...files, 'note.md': 'a manatee' });
  const vault = await world.open();
  t.same(await ids(vault, 'manatee'), ['note.md']);
  t.same(vault.progress(), { notes: 1, indexed: 1, building: false });
  t.equal((await ids(vault, '7.pdf'))[0], '7.pdf', 'found by its name meanwhile');
  t.match(await vault.readNote('11.pdf'), { text: '', warnings: [/still being read/] });
  await world.write('new.md', 'a dugong');
  await found(vault, 'dugong');
  t.ok(world.ask(waiting) > 0, 'PDFs wait all the while');
  const startedAt = performance.now();
  await vault.close();
  t.ok(performance.now() - startedAt < 2000, 'it ends in the middle of one, not by force');
  t.equal(world.ask('SELECT max(tries) FROM pdfs WHERE text IS NULL'), 0, 'which does not count as a try');
});

t.test('a text is kept over a restart and a move, and read anew when the file changes', async (t) => {
  const world = await createWorld(t, { 'a.pdf': writeTextPdf('a kakapo'), 'b.md': '[[a.pdf]]' });
  const first = await world.open();
  await found(first, 'kakapo');
  await first.close();
  // Nothing but the index says so: whoever reads the file again loses it.
  world.change("UPDATE pdfs SET text = '[page 1]\na kept kakapo'");
  const vault = await world.open();
  t.equal(world.ask(waiting), 0);
  t.equal(await textOf(vault, 'a.pdf'), '[page 1]\na kept kakapo');
  await mkdir(join(world.directory, 'Sub'));
  await rename(join(world.directory, 'a.pdf'), join(world.directory, 'Sub', 'c.pdf'));
  await until(async () => (await ids(vault, 'kakapo'))[0] === 'Sub/c.pdf', 'the move', patience);
  t.equal(world.ask('SELECT max(tries) FROM pdfs'), 1, 'read once');
  t.same(await ids(vault, 'kept'), ['Sub/c.pdf']);
  t.equal(await textOf(vault, 'Sub/c.pdf'), '[page 1]\na kept kakapo');
  await world.write('Sub/c.pdf', writeTextPdf('a kiwi bird'));
  await found(vault, 'kiwi');
  t.same(await ids(vault, 'kakapo'), []);
  await rm(join(world.directory, 'Sub', 'c.pdf'));
  await until(async () => (await ids(vault, 'kiwi')).length === 0, 'its end', patience);
  t.equal(world.ask('SELECT count(*) FROM pdfs'), 0, 'nothing of it is left');
});

t.test('one that can not be read is named, told of once, and not tried again until it changes', async (t) => {
  const world = await createWorld(t, { 'bad.pdf': 'none', 'good.pdf': writeTextPdf('an ibis') });
  const first = await world.open();
  await found(first, 'ibis');
  await until(() => first.unreadNotes().length > 0, 'the bad one', patience);
  t.same(first.unreadNotes(), ['bad.pdf']);
  t.match(await first.readNote('bad.pdf'), { text: '', warnings: [/is damaged, or is none/] });
  await until(() => world.unread.length > 0, 'the word of it', patience);
  t.same(world.unread, [1]);
  t.same(first.progress(), { notes: 0, indexed: 0, building: false });
  await first.close();
  const vault = await world.open();
  t.same(vault.unreadNotes(), ['bad.pdf']);
  t.equal(world.ask("SELECT tries FROM pdfs JOIN notes ON number = note WHERE id = 'bad.pdf'"), 1);
  await world.write('bad.pdf', writeTextPdf('mended'));
  await found(vault, 'mended');
  t.same(vault.unreadNotes(), []);
});

t.test('a folder of PDFs that is away for a while costs none of them', async (t) => {
  const world = await createWorld(t, {
    'note.md': 'x',
    'Papers/a.pdf': slow,
    'Papers/b.pdf': slow,
    'Papers/c.pdf': writeTextPdf('a heron'),
  });
  const vault = await world.open();
  await rename(join(world.directory, 'Papers'), join(world.directory, '..', 'away'));
  await until(() => world.ask('SELECT count(*) FROM pdfs') === 0, 'its going', patience);
  await rename(join(world.directory, '..', 'away'), join(world.directory, 'Papers'));
  await found(vault, 'heron');
  t.same(vault.unreadNotes(), []);
});

t.test(
  'when the program is ended from outside, the file is left for later and no other is tried',
  async (t) => {
    const world = await createWorld(t, { 'a.pdf': slow, 'b.pdf': slow });
    const vault = await world.open();
    const findProgram = async (): Promise<string | undefined> => {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)]);
      const line = stdout.split('\n').find((one) => one.includes('pdf/program.ts'));
      return line?.trim().split(' ')[0];
    };
    let program: string | undefined;
    await until(
      async () => {
        program = await findProgram();
        return program !== undefined;
      },
      'the program',
      patience,
    );
    process.kill(Number(program), 'SIGKILL');
    await until(async () => (await findProgram()) === undefined, 'its end', patience);
    await setTimeout(300);
    t.equal(await findProgram(), undefined, 'there may be no memory for it just now');
    t.same([world.ask(waiting), world.ask('SELECT sum(tries) FROM pdfs')], [2, 1]);
    t.same(vault.unreadNotes(), []);
  },
);
