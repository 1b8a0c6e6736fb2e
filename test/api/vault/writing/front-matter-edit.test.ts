// Fields and items of front matter as people write it, set, removed and added: all that was not named keeps its bytes, and what
// another reader of YAML finds afterwards is what was asked for.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import type { NoteEdit } from '../../../../api/vault/writing/text/note-edit.ts';
import { type HardLines, type HardNote, hardFields, hardNote } from '../../../support/hard-notes.ts';
import { inPlaceOf, type Stretch } from '../../../support/outside.ts';
import '../../../support/fixed-seed.ts';
import { editNote } from '../../../support/edits.ts';

const numRuns = Number(process.env['FC_RUNS'] ?? 400);

/** Below the `---` that opens it; all of the note where there is none. */
function readYaml(note: string): Record<string, unknown> {
  const lines = note.replace(/^\ufeff/, '').split(/\r?\n/);
  if (lines[0] !== '---') return {};
  return (parse(lines.slice(1, lines.indexOf('---', 1)).join('\n')) ?? {}) as Record<string, unknown>;
}

/** Where a field that is not there goes: before the line that ends the front matter, or with one made for it. */
function placeOfNew({ note, fields, textStart }: HardNote): Stretch {
  const start = note.startsWith('\ufeff') ? 1 : 0;
  const head = note.slice(0, textStart);
  const at = head.includes('---') ? (fields.at(-1)?.to ?? head.indexOf('\n') + 1) : start;
  return { from: at, to: at };
}

const placeOf = (hard: HardNote, field: HardLines | undefined): Stretch => field ?? placeOfNew(hard);

const scalar = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    'a: b',
    '# x',
    'x # y',
    '2026-01-01',
    'true',
    'null',
    '~',
    '- x',
    '@a',
    '%',
    '[[Note|x]]',
  ),
  fc.constantFrom(
    '---',
    '...',
    '{',
    '"',
    "'",
    'one\ntwo',
    'one\n\n  two\n',
    'Café'.normalize('NFD'),
    '0x1F',
    'a'.repeat(300),
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  fc.boolean(),
);
const names = [...hardFields.map(({ name }) => name), 'new', '새 필드', 'with: colon', 'Title', '#x'];

/** Mostly one that is there. */
function pickName({ fields }: HardNote, pick: number, from: readonly string[]): string {
  const there = fields.flatMap(({ name = '' }) => (from.includes(name) ? [name] : []));
  const some = pick % 5 === 0 || there.length === 0 ? from : there;
  return some[pick % some.length] as string;
}

/** Obsidian's properties have no case. */
const findField = ({ fields }: HardNote, name: string): HardLines | undefined =>
  fields.find((one) => one.name?.toLowerCase() === name.toLowerCase());

t.test('a field is set or removed', (t) => {
  const seen = { set: 0, made: 0, removed: 0 };
  fc.assert(
    fc.property(
      hardNote,
      fc.nat(),
      fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.constant(null)),
      (hard, pick, value) => {
        const { note } = hard;
        const name = pickName(hard, pick, names);
        const field = findField(hard, name);
        const before = readYaml(note);
        const edited = editNote(note, { part: 'field', field: name, value });
        const { [field?.name ?? name]: _, ...others } = before;
        assert.deepEqual(
          readYaml(edited),
          value === null ? others : { ...others, [field?.name ?? name]: value },
        );
        const own = inPlaceOf(note, edited, placeOf(hard, field));
        if (value === null) {
          assert.equal(own, '');
          seen.removed += field === undefined ? 0 : 1;
          return;
        }
        assert.ok(own.endsWith('\n'));
        if (field !== undefined) assert.ok(own.startsWith(`${field.name}:`));
        const isLine = typeof value !== 'object' && own.trimEnd().split('\n').length === 1;
        if (isLine && field?.name === 'title')
          assert.match(own, / {3}# why\r?\n$/, 'a comment on its line stays');
        seen[field === undefined ? 'made' : 'set'] += 1;
      },
    ),
    { numRuns },
  );
  t.comment(JSON.stringify(seen));
  t.ok(Object.values(seen).every((count) => count > numRuns / 40));
  t.end();
});

