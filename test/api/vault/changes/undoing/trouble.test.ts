// Undoing where the disk is full, may not be written or is gone, and where the process is killed: nothing is half done.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import type { Change, Step } from '../../../../../api/vault/changes/change.ts';
import { ChangeJournal } from '../../../../../api/vault/changes/journal.ts';
import { ChangeUndoer } from '../../../../../api/vault/changes/undoing/undo.ts';
import { isKilledAt, readTree } from '../../../../support/kills.ts';
import { canMount, runWithMounts } from '../../../../support/mounts.ts';
import { cause } from '../../../../support/writer.ts';

const moduleAt = (path: string): string =>
  JSON.stringify(new URL(`../../../../../api/vault/${path}`, import.meta.url).href);

const parts = `
  import { execFileSync } from 'node:child_process';
  import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
  import { join } from 'node:path';
  import { openVault } from ${moduleAt('vault.ts')};
  import { createUndoer, rememberHome } from ${moduleAt('undoing.ts')};
  import { ChangeHistory } from ${moduleAt('changes/undoing/history.ts')};
  import { createRevision } from ${moduleAt('notes/content.ts')};
  const [, , directory] = process.argv;
  const text = 'x'.repeat(60_000) + '\\n';
  await mkdir(join(directory, 'Links'), { recursive: true });
  await writeFile(join(directory, 'n.md'), text);
  await writeFile(join(directory, 'Links/l.md'), '[[n]]\\n');
  await writeFile(join(directory, 'away.md'), 'away\\n');
  const vault = await openVault({ directory, indexPath: ':memory:' });
  while (vault.progress().building) await new Promise((done) => setTimeout(done, 10));
  const cause = { client: { id: 'app' }, account: { id: 'person' } };
  const writer = vault.writerFor(cause);
  const requireHome = await rememberHome(directory);
  const links = async () => vault.links;
  const undoer = createUndoer({ root: directory, requireHome, links });
  const last = async () => (await new ChangeHistory(directory).list()).changes[0].id;
  const nameOf = (work) => work.then(() => 'fine', (error) => error.name);
  const undo = (id) => nameOf(undoer.undoChange(id, { cause }));
  const textOf = (path) => readFile(join(directory, path), 'utf8').catch(() => undefined);
  const told = {};
`;

t.test(
  'a full disk, a folder that may not be written and a share that is away are said, with nothing done',
  async (t) => {
    if (!(await canMount())) {
      t.pass('no mounts here: the journal is tested without them');
      return;
    }
    const top = await mkdtemp(join(tmpdir(), 'undo-trouble-'));
    t.teardown(() => rm(top, { recursive: true, force: true }));
    const output = await runWithMounts(
      'mkdir "$1/mnt"; mount -t tmpfs -o size=1m none "$1/mnt"; program "$1/mnt"',
      `${parts}
    await writer.replace('n.md', { text: 'short', revision: createRevision(Buffer.from(text)) });
    const edit = await last();
    await writer.move('n.md', { to: 'm.md' });
    const move = await last();
    const fill = join(directory, '.fill');
    execFileSync('sh', ['-c', 'cat /dev/zero >"$1" 2>/dev/null || true', 'sh', fill]);
    const before = [await textOf('m.md'), await textOf('Links/l.md'), await textOf('n.md')].join();
    told.full = [await undo(move), await undo(edit)];
    await rm(fill);
    execFileSync('mount', ['--bind', join(directory, 'Links'), join(directory, 'Links')]);
    execFileSync('mount', ['-o', 'remount,bind,ro', join(directory, 'Links')]);
    told.readOnlyFolder = await undo(move);
    told.untouched = before === [await textOf('m.md'), await textOf('Links/l.md'), await textOf('n.md')].join();
    execFileSync('umount', ['-l', join(directory, 'Links')]);
    execFileSync('mount', ['-o', 'remount,ro', directory]);
    told.readOnly = await undo(edit);
    execFileSync('mount', ['-o', 'remount,rw', directory]);
    execFileSync('mount', ['-t', 'tmpfs', 'none', directory]);
    told.away = [await undo(move), await nameOf(readFile(join(directory, '.loop/changes')))];
    execFileSync('umount', [directory]);
    told.afterwards = [await undo(move), await undo(edit)];
    told.text = (await textOf('n.md')) === text && (await textOf('Links/l.md')) === '[[n]]\\n';
    console.log(JSON.stringify(told));
    await vault.close();`,
      [top],
    );
    t.same(JSON.parse(output), {
      full: ['VaultFull', 'VaultFull'],
      readOnlyFolder: 'NoteReadOnly',
      untouched: true,
      readOnly: 'VaultReadOnly',
      away: ['VaultAway', 'Error'],
      afterwards: ['fine', 'fine'],
      text: true,
    });
  },
);

