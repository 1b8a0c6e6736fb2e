// api/vault/changes/: a change is done whole or not at all, and what was there before is kept.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import type { Change, Step } from '../../../../api/vault/changes/change.ts';
import { ChangeJournal } from '../../../../api/vault/changes/journal.ts';
import { isKilledAt, readTree } from '../../../support/kills.ts';
import { cause } from '../../../support/writer.ts';

const notes = {
  'a.md': 'alpha\n',
  'Folder/b.md': 'beta [[a]]\n',
  'Folder/Deep/c.md': 'gamma\n',
  'links.md': '[[Folder/b]]\n',
};

async function makeFolder(t: Test): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'journal-test-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  await fill(root);
  return root;
}

async function fill(root: string): Promise<void> {
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

function openJournal(root: string): { journal: ChangeJournal; left: number[] } {
  const left: number[] = [];
  const onLeft = (files: number): void => void left.push(files);
  return { journal: new ChangeJournal({ root, requireHome: async () => {}, onLeft }), left };
}

const bytes = (text: string): Buffer => Buffer.from(text);
const writing = (path: string, before: string, after: string): Step => ({
  path,
  before: bytes(before),
  after: bytes(after),
});

/** Each as JSON too, for a program of its own. */
const changes: Record<string, Omit<Change, 'cause'>> = {
  edit: { kind: 'edit', steps: [writing('a.md', 'alpha\n', 'alpha and more\n')] },
  create: {
    kind: 'create',
    steps: [{ path: 'New/Deep/n.md', after: bytes('new\n'), folders: ['New', 'New/Deep'] }],
  },
  delete: {
    kind: 'delete',
    steps: [{ from: 'a.md', to: '.trash/a.md', before: bytes('alpha\n'), folders: ['.trash'] }],
  },
  move: {
    kind: 'move',
    steps: [
      { from: 'Folder', to: 'Other/Place', folders: ['Other'] },
      { from: 'a.md', to: 'A renamed.md' },
      writing('Other/Place/b.md', notes['Folder/b.md'], 'beta [[A renamed]]\n'),
      writing('links.md', notes['links.md'], '[[Other/Place/b]]\n'),
    ],
  },
};

const program = `
  const { ChangeJournal } = await import(${JSON.stringify(new URL('../../../../api/vault/changes/journal.ts', import.meta.url).href)});
  const [root, given] = process.argv.slice(1);
  const journal = new ChangeJournal({ root, requireHome: async () => {} });
  const toBytes = (given) => given && Buffer.from(given.data);
  countWrites();
  if (given) {
    const { steps, kind } = JSON.parse(given);
    const cause = { client: { id: 'a' }, account: { id: 'b' } };
    const whole = steps.map((step) => ({ ...step, before: toBytes(step.before), after: toBytes(step.after) }));
    await journal.carryOut({ kind, cause, steps: whole });
  } else {
    await journal.recover();
  }
`;

for (const [name, change] of Object.entries(changes)) {
  t.test(`${name}: killed at any write it is done or was never begun, for the next process`, async (t) => {
    const whole = await makeFolder(t);
    const before = await readTree(whole);
    await openJournal(whole).journal.carryOut({ ...change, cause });
    const after = await readTree(whole);
    t.notSame(after, before);
    const outcomes = new Set<string>();
    for (let at = 1; ; at += 1) {
      const root = await makeFolder(t);
      const isKilled = await isKilledAt(at, program, [root, JSON.stringify(change)]);
      // taking back may be killed as well
      if (at % 3 === 0) await isKilledAt(1 + (at % 7), program, [root]);
      const { journal, left } = openJournal(root);
      await journal.recover();
      const found = await readTree(root);
      const isDone = JSON.stringify(found) === JSON.stringify(after);
      outcomes.add(isDone ? 'done' : 'never begun');
      if (!isDone) t.same(found, before, `killed at write ${at}`);
      t.same(left, [], 'nothing is foreign');
      const kept = await readdir(join(root, '.loop/changes')).catch(() => []);
      t.same(
        kept.filter((file) => file.endsWith('.pending')),
        [],
        `nothing is pending after ${at}`,
      );
      if (isDone) t.equal(kept.filter((file) => file.endsWith('.change')).length, 1, `way back after ${at}`);
      if (!isKilled) break;
    }
    t.same([...outcomes].sort(), ['done', 'never begun']);
  });
}

t.test('a step that is refused takes back those before it, and says why', async (t) => {
  const root = await makeFolder(t);
  const before = await readTree(root);
  const { journal, left } = openJournal(root);
  const steps = changes['move']?.steps ?? [];
  await writeFile(join(root, 'links.md'), 'somebody else\n');
  await t.rejects(journal.carryOut({ kind: 'move', cause, steps }), { name: 'RevisionStale' });
  t.same(await readTree(root), { ...before, 'links.md': 'somebody else\n' });
  const taken = { kind: 'move', cause, steps: [{ from: 'a.md', to: 'links.md' }] } as const;
  await t.rejects(journal.carryOut(taken), { name: 'NoteExists' });
  const folder = { kind: 'move', cause, steps: [{ from: 'Folder/Deep', to: 'Folder' }] } as const;
  await t.rejects(journal.carryOut(folder), { name: 'NoteExists' });
  t.same(await readTree(root), { ...before, 'links.md': 'somebody else\n' });
  t.same(await readdir(join(root, '.loop/changes')), [], 'nothing is kept of what was not done');
  t.same(left, []);
});

t.test(
  'what was there before is kept for its owner alone, and what was changed meanwhile is left',
  async (t) => {
    const root = await makeFolder(t);
    const { journal, left } = openJournal(root);
    const { id } = await journal.carryOut({
      ...changes['edit'],
      kind: 'edit',
      cause,
      steps: changes['edit']?.steps ?? [],
    });
    const file = join(root, '.loop/changes', `${id}.change`);
    t.equal((await stat(file)).mode & 0o777, 0o600);
    t.equal((await stat(join(root, '.loop/changes'))).mode & 0o777, 0o700);
    const [line = '', ...rest] = (await readFile(file, 'utf8')).split('\n');
    t.match(JSON.parse(line), {
      version: 1,
      id,
      kind: 'edit',
      ...cause,
      steps: [{ path: 'a.md', before: { size: 6 } }],
    });
    t.equal(rest.join('\n'), 'alpha\n');
    await writeFile(join(root, '.loop/changes', `${id.replace('2', '3')}.pending`), await readFile(file));
    await writeFile(join(root, 'a.md'), 'somebody else\n');
    const another = openJournal(root);
    await another.journal.recover();
    t.same([another.left, left], [[1], []]);
    t.equal(await readFile(join(root, 'a.md'), 'utf8'), 'somebody else\n');
  },
);
