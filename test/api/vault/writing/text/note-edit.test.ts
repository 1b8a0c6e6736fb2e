// Every kind of edit, on notes that are hard to edit: outside of what was named every byte stays, and what is read back is what
// was asked for. Where each part is, the notes say themselves.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { EditRefused } from '../../../../../api/vault/errors.ts';
import { readHeadings } from '../../../../../api/vault/notes/parts/headings.ts';
import { takeAtOnce } from '../../../../../api/vault/pace/steps.ts';
import type { NoteEdit } from '../../../../../api/vault/writing/text/note-edit.ts';
import { type HardNote, type HardSection, hardBlocks, hardNote } from '../../../../support/hard-notes.ts';
import { inPlaceOf, insertedIn, type Stretch } from '../../../../support/outside.ts';
import '../../../../support/fixed-seed.ts';
import { appendText, editNote } from '../../../../support/edits.ts';

const numRuns = Number(process.env['FC_RUNS'] ?? 300);
const lf = (text: string): string => text.replaceAll('\r\n', '\n');

/** Undefined where it is refused. */
function tryEdit(note: string, edit: NoteEdit): string | undefined {
  try {
    return editNote(note, edit);
  } catch (error) {
    if (error instanceof EditRefused) return undefined;
    throw error;
  }
}

/** Without what only keeps it apart from what stands beside it. */
const ownOf = (text: string): string => lf(text).replaceAll('<!-- -->', '').trim();

const plainBlock = fc.oneof(
  fc.constantFrom(...hardBlocks),
  fc.constantFrom(
    '- new\n- items',
    'new $& $1 $$',
    '🎉',
    '```\n# New\n```',
    '> new',
    '| new |\n|---|',
    'e\u0301te\u0301',
  ),
);
const anyText = fc.array(plainBlock, { minLength: 1, maxLength: 3 }).map((some) => some.join('\n\n'));
const anyPlace = fc.constantFrom('all' as const, 'start' as const, 'end' as const);

const keyOf = ({ path }: HardSection): string => path.join('#');
/** One that is in no other has no path but its title: the level tells it from those that have a longer one. */
const nameOf = ({ path, level, title }: HardSection): string =>
  path.length > 1 ? path.join('#') : `${'#'.repeat(level)} ${title}`;

/** Those that the name can't tell apart. */
function sameAs(section: HardSection, { sections }: HardNote): HardSection[] {
  const isTop = section.path.length === 1;
  return sections.filter((one) => keyOf(one) === keyOf(section) && (!isTop || one.level === section.level));
}

const headingsOf = (note: string, from: number): string[] =>
  takeAtOnce(readHeadings(note, from)).map(({ level, title }) => `${level} ${title}`);

/** Where what stands below a heading may begin and end: at its first sign or at the blank lines around. */
function gapsOf(note: string, { start, end }: HardSection): { start: Stretch; end: Stretch } {
  const old = note.slice(start, end);
  if (old.trim() === '') return { start: { from: start, to: end }, end: { from: start, to: end } };
  return {
    start: { from: start, to: end - old.trimStart().length },
    end: { from: start + old.trimEnd().length, to: end },
  };
}

/** The spaces at its end go with the line. */
function endOfLastLine(note: string, { start, end }: HardSection): number {
  const old = note.slice(start, end);
  if (old.trim() === '') return end;
  const [spaces = ''] = /^[ \t]*/.exec(old.slice(old.trimEnd().length)) ?? [];
  return start + old.trimEnd().length + spaces.length;
}

