// The lock that keeps other processes from a note: real processes, with one revision, and locks left behind.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { createRevision } from '../../../../api/vault/notes/content.ts';
import { withFileLock } from '../../../../api/vault/writing/lock.ts';

async function makeFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lock-test-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

const lockOf = (name: string) => `.loop-${createHash('sha256').update(name).digest('hex').slice(0, 16)}.lock`;

// As loop-api does it: every process with a queue of its own, all with what they read last.
const addressOf = (file: string): string =>
  JSON.stringify(new URL(`../../../../api/vault/${file}`, import.meta.url).href);
const program = `
  import { ChangeJournal } from ${addressOf('changes/journal.ts')};
  import { createDailyNotes } from ${addressOf('daily/daily-notes.ts')};
  import { HiddenFiles } from ${addressOf('hidden/hidden-files.ts')};
  import { createWriterFor } from ${addressOf('writing/writer.ts')};
  const [root, mark, first] = process.argv.slice(1);
  const nothing = async () => {};
  const hidden = new HiddenFiles({ root, patterns: [] });
  const daily = createDailyNotes({ root, hidden, timeZone: 'UTC' });
  const writer = createWriterFor({ root, hidden, daily, journal: new ChangeJournal({ root, requireHome: nothing }), refresh: nothing, requireHome: nothing })({ client: { id: 'a' }, account: { id: 'b' } });
  let revision = first;
  const won = [];
  for (let round = 0; won.length < 20; round += 1) {
    const text = mark + round;
    try {
      ({ revision } = await writer.append('a.md', { text, revision }));
      won.push(text);
    } catch (error) {
      if (error.name !== 'RevisionStale') throw error;
      revision = error.currentRevision;
    }
  }
  const deleted = await writer.remove('b.md', { revision: first }).then(() => 1, (error) => {
    if (!['NoteNotFound', 'RevisionStale'].includes(error.name)) throw error;
    return 0;
  });
  console.log(JSON.stringify({ won, deleted }));
`;

t.test('of processes that write one note, no two win with the same revision', async (t) => {
  const root = await makeFolder(t);
  await writeFile(join(root, 'a.md'), 'start\n');
  await writeFile(join(root, 'b.md'), 'start\n');
  const run = async (mark: string) => {
    const args = ['--input-type=module', '-e', program, root, mark, createRevision('start\n')];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    return JSON.parse(stdout) as { won: string[]; deleted: number };
  };
  const told = await Promise.all(['p', 'q', 'r'].map(run));
  const lines = (await readFile(join(root, 'a.md'), 'utf8')).split('\n').slice(1).filter(Boolean);
  t.equal(lines.length, 60);
  t.same(
    lines.toSorted(),
    told.flatMap(({ won }) => won).toSorted(),
    'what was answered with a revision stays',
  );
  t.equal(told.filter(({ deleted }) => deleted === 1).length, 1, 'one has deleted');
  t.same((await readdir(root)).sort(), ['.loop', '.trash', 'a.md'], 'no lock and no temporary file is left');
  t.same(await readdir(join(root, '.trash')), ['b.md']);
});

t.test('one after the other in a process too, and other files do not wait', async (t) => {
  const path = join(await makeFolder(t), 'a.md');
  const order: string[] = [];
  const first = withFileLock(path, async () => {
    await withFileLock(`${path}.other`, async () => void order.push('other'));
    order.push('first');
  });
  await Promise.all([first, withFileLock(path, async () => void order.push('second'))]);
  t.same(order, ['other', 'first', 'second']);
});

t.test('a lock that a dead process left is taken after 5 s, and who lost it may not go on', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, lockOf('a.md')), 'of somebody long gone');
  const startedAt = performance.now();
  t.equal(await withFileLock(join(folder, 'a.md'), async () => 'done'), 'done');
  t.ok(performance.now() - startedAt > 4900, 'not before it is surely dead');
  const slow = withFileLock(join(folder, 'b.md'), async (requireLock) => {
    requireLock();
    await writeFile(join(folder, lockOf('b.md')), 'of another');
    requireLock();
  });
  await t.rejects(slow, { message: /lock/ });
  t.same(await readdir(folder), [lockOf('b.md')], 'and does not take away what is not its own');
});

t.test('where no file can be made, that is what is thrown', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'a'));
  await t.rejects(
    withFileLock(join(folder, 'nowhere', 'a.md'), async () => {}),
    { code: 'ENOENT' },
  );
});