/** How the items of the fields that are lists are written. */
const sources: Record<string, string[]> = {
  tags: ['a', '"b c"', '42'],
  list: ['- x', '- {meta: kept,   more: [1]}   # a map', '- "y: z"'],
  deep: ['- a', '- name: kept\n      on: 2'],
};

const keyOf = (item: unknown, isTag: boolean): string => {
  const text = isTag && typeof item === 'string' ? item.trim().replace(/^#/, '').toLowerCase() : item;
  return JSON.stringify(text).normalize('NFC');
};

const itemsOf = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value;
  return value === null || value === undefined ? [] : [value];
};

const anyItem = fc.oneof(scalar, {
  weight: 5,
  arbitrary: fc.constantFrom('x', 'y: z', 'a', '#A', 'b c', 42, '42', 31, 'A b'),
});

t.test('items are added to a list and removed from it, a map in it stays', (t) => {
  const seen = { added: 0, removed: 0, 'nothing to do': 0, 'beside a map': 0 };
  const listNames = ['tags', 'Tags', 'list', 'deep', 'title', 'empty', 'number', 'date', 'text', 'new'];
  fc.assert(
    fc.property(
      fc.record({ hard: hardNote, pick: fc.nat(), items: fc.array(anyItem, { minLength: 1, maxLength: 3 }) }),
      fc.constantFrom('add' as const, 'remove' as const),
      ({ hard, pick, items }, how) => {
        const { note } = hard;
        const name = pickName(hard, pick, listNames);
        const field = findField(hard, name);
        const isTag = name.toLowerCase() === 'tags';
        const there = itemsOf(field?.value);
        const keys = there.map((item) => keyOf(item, isTag));
        const written = isTag
          ? items.map((item) => (typeof item === 'string' ? item.trim().replace(/^#/, '') : item))
          : items;
        const gone = new Set(how === 'remove' ? items.map((item) => keyOf(item, isTag)) : []);
        const known = new Set(keys);
        const fresh = (how === 'add' ? written : []).filter((item) => {
          const isNew = !known.has(keyOf(item, isTag));
          known.add(keyOf(item, isTag));
          return isNew;
        });
        const kept = there.filter((_, index) => !gone.has(keys[index] ?? ''));
        const edit: NoteEdit = { part: 'items', field: name, [how]: items };
        const edited = editNote(note, edit);
        if (kept.length === there.length && fresh.length === 0) {
          seen['nothing to do'] += 1;
          assert.equal(edited, note);
          return;
        }
        const own = inPlaceOf(note, edited, placeOf(hard, field)).replaceAll('\r\n', '\n');
        assert.deepEqual(readYaml(edited), { ...readYaml(note), [field?.name ?? name]: [...kept, ...fresh] });
        for (const [index, source] of (sources[field?.name ?? ''] ?? []).entries()) {
          if (!gone.has(keys[index] ?? '')) assert.ok(own.includes(source), `${source} is written as it was`);
        }
        if (field?.name === 'list')
          assert.ok(kept.length === 0 || own.includes('# between'), 'a comment stays');
        if (how === 'add' && there.length === 1) {
          const was = note.slice(field?.from, field?.to).replaceAll('\r\n', '\n');
          assert.ok(
            name === 'text' || own.includes(was.slice(was.indexOf(':') + 1).trim()),
            'so is what was there alone',
          );
        }
        seen[how === 'add' ? 'added' : 'removed'] += 1;
        seen['beside a map'] += kept.some((item) => typeof item === 'object') ? 1 : 0;
      },
    ),
    { numRuns },
  );
  t.comment(JSON.stringify(seen));
  t.ok(Object.values(seen).every((count) => count > numRuns / 40));
  t.end();
});
