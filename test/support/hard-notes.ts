// Notes that are hard to edit, by fast-check: ends of lines of both kinds, a BOM, no newline at the end, headings that are
// underlined or none, equal headings, front matter as people write it. Where each part is, is known without reading them.
import fc from 'fast-check';

/** Of a heading: where its line begins, where what stands below it begins, and where that ends. */
export interface HardSection {
  level: number;
  title: string;
  /** The titles from the outside in, its own last. */
  path: string[];
  headingStart: number;
  start: number;
  end: number;
}

/** Lines of the front matter: a field, or `name` is undefined for a comment or a blank line. */
export interface HardLines {
  name: string | undefined;
  value: unknown;
  from: number;
  to: number;
}

export interface HardNote {
  note: string;
  /** Where the text below the front matter begins. */
  textStart: number;
  fields: HardLines[];
  sections: HardSection[];
}

const nfd = (text: string): string => text.normalize('NFD');

/** None of them goes on with what a blank line keeps apart from it, or leaves anything open; headings in them are none. */
export const hardBlocks: readonly string[] = [
  'plain text',
  `${nfd('Café crème, 각각의 말')} and Café`,
  '🚀 to the 👩‍👩‍👧 moon ❤️ 가나다',
  'two\nlines with  spaces and a\ttab  ',
  '```md\n# Log\n\n## Engine\n```',
  '~~~~\n```\n# Log\n~~~\n~~~~',
  '<!-- hidden\n\n# Log\n-->',
  '%%\n# Log\n\nhidden\n%%',
  '<div>\n# Log\n</div>',
  '> [!warning]- Look out\n> # Log\n> - one\n>   - two',
  '> said\n> ```\n> # Log\n> ```',
  '- one\n  - two\n    1. deep\n\n       # Log\n- [ ] task',
  '* other\n* marks',
  '1) one\n2) two\n\n   more',
  '| a | b |\n|---|:-:|\n| \\| | `x` |',
  '$$\n# Log\n$$',
  '***',
  '[[Link|shown]](aside) ![[picture.png|200]] [m](<a b.md> "t")',
  '[label]: /address "t"',
  'costs $5, 100%, {{date}} $& $1 \\* <b>x</b>',
  'a paragraph with an id ^some-id',
];

const hardTitles: readonly string[] = [
  'Log',
  'Engine',
  '🚀 Launch',
  '한국어 제목',
  nfd('Café'),
  '2026-11-27',
];

interface Field {
  name: string;
  lines: string;
  value: unknown;
}

const field = (name: string, written: string, value: unknown): Field => ({
  name,
  lines: `${name}:${written}`,
  value,
});

/** Written as no library would write them, and what they say. */
export const hardFields: readonly Field[] = [
  field('title', '   "A b"   # why', 'A b'),
  field('quoted', " 'it''s: so'", "it's: so"),
  field('date', ' 2026-01-01', '2026-01-01'),
  field('empty', '', null),
  field('number', ' 0x1F', 31),
  field('done', '  true', true),
  field('tags', ' [ a,  "b c" , 42 ]  # three', ['a', 'b c', 42]),
  field('list', '\n- x\n# between\n- {meta: kept,   more: [1]}   # a map\n- "y: z"', [
    'x',
    { meta: 'kept', more: [1] },
    'y: z',
  ]),
  field('deep', '\n    - a\n    - name: kept\n      on: 2', ['a', { name: 'kept', on: 2 }]),
  field('map', '\n  Ü: [1, 2]\n  b:   c', { Ü: [1, 2], b: 'c' }),
  field('text', ' |\n  one\n\n  two', 'one\n\ntwo\n'),
  field('folded', ' >-\n  one\n  two', 'one two'),
  field('up', ' "[[Note|shown]]"', '[[Note|shown]]'),
  field('strange key!', ' {a: 1,  b: [x]}', { a: 1, b: ['x'] }),
];

const comments = ['# a comment: with a colon', '', '#', '# - x'];

