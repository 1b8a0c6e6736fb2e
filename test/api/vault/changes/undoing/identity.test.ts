// An edit and its undo is the identity: of every kind of change, over notes that are hard to edit, all of the folder has the bytes
// that it had, and undoing that has those of the change again.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { createRevision } from '../../../../../api/vault/notes/content.ts';
import type { NoteEdit } from '../../../../../api/vault/writing/text/note-edit.ts';
import type { NoteWriter } from '../../../../../api/vault/writing/writer.ts';
import { type HardNote, hardBlocks, hardFields, hardNote } from '../../../../support/hard-notes.ts';
import { readTree } from '../../../../support/kills.ts';
import { openUndoing } from '../../../../support/undoing.ts';
import '../../../../support/fixed-seed.ts';

const id = 'A/Hard note.md';
const nfd = 'Café.md'.normalize('NFD');

/** Of which every link leads to what may be moved, in the forms that a link may have. */
const others: Record<string, string> = {
  'A/Deep/deep.md': '\ufeff---\r\nup: "[[Hard note]]"\r\n---\r\n[m](../Hard%20note.md)\r\n[[HARD NOTE#x|y]]',
  'B.md':
    '[[A/Hard note]] ![](<A/p 1.png>) [r] [[Hard note.md]] `[[Hard note]]`\n\n[r]: A/Deep/deep.md "t"\n',
  'A/p 1.png': 'x',
  [`C/${nfd}`]: '| [[Hard note\\|x]] |\n|---|\n| [[../A/Deep/deep]] |',
  'board.canvas':
    '{\n\t"nodes":[{"type":"file","file":"A/Hard note.md"}, {"type":"text","text":"[[deep]]"}]}',
};

interface Asked {
  hard: HardNote;
  /** Its bytes. */
  note: string;
  pick: number;
  text: string;
}

type Change = (writer: NoteWriter, asked: Asked) => Promise<unknown>;

const pickFrom = <Value>(some: readonly Value[], pick: number): Value => some[pick % some.length] as Value;

const edit =
  (write: (asked: Asked) => NoteEdit): Change =>
  (writer, asked) =>
    writer.edit(id, { edit: write(asked), revision: createRevision(asked.note) });

const inSection = (at: 'all' | 'start' | 'end'): Change =>
  edit(({ hard, pick, text }) => {
    const { path, level } = pickFrom(hard.sections, pick);
    const heading = path.length > 1 ? path.join('#') : `${'#'.repeat(level)} ${path[0]}`;
    return { part: 'section', heading, text, at };
  });

const found = (all: boolean): Change =>
  edit(({ note, hard, pick, text }) => {
    const letters = Array.from(note.slice(hard.textStart));
    const find = letters.slice(pick % letters.length, (pick % letters.length) + (all ? 1 : 9)).join('');
    return { part: 'found', find, replace: text, all };
  });

/** One that is there, where there is one. */
function pickField({ hard, pick }: Asked, some = hardFields.map(({ name }) => name)): string {
  const there = hard.fields.flatMap(({ name = '' }) => (some.includes(name) ? [name] : []));
  return pickFrom(there.length === 0 ? some : there, pick);
}

const inBlock = (at: 'all' | 'start' | 'end'): Change =>
  edit(({ text }) => ({ part: 'block', block: 'some-id', text, at }));

const move =
  (from: string, to: string): Change =>
  (writer) =>
    writer.move(from, { to });

const changes: Record<string, Change> = {
  'append to the note': (writer, { text }) => writer.append(id, { text }),
  'append to a section': (writer, { hard, pick, text }) =>
    writer.append(id, { text, heading: pickFrom(hard.sections, pick).path.join('#') }),
  'replace the text': (writer, { note, text }) =>
    writer.replace(id, { text, revision: createRevision(note) }),
  'all of a section': inSection('all'),
  'the beginning of a section': inSection('start'),
  'the end of a section': inSection('end'),
  'all of a block': inBlock('all'),
  'the beginning of a block': inBlock('start'),
  'the end of a block': inBlock('end'),
  'a text found once': found(false),
  'a text found everywhere': found(true),
  'a field set': edit((asked) => ({ part: 'field', field: pickField(asked), value: asked.text })),
  'a field removed': edit((asked) => ({ part: 'field', field: pickField(asked), value: null })),
  'items added': edit((asked) => ({ part: 'items', field: 'list', add: [asked.text, asked.pick] })),
  'items removed': edit((asked) => ({
    part: 'items',
    field: pickField(asked, ['list', 'tags', 'deep']),
    remove: ['x', 'a'],
  })),
  'a note made': (writer, { text }) => writer.create('A/Made', text),
  'a note made in new folders': (writer, { text }) => writer.create('New/Deep er/한글.md', text),
  'a note deleted': (writer, { note }) => writer.remove(id, { revision: createRevision(note) }),
  'a note renamed': move(id, 'A/New name.md'),
  'a note moved into new folders': move(id, 'New/Deep/Hard note.md'),
  'a note renamed in its case': move(id, 'A/hard Note.md'),
  'a folder moved': move('A', 'Z/Moved'),
  'a file moved': move('A/p 1.png', 'q.png'),
};

async function makeFolder(directory: string, note: string): Promise<void> {
  await Promise.all(
    ['A', 'B.md', 'C', 'board.canvas', '.trash', 'New', 'Z', 'q.png'].map((path) =>
      rm(join(directory, path), { recursive: true, force: true }),
    ),
  );
  for (const [path, text] of Object.entries({ ...others, [id]: note })) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

const withoutTrash = (tree: Record<string, string | null>): Record<string, string | null> =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => !/^\.trash(?:\/|$)/.test(path)));

async function openWorld(t: Test) {
  const { directory, vault, writer, undo } = await openUndoing(t, { ...others, [id]: '' });
  const folders = ['', 'A', 'A/Deep', 'C', 'New', 'New/Deep', 'New/Deep er', 'Z', 'Z/Moved', 'Z/Moved/Deep'];
  const bringInStep = (): Promise<void> => vault.links.bringInStep({ folders, moved: [] });
  return { directory, writer, undo, bringInStep };
}

const anyText = fc.oneof(
  fc.constantFrom(...hardBlocks),
  fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => text.replaceAll('\0', '')),
);

t.test('every kind of edit and its undo is the identity, to the last byte of the folder', async (t) => {
  const { directory, writer, undo, bringInStep } = await openWorld(t);
  for (const [kind, change] of Object.entries(changes)) {
    let done = 0;
    await fc.assert(
      fc.asyncProperty(hardNote, fc.nat(), anyText, async (hard, pick, text) => {
        // Links of its own, which change where it is moved.
        const note = kind.includes('block') ? hard.note : `${hard.note}\n\n[d](Deep/deep.md) [[B]]`;
        await makeFolder(directory, note);
        await bringInStep();
        const before = await readTree(directory);
        const isDone = await change(writer, { hard, note, pick, text }).then(
          () => true,
          (error: Error) => {
            if (error.name === 'EditRefused') return false;
            throw error;
          },
        );
        const after = await readTree(directory);
        if (!isDone) assert.deepEqual(after, before, 'what is refused changes nothing');
        if (JSON.stringify(after) === JSON.stringify(before)) return;
        done += 1;
        assert.deepEqual((await undo()).refused, []);
        assert.deepEqual(withoutTrash(await readTree(directory)), before, 'all is as it was');
        assert.deepEqual((await undo()).refused, []);
        assert.deepEqual(await readTree(directory), after, 'undoing is undone');
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 4) },
    );
    t.ok(done > 0, `${kind}, ${done} times`);
  }
});
