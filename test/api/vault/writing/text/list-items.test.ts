// Items of a list in the front matter, added and removed: the others are written as they were, to the byte.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { stringify } from 'yaml';
import { EditRefused } from '../../../../../api/vault/errors.ts';
import { parseFrontMatter } from '../../../../../api/vault/notes/front-matter.ts';
import type { Item } from '../../../../../api/vault/writing/text/list-items.ts';
import '../../../../support/fixed-seed.ts';
import { changeItems } from '../../../../support/edits.ts';

const add = (note: string, field: string, ...items: Item[]): string =>
  changeItems(note, { field, add: items });
const remove = (note: string, field: string, ...items: Item[]): string =>
  changeItems(note, { field, remove: items });
const inBlock = (source: string): string => `---\n${source}\n---\nBody\n`;

t.test('an item is added to a list, and the others stay as they are written', (t) => {
  const cases: [source: string, item: Item, expected: string][] = [
    ['tags: [keep, 42, {meta: kept}]', 'added', 'tags: [keep, 42, {meta: kept}, added]'],
    ['tags: [ "a",  \'b\' ]  # why', 'c', 'tags: [ "a",  \'b\', c ]  # why'],
    ['tags: [a,]', 'b', 'tags: [a, b,]'],
    ['tags: [\n  a, # first\n  b  # second\n]', 'c', 'tags: [\n  a, # first\n  b, c  # second\n]'],
    ['tags: []', 'b', 'tags: [b]'],
    ['tags:', 'b', 'tags:\n  - b'],
    ['tags: # none yet\nx: 1', 'b', 'tags: # none yet\n  - b\nx: 1'],
    ['x: 1', 'b', 'x: 1\ntags:\n  - b'],
    ['tags:\n- a # one\n# between\n- "b"\nx: 1', 'c', 'tags:\n- a # one\n# between\n- "b"\n- c\nx: 1'],
    [
      'tags:\n    - a\n    - meta: kept\n      more: 1\nx: 1',
      'c',
      'tags:\n    - a\n    - meta: kept\n      more: 1\n    - c\nx: 1',
    ],
    ['tags:\n  - a\n  # at its end\nx: 1', 'c', 'tags:\n  - a\n  - c\n  # at its end\nx: 1'],
    ['tags: "one" # why', 'two', 'tags:\n  - "one" # why\n  - two'],
    ['tags: one', 'two', 'tags:\n  - one\n  - two'],
    ['tags: one, two', 'three', 'tags:\n  - one\n  - two\n  - three'],
    ['tags: [a]', '#b', 'tags: [a, b]'],
    ['tags: [a]', 'b/c', 'tags: [a, b/c]'],
    ['list: [a]', 'x, y: z', 'list: [a, "x, y: z"]'],
    ['list:\n  - a', '- x', 'list:\n  - a\n  - "- x"'],
    ['list:\n  - a', 'x\ny', 'list:\n  - a\n  - |-\n    x\n    y'],
    ['list: "A b" # c', 3, 'list:\n  - "A b" # c\n  - 3'],
    ['list: 2026-01-01', true, 'list:\n  - 2026-01-01\n  - true'],
  ];
  for (const [source, item, expected] of cases) {
    const field = source.startsWith('list') ? 'list' : 'tags';
    t.equal(add(inBlock(source), field, item), inBlock(expected), source);
    const windows = (text: string): string => inBlock(text).replaceAll('\n', '\r\n');
    t.equal(add(windows(source), field, item), windows(expected), `${source}, Windows`);
  }
  t.equal(add('Body', 'tags', 'a'), '---\ntags:\n  - a\n---\nBody');
  for (const name of ['constructor', 'toString', '__proto__']) {
    t.equal(
      add(inBlock('x: 1'), name, 'a'),
      inBlock(`x: 1\n${name}:\n  - a`),
      'a name that every object has',
    );
  }
  t.equal(add(inBlock('tags: [a]'), 'Tags', 'b', 'c', 'b'), inBlock('tags: [a, b, c]'));
  t.end();
});