t.test('a section by its path, at its beginning, its end or all of it', (t) => {
  const seen = { edited: 0, refused: 0, 'equal headings': 0, alike: 0 };
  fc.assert(
    fc.property(hardNote, fc.nat(), anyText, anyPlace, (hard, pick, text, at) => {
      const { note, sections, textStart } = hard;
      const section = sections[pick % sections.length] as HardSection;
      assert.deepEqual(
        headingsOf(note, textStart),
        sections.map(({ level, title }) => `${level} ${title}`),
        'the note is what it is meant to be',
      );
      const edit: NoteEdit = { part: 'section', heading: nameOf(section), text, at };
      const edited = tryEdit(note, edit);
      if (sameAs(section, hard).length > 1) {
        seen.alike += 1;
        assert.equal(edited, undefined, 'which of them is meant, nobody knows');
        return;
      }
      if (edited === undefined) {
        seen.refused += 1;
        assert.throws(() => editNote(note, edit), /would become a part of what stands beside/);
        return;
      }
      seen.edited += 1;
      seen['equal headings'] += sections.some((one) => one !== section && one.title === section.title)
        ? 1
        : 0;
      const own =
        at === 'all'
          ? inPlaceOf(note, edited, { from: section.start, to: endOfLastLine(note, section) })
          : insertedIn(note, edited, gapsOf(note, section)[at]);
      assert.equal(ownOf(own), ownOf(text), 'what is read back is what was asked for');
      const inside = sections.filter(
        (one) => one.headingStart >= section.start && one.headingStart < section.end,
      );
      assert.deepEqual(
        headingsOf(edited, textStart),
        sections
          .filter((one) => at !== 'all' || !inside.includes(one))
          .map(({ level, title }) => `${level} ${title}`),
      );
    }),
    { numRuns },
  );
  t.comment(JSON.stringify(seen));
  t.ok(seen.edited > numRuns / 2 && seen['equal headings'] > numRuns / 10 && seen.alike > 5);
  t.end();
});

t.test('text is appended to a note', (t) => {
  let refused = 0;
  fc.assert(
    fc.property(hardNote, anyText, ({ note, textStart }, text) => {
      let edited: string;
      try {
        edited = appendText(note, text);
      } catch (error) {
        if (!(error instanceof EditRefused)) throw error;
        refused += 1;
        return;
      }
      const to = note.length;
      const from = Math.max(textStart, note.trimEnd().length);
      assert.equal(ownOf(insertedIn(note, edited, { from, to })), ownOf(text));
    }),
    { numRuns },
  );
  t.ok(refused < numRuns / 20, `${refused} refused`);
  t.end();
});

/** As somebody sees it: letters, whatever they are made of. */
const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
const lettersOf = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);
const asSeen = (letter: string): string => lf(letter).normalize('NFC');

function findAll(letters: readonly string[], wanted: readonly string[]): number[] {
  const seen = letters.map(asSeen);
  const found: number[] = [];
  for (let at = 0; at + wanted.length <= seen.length; at += 1) {
    if (wanted.every((letter, index) => seen[at + index] === asSeen(letter))) found.push(at);
  }
  return found;
}

const formed = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.normalize('NFC'),
  (text: string) => text.normalize('NFD'),
  lf,
);

t.test('a text that is found, once and everywhere', (t) => {
  const seen = { once: 0, all: 0, 'several refused': 0 };
  fc.assert(
    fc.property(
      fc.record({ hard: hardNote, start: fc.nat(), length: fc.integer({ min: 1, max: 12 }), form: formed }),
      fc.oneof(anyText, fc.constantFrom('', '$&', '\n', 'e\u0301', '😀')),
      fc.boolean(),
      ({ hard: { note, textStart }, start, length, form }, replace, all) => {
        const letters = lettersOf(note.slice(textStart));
        if (letters.length === 0) return;
        const from = start % letters.length;
        const wanted = letters.slice(from, from + length);
        const found = findAll(letters, wanted);
        const edit: NoteEdit = { part: 'found', find: form(wanted.join('')), replace, all };
        const edited = tryEdit(note, edit);
        if (found.length > 1 && !all) {
          seen['several refused'] += 1;
          assert.equal(edited, undefined);
          assert.throws(() => editNote(note, edit), new RegExp(`${found.length} times`));
          return;
        }
        if (edited === undefined) {
          assert.throws(() => editNote(note, edit), /begin with other front matter/);
          return;
        }
        seen[all ? 'all' : 'once'] += 1;
        const parts: string[] = [];
        let at = 0;
        for (const place of found.filter((one) => one >= 0)) {
          if (place < at) continue;
          parts.push(letters.slice(at, place).join(''), '\0');
          at = place + wanted.length;
        }
        const [head = '', ...others] = (
          note.slice(0, textStart) +
          parts.join('') +
          letters.slice(at).join('')
        ).split('\0');
        assert.ok(edited.startsWith(head), 'what is before the first stays');
        let rest = edited.slice(head.length);
        for (const other of others) {
          const own = [replace, replace.replaceAll('\n', '\r\n')].find((one) => rest.startsWith(one + other));
          assert.notEqual(own, undefined, 'each place has the new text, and what is between stays');
          rest = rest.slice((own ?? '').length + other.length);
        }
        assert.equal(rest, '');
      },
    ),
    { numRuns },
  );
  t.comment(JSON.stringify(seen));
  t.ok(Object.values(seen).every((count) => count > numRuns / 20));
  t.end();
});