const notes = { 'n.md': 'new [[x]]\n', 'Folder/l.md': '[[n]]\n', '.trash/gone.md': 'gone\n' };
const bytes = (text: string): Buffer => Buffer.from(text);

/** Writes between one kill and the next: the journal's own test goes through all of them. */
const stride = 9;

/** What was done before it is undone: from the first to the second. */
const changes: Record<string, Step[]> = {
  edit: [{ path: 'n.md', before: bytes(notes['n.md']), after: bytes('edited\n') }],
  deletion: [{ from: 'n.md', to: '.trash/n.md', before: bytes(notes['n.md']) }],
  creation: [{ path: 'Made/made.md', after: bytes('made\n'), folders: ['Made'] }],
  move: [
    { from: 'n.md', to: 'Folder/m.md' },
    { path: 'Folder/l.md', before: bytes(notes['Folder/l.md']), after: bytes('[[Folder/m]]\n') },
  ],
};

const planMoveBack = `async ({ entry, readBefore }) => {
  const [{ from, to }, { path }] = entry.steps;
  return [{ from: to, to: from }, { path, before: Buffer.from('[[Folder/m]]\\n'), after: await readBefore(1) }];
}`;

const program = `
  const { ChangeUndoer } = await import(${moduleAt('changes/undoing/undo.ts')});
  const [root, id] = process.argv.slice(1);
  const planMoveBack = ${planMoveBack};
  const undoer = new ChangeUndoer({ root, requireHome: async () => {}, planMoveBack });
  const cause = { client: { id: 'pages' }, account: { id: 'b' } };
  countWrites();
  await undoer.undoChange(id, { cause });
`;

async function makeChanged(t: Test, steps: Step[]): Promise<{ root: string; id: string }> {
  const root = await mkdtemp(join(tmpdir(), 'undo-killed-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const change: Change = { kind: 'edit', cause, steps };
  const { id } = await new ChangeJournal({ root, requireHome: async () => {} }).carryOut(change);
  return { root, id };
}

const bySteps = async (entry: { readBefore(step: number): Promise<Buffer | undefined> }): Promise<Step[]> => [
  { from: 'Folder/m.md', to: 'n.md' },
  { path: 'Folder/l.md', before: bytes('[[Folder/m]]\n'), after: await entry.readBefore(1) },
];

for (const [name, steps] of Object.entries(changes)) {
  t.test(
    `${name}: killed while it is undone, it is undone or not, and undone by who asks again`,
    async (t) => {
      const undo = async ({ root, id }: { root: string; id: string }): Promise<unknown> => {
        const options = { root, requireHome: async () => {}, planMoveBack: bySteps };
        const { refused } = await new ChangeUndoer(options).undoChange(id, { cause });
        t.same(refused, []);
        return readTree(root);
      };
      const whole = await makeChanged(t, steps);
      const changed = await readTree(whole.root);
      const undone = await undo(whole);
      t.notSame(undone, changed);
      for (let at = 1; ; at += stride) {
        const world = await makeChanged(t, steps);
        const isKilled = await isKilledAt(at, program, [world.root, world.id]);
        await new ChangeJournal({ root: world.root, requireHome: async () => {} }).recover();
        const found = await readTree(world.root);
        if (JSON.stringify(found) !== JSON.stringify(undone)) t.same(found, changed, `killed at write ${at}`);
        t.same(await undo(world), undone, `and asked again after ${at}`);
        if (!isKilled) break;
      }
      t.equal(await readFile(join(whole.root, '.trash/gone.md'), 'utf8'), 'gone\n');
    },
  );
}