t.test('an item is removed from a list, and the others stay as they are written', (t) => {
  const cases: [source: string, item: Item, expected: string][] = [
    ['tags: [keep, 42, {meta: kept}]', 'keep', 'tags: [42, {meta: kept}]'],
    ['tags: [keep, 42, {meta: kept}]', 42, 'tags: [keep, {meta: kept}]'],
    ['tags: [a, "b" ]  # why', 'b', 'tags: [a ]  # why'],
    ['tags: [a, b, a]', 'a', 'tags: [b]'],
    ['tags: [\n  a, # first\n  b  # second\n]', 'b', 'tags: [\n  a # first\n    # second\n]'],
    ['tags: [a]', 'a', 'tags: []'],
    ['tags: a', 'a', 'tags: []'],
    ['tags:\n- a # one\n# between\n- "b"\nx: 1', 'b', 'tags:\n- a # one\n# between\nx: 1'],
    ['tags:\n- a # one\n# between\n- "b"\nx: 1', 'a', 'tags:\n# between\n- "b"\nx: 1'],
    ['tags:\n  - meta: kept\n    more: 1\n  - a', 'a', 'tags:\n  - meta: kept\n    more: 1'],
    ['tags:\n  - a\n  - b', '#A', 'tags:\n  - b'],
    ['tags:\n  - a', 'a', 'tags: []'],
    ['tags: one, two', 'one', 'tags:\n  - two'],
    ['tags:\n  - |\n    long\n    text\n  - b', 'long\ntext\n', 'tags:\n  - b'],
  ];
  for (const [source, item, expected] of cases) {
    t.equal(remove(inBlock(source), 'tags', item), inBlock(expected), source);
    const windows = (text: string): string => inBlock(text).replaceAll('\n', '\r\n');
    if (typeof item === 'string' && item.includes('\n')) continue;
    t.equal(remove(windows(source), 'tags', item), windows(expected), `${source}, Windows`);
  }
  t.end();
});

t.test('what is there is not added, what is not there is not removed, and a map is no list', (t) => {
  for (const source of ['tags: [a, 1]', 'tags:\n  - a\n  - 1', 'tags: [A, "1", 1]']) {
    t.equal(add(inBlock(source), 'tags', '#a', 1), inBlock(source));
    t.equal(remove(inBlock(source), 'tags', 'b', true), inBlock(source));
  }
  t.equal(remove('Body', 'tags', 'a'), 'Body');
  t.equal(add(inBlock('list: ["1"]'), 'list', 1), inBlock('list: ["1", 1]'), 'a number is no text');
  t.throws(() => add(inBlock('tags: {a: 1}'), 'tags', 'b'), {
    name: EditRefused.name,
    message: /"tags" is a map/,
  });
  t.throws(() => add(inBlock('tags: ['), 'tags', 'b'), /not valid YAML/);
  t.throws(
    () => add(inBlock('tags: &x [a]\nb: *x'), 'tags', 'c'),
    /"tags" can not be changed alone.*with value/,
  );
  t.equal(add(inBlock('{tags: [a]}'), 'tags', 'b'), inBlock('{tags: [a, b]}'));
  t.end();
});

const item = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('a', ' ', '#', ':', '-', ',', '[', '"', "'", '가', '😀'), maxLength: 8 }),
  fc.integer(),
  fc.boolean(),
);
const value = fc.oneof(item, fc.dictionary(fc.constantFrom('k', 'l'), item, { minKeys: 1 }));
const style = fc.constantFrom('flow' as const, 'block' as const);

t.test('whatever the list, adding and removing what was added leaves the note as it was', (t) => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 5 }),
      item,
      style,
      (list, added, collectionStyle) => {
        const source = stringify({ before: 'x', list, after: [1] }, { collectionStyle: 'any', lineWidth: 0 });
        const flow = stringify(list, { collectionStyle, lineWidth: 0 }).trimEnd();
        const note =
          collectionStyle === 'flow'
            ? `---\nbefore: x # 1\nlist: ${flow} # 2\nafter: [1]\n---\nBody\n`
            : `---\n${source}---\nBody\n`;
        const { fields, warning } = parseFrontMatter(note);
        if (warning !== undefined || !Array.isArray(fields['list'])) return;
        const there: unknown[] = fields['list'];
        const edited = add(note, 'list', added);
        const isThere = there.includes(added);
        if (isThere !== (edited === note)) throw new Error(JSON.stringify([note, edited]));
        const wanted = isThere ? there : [...there, added];
        if (!isDeepStrictEqual(parseFrontMatter(edited).fields['list'], wanted))
          throw new Error(JSON.stringify([note, edited]));
        if (!isThere && remove(edited, 'list', added) !== note)
          throw new Error(JSON.stringify([note, edited, remove(edited, 'list', added)]));
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
  t.end();
});