const ending = fc.constantFrom('\n', '\r\n');
const anyBlocks = fc.array(fc.constantFrom(...hardBlocks), { maxLength: 3 });
const blank = fc.constantFrom('\n\n', '\n\n\n', '\n \n');

const anySection = fc.record({
  level: fc.integer({ min: 1, max: 4 }),
  title: fc.constantFrom(...hardTitles),
  style: fc.constantFrom('plain', 'closed', 'underlined', 'indented'),
  gap: fc.constantFrom('\n', '\n\n'),
  blocks: anyBlocks,
  apart: blank,
});

const anyFields = fc
  .tuple(
    fc.shuffledSubarray([...hardFields], { minLength: 0 }),
    fc.array(fc.constantFrom(...comments), { maxLength: 2 }),
  )
  .map(([fields, some]): (Field | string)[] =>
    fields.flatMap((one, index) => [...(some[index] === undefined ? [] : [some[index]]), one]),
  );

const anyParts = fc.record({
  bom: fc.boolean(),
  fields: fc.option(anyFields, { nil: undefined }),
  before: anyBlocks,
  apart: blank,
  sections: fc.array(anySection, { minLength: 1, maxLength: 6 }),
  ending,
  hasFinalNewline: fc.boolean(),
});

type Parts = typeof anyParts extends fc.Arbitrary<infer Value> ? Value : never;

export const hardNote: fc.Arbitrary<HardNote> = anyParts.map(write);

class Writer {
  text = '';
  readonly #ending: string;

  constructor(end: string) {
    this.#ending = end;
  }

  /** The place of it. */
  add(text: string): { from: number; to: number } {
    const from = this.text.length;
    this.text += text.replaceAll('\n', this.#ending);
    return { from, to: this.text.length };
  }
}

function write({ bom, fields, before, apart, sections, ending: end, hasFinalNewline }: Parts): HardNote {
  const writer = new Writer(end);
  if (bom) writer.add('\ufeff');
  const written = fields === undefined ? [] : writeFields(writer, fields);
  const textStart = writer.text.length;
  if (before.length > 0) writer.add(before.join(apart) + apart);
  const places = sections.map((section) => writeSection(writer, section));
  const note = hasFinalNewline ? writer.text : writer.text.trimEnd();
  return { note, textStart, fields: written, sections: closeAll(places, note.length) };
}

function writeFields(writer: Writer, fields: readonly (Field | string)[]): HardLines[] {
  writer.add('---\n');
  const written = fields.map((one): HardLines => {
    const { name, lines, value } =
      typeof one === 'string' ? { name: undefined, lines: one, value: undefined } : one;
    return { name, value, ...writer.add(`${lines}\n`) };
  });
  writer.add('---\n');
  return written;
}

type Section = typeof anySection extends fc.Arbitrary<infer Value> ? Value : never;
type Place = Omit<HardSection, 'end' | 'path'>;

function writeSection(writer: Writer, { level, title, style, gap, blocks, apart }: Section): Place {
  const isUnderlined = style === 'underlined' && level <= 2;
  const marks = '#'.repeat(level);
  const line = {
    plain: `${marks} ${title}`,
    closed: `${marks}  ${title} ${marks}`,
    indented: ` ${marks} ${title}`,
  };
  const heading = isUnderlined
    ? `${title}\n${level === 1 ? '==' : '-----'}`
    : line[style === 'underlined' ? 'plain' : style];
  const { from, to } = writer.add(`${heading}\n`);
  writer.add(blocks.length === 0 ? gap.slice(1) : gap.slice(1) + blocks.join(apart) + apart);
  return { level, title, headingStart: from, start: to };
}

function closeAll(places: readonly Place[], length: number): HardSection[] {
  const above: Place[] = [];
  return places.map((place, index) => {
    while ((above.at(-1)?.level ?? 0) >= place.level) above.pop();
    above.push(place);
    const next = places.slice(index + 1).find(({ level }) => level <= place.level);
    return {
      ...place,
      start: Math.min(place.start, length),
      end: next?.headingStart ?? length,
      path: above.map(({ title }) => title),
    };
  });
}
