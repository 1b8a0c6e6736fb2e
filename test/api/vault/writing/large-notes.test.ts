// Changes to notes as large as one may be: nobody waits for them, and what somebody else writes meanwhile is not lost.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as setImmediateCallback } from 'node:timers';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { RevisionStale } from '../../../../api/vault/errors.ts';
import { createRevision } from '../../../../api/vault/notes/content.ts';
import type { Steps } from '../../../../api/vault/pace/steps.ts';
import { editBytes } from '../../../../api/vault/writing/text/edited-bytes.ts';
import { openNotes } from '../../../support/open-notes.ts';
import { writerOf } from '../../../support/writer.ts';

const large = `# Start\n\nfirst\n\n${'> > - see [[Target]]\n'.repeat(120_000)}`;

/** A turn of others that comes later than this was kept waiting: the work has begun. */
const sliceMs = 5;

/** Does `inBetween` when the change is under way; resolves when that is over. */
async function interrupt(change: Promise<unknown>, inBetween: () => Promise<void>): Promise<void> {
  let isBegun = false;
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  change.then(over, over);
  while (!isOver) {
    const before = performance.now();
    await setImmediate();
    if (performance.now() - before > sliceMs && !isBegun) {
      isBegun = true;
      await inBetween();
    }
  }
}

/** Ends when somebody else had a turn, or gives up. */
function* waitForOthers(note: string): Steps<string> {
  let hadTurn = false;
  setImmediateCallback(() => {
    hadTurn = true;
  });
  const until = performance.now() + 5000;
  while (!hadTurn && performance.now() < until) {
    yield;
  }
  return `${note}${hadTurn ? 'others came in between' : 'nobody came in between'}`;
}

t.test('others have their turn while the text of a note is gone through', async (t) => {
  for (const note of ['small\n', large]) {
    const edited = await editBytes(Buffer.from(note), waitForOthers);
    t.match(edited.subarray(-30).toString(), /others came in between/);
  }
});

t.test('other notes are changed while a large one is', async (t) => {
  const { vault, directory } = await openNotes(t, {
    'Large.md': large,
    'Small.md': 'small\n',
    'Target.md': 'x\n',
  });
  const writer = writerOf(vault);
  const revision = async () => createRevision(await readFile(join(directory, 'Large.md')));
  const edit = { part: 'section', heading: 'Start', text: 'second', at: 'start' } as const;
  let small = 0;
  const writeSmall = async (): Promise<void> => {
    await writer.append('Small.md', { text: `line ${small}` });
    small += 1;
  };
  const changes = [
    () => writer.append('Large.md', { text: 'the end' }),
    async () => writer.edit('Large.md', { edit, revision: await revision() }),
    () => writer.move('Target.md', { to: 'Other.md' }),
  ];
  for (const change of changes) {
    const done = change();
    await interrupt(done, writeSmall);
    await done;
  }
  t.equal(small, changes.length, 'a small note is changed meanwhile');
  const now = await readFile(join(directory, 'Large.md'), 'utf8');
  const moved = large.replaceAll('[[Target]]', '[[Other]]');
  t.ok(now === `${moved.replace('first', 'second\n\nfirst').trimEnd()}\n\nthe end\n`);
});

t.test('what somebody writes into it meanwhile makes the change refused, or is appended to', async (t) => {
  const { vault, directory } = await openNotes(t, { 'Large.md': large });
  const writer = writerOf(vault);
  const path = join(directory, 'Large.md');
  const theirs = `${large}theirs\n`;
  const find = { part: 'found', find: 'first', replace: 'mine', all: false } as const;
  const changed = writer.edit('Large.md', { edit: find, revision: createRevision(large) });
  await interrupt(changed, () => writeFile(path, theirs));
  await t.rejects(changed, RevisionStale);
  t.ok((await readFile(path, 'utf8')) === theirs);
  const appended = writer.append('Large.md', { text: 'mine' });
  await interrupt(appended, () => writeFile(path, `${theirs}again\n`));
  await appended;
  t.ok((await readFile(path, 'utf8')) === `${theirs}again\n\nmine\n`);
});

t.test('what is asked for at the same time is all done, one after the other', async (t) => {
  const { vault, directory } = await openNotes(t, { 'Large.md': large, 'Other.md': large });
  const writer = writerOf(vault);
  const texts = ['one', 'two', 'three'];
  const appended = texts.flatMap((text) => ['Large.md', 'Other.md'].map((id) => writer.append(id, { text })));
  await Promise.all(appended);
  for (const id of ['Large.md', 'Other.md']) {
    const end = (await readFile(join(directory, id), 'utf8')).slice(large.trimEnd().length);
    t.equal(end, '\n\none\n\ntwo\n\nthree\n');
  }
});
