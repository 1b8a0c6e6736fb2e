// A move is undone with its links: notes that are as it left them get the bytes that they had, others keep what was written since.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { ChangeJournal } from '../../../../api/vault/changes/journal.ts';
import { withEntry } from '../../../../api/vault/changes/journal-folder.ts';
import { NoteExists, NoteNotFound } from '../../../../api/vault/errors.ts';
import { planMoveBack } from '../../../../api/vault/moving/move-back.ts';
import { readTree } from '../../../support/kills.ts';
import { openNotes } from '../../../support/open-notes.ts';
import { cause, writerOf } from '../../../support/writer.ts';

async function openWorld(t: Test, notes: Record<string, string>) {
  const { directory, vault } = await openNotes(t, notes);
  const requireHome = (): Promise<void> => Promise.resolve();
  const journal = new ChangeJournal({ root: directory, requireHome });
  return {
    directory,
    vault,
    move: (id: string, to: string) => writerOf(vault).move(id, { to }),
    /** Undoes the last change. */
    undo: async (): Promise<void> => {
      const folder = join(directory, '.loop/changes');
      const last = (await readdir(folder)).sort().at(-1) ?? '';
      const steps = await withEntry(join(folder, last), (entry) =>
        planMoveBack({ root: directory, links: vault.links }, entry),
      );
      await journal.carryOut({ kind: 'undo', cause, steps: steps ?? [] });
    },
    read: (path: string) => readFile(join(directory, path), 'utf8'),
    write: async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    },
  };
}

const notes = {
  'A/Old.md': '[[B]] [m](Deep/deep.md)',
  'A/Deep/deep.md': '[[../Old]] [[OLD]]',
  'B.md': '---\nup: "[[Old]]"\n---\n[[OLD]] [m](A/%4Fld.md)',
  'C/New.md': '',
};

t.test('what was moved is undone to the last byte, also where a link had to change its form', async (t) => {
  for (const [id, to] of [
    ['A/Old.md', 'D/New.md'],
    ['A', 'Z/Y/A'],
    ['A/Old.md', 'A/old.md'],
  ] as const) {
    const { directory, move, undo } = await openWorld(t, notes);
    const before = await readTree(directory);
    await move(id, to);
    t.notSame(await readTree(directory), before);
    await undo();
    const files = Object.entries(await readTree(directory)).filter(([, text]) => text !== null);
    t.same(
      Object.fromEntries(files),
      Object.fromEntries(Object.entries(before).filter(([, text]) => text !== null)),
      to,
    );
    await undo();
    t.ok((await readdir(directory, { recursive: true })).includes(to), 'and undoing is undone');
  }
});

t.test('what was written since stays, with its links mended', async (t) => {
  const { move, undo, read, write } = await openWorld(t, notes);
  await move('A/Old.md', 'D/New.md');
  await write('B.md', `${await read('B.md')} and [[D/New]] more`);
  await write('D/New.md', `${await read('D/New.md')} and more`);
  await write('E/e.md', 'since then [[D/New#x]]');
  await undo();
  t.equal(await read('B.md'), '---\nup: "[[A/Old]]"\n---\n[[A/Old]] [m](A/Old.md) and [[A/Old]] more');
  t.equal(await read('A/Old.md'), '[[B]] [m](Deep/deep.md) and more');
  t.equal(await read('E/e.md'), 'since then [[A/Old#x]]');
  t.equal(await read('A/Deep/deep.md'), notes['A/Deep/deep.md']);
});

t.test('it is refused where something else is there, or nothing', async (t) => {
  const { directory, move, undo, write, read } = await openWorld(t, notes);
  await move('A/Old.md', 'D/New.md');
  const mended = await read('B.md');
  await write('A/Old.md', 'another');
  await t.rejects(undo(), NoteExists);
  t.equal(await read('B.md'), mended);
  await rm(join(directory, 'A/Old.md'));
  await rename(join(directory, 'D/New.md'), join(directory, 'gone.md'));
  await t.rejects(undo(), NoteNotFound);
  await rename(join(directory, 'gone.md'), join(directory, 'D/New.md'));
  await rm(join(directory, 'A'), { recursive: true });
  await undo();
  t.equal(await read('A/Old.md'), '[[B]] [m](Deep/deep.md)', 'in its folder, which is made again');
});
