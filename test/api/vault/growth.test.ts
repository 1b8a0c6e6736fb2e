// Whatever stands in a note, a query or a change, it is read in a time that grows with its length and no faster: 80,000
// characters take less than 6 times as long as 20,000, and 5 MB throw nothing.
import type { Request } from 'express';
import t from 'tap';
import { parseJsonBody } from '../../../api/http/json-body.ts';
import { createIndexWords } from '../../../api/vault/index/words.ts';
import { writeDestination } from '../../../api/vault/moving/destination.ts';
import { Mending } from '../../../api/vault/moving/mending.ts';
import { upwardKey } from '../../../api/vault/naming/link-meaning.ts';
import { type NoteContent, parseNoteContent } from '../../../api/vault/notes/content.ts';
import { findStatedCreation } from '../../../api/vault/notes/dates.ts';
import { parseFrontMatter } from '../../../api/vault/notes/front-matter.ts';
import { foldName, nameOf } from '../../../api/vault/notes/name.ts';
import { parseVaultPath } from '../../../api/vault/notes/path.ts';
import { listSections } from '../../../api/vault/notes/sections.ts';
import { parseSimpleYaml } from '../../../api/vault/notes/simple-yaml.ts';
import { takeAtOnce } from '../../../api/vault/pace/steps.ts';
import { matchField, parseSearchQuery } from '../../../api/vault/search/query.ts';
import { type RankedWord, Ranking } from '../../../api/vault/search/ranking.ts';
import { withoutSmallWords } from '../../../api/vault/search/small-words.ts';
import { createSnippetMaker } from '../../../api/vault/search/snippet.ts';
import { segmentQuery, segmentText } from '../../../api/vault/search/tokens.ts';
import { parseNewPath } from '../../../api/vault/writing/new-path.ts';
import {
  appendText,
  changeItems,
  editBlock,
  editSection,
  findSection,
  findWrittenLinks,
  replaceFound,
  replaceText,
  setField,
} from '../../support/edits.ts';
import { count, measureGrowth, repeat } from '../../support/growth.ts';

// Some hundred parsers, each over every pattern.
t.setTimeout(600_000);

type Parser = (text: string) => unknown;

/** A refusal is as good as an answer, if it comes as soon. */
const mayRefuse =
  (parser: Parser): Parser =>
  (text) => {
    try {
      return parser(text);
    } catch (error) {
      return error;
    }
  };

const bytes = (text: string): Buffer => Buffer.from(text);
const words = (content: NoteContent): unknown => createIndexWords('Folder/Note.md', content);
const read = (text: string): NoteContent => takeAtOnce(parseNoteContent('Folder/Note.md', bytes(text)));
const judge = (query: RankedWord[], text: string): number =>
  new Ranking([...query, { text: 'b', isCjk: false, forms: ['b'] }]).judgeNames(text, text) +
  new Ranking([...query, { text: 'b', isCjk: false, forms: ['b'] }]).judgeText(text);
const inFields = (fields: Record<string, unknown>): NoteContent => ({ ...read(''), frontMatter: fields });

/** Whatever a link says, it leads to what is moved. */
const mending = new Mending({
  names: {
    inVault: () => [{ id: 'A/Old.md', isExact: false }],
    inFolder: () => undefined,
    otherFile: () => undefined,
    otherFiles: () => [],
    fitting: () => [{ id: 'A/Old.md', isExact: false }],
  },
  moved: new Map([['A/Old.md', 'B/New.md']]),
  asPaths: false,
});
const card = (text: string): string =>
  JSON.stringify({
    nodes: [
      { type: 'text', text },
      { type: 'file', file: text },
    ],
  });

/** All of a note's length. */
const parsers: Record<string, Parser> = {
  'a note, and its words': (text) => words(read(text)),
  'one line of a note': (text) => words(read(text.replaceAll('\n', ' '))),
  'a heading': (text) => words(read(`# ${text.replaceAll('\n', ' ')}`)),
  'the beginning of a note': (text) => parseFrontMatter(`---\n${text}`),
  sections: (text) => takeAtOnce(listSections(text, 0)),
  'a section by its heading': mayRefuse((text) => findSection(text, 0, 'a')),
  'a heading to look for': mayRefuse((text) => findSection('# a\n# b\n', 0, text)),
  'text to append': (text) => appendText('# a\nx\n# b\n', text, 'a'),
  'a note to append to': (text) => appendText(text, 'x'),
  'a section to replace': mayRefuse((text) =>
    editSection(`# a\n${text}`, { heading: 'a', text: 'x', at: 'all' }),
  ),
  'text of a section': (text) => editSection('# a\nx\n# b\n', { heading: 'a', text, at: 'all' }),
  'text to replace': mayRefuse((text) => replaceText('---\na: 1\n---\nx\n', text)),
  'a field to set': mayRefuse((text) => setField('---\na: 1\n---\nx\n', 'a', text)),
  'items to add to': mayRefuse((text) => changeItems(`---\nx:\n${text}\n---\n`, { field: 'x', add: ['b'] })),
  'a note to find in': mayRefuse((text) => replaceFound(text, { find: 'ab', replace: 'x', all: true })),
  'a text to find': mayRefuse((text) =>
    replaceFound(`${text}${text}`, { find: text, replace: 'x', all: false }),
  ),
  'a note with a block': mayRefuse((text) =>
    editBlock(`${text}\n\na ^b\n`, { block: 'b', text: 'x', at: 'end' }),
  ),
  'a block': mayRefuse((text) => editBlock(`- a ^b\n${text}`, { block: 'b', text: 'x', at: 'end' })),
  'text of a block': mayRefuse((text) => editBlock('a\n\n> b ^b\n', { block: 'b', text, at: 'end' })),
  'words of a text': segmentText,
  'words of a query': segmentQuery,
  'a query': (text) => parseSearchQuery(text, () => true),
  'a filter': (text) => matchField(text, text, true),
  'a text to show': (text) => createSnippetMaker(['a b', '가', '#', '/', '['])(text),
  'words to show': (text) => createSnippetMaker(text.slice(0, 1000).split(' '))('a b c '.repeat(1000)),
  'a name beside a query': (text) => judge([{ text: 'ab', isCjk: false, forms: ['ab'] }], text),
  'a query beside a name': (text) => judge([{ text, isCjk: false, forms: [text] }], 'a name'),
  'a Korean query beside a name': (text) => judge([{ text, isCjk: true, forms: [text] }], '가나다'),
  'small words': withoutSmallWords,
  'a tag': (text) => words(read(`---\ntags: x\n---\n#${text}`)),
  'a date': (text) => findStatedCreation({ created: text }),
  'a name': (text) => [foldName(nameOf(text)), upwardKey(text)],
  'a path': mayRefuse((text) => [parseVaultPath(text), parseNewPath(text)]),
  'the links of a note as they stand': (text) => findWrittenLinks(text, 'Folder/Note.md'),
  'links of a note to mend': mayRefuse((text) => mending.mend(text, 'Folder/Note.md')),
  'the links of a canvas as they stand': (text) => findWrittenLinks(card(text), 'a.canvas'),
  'a destination to write': (text) =>
    writeDestination(`${text}/b`, { path: `c/${text}`, isAngled: false, mayEncodeAll: true }),
  'a body of JSON': mayRefuse((text) => parseJsonBody({ body: bytes(text) } as Request)),
  'a string of JSON': mayRefuse((text) => parseJsonBody({ body: bytes(`["${text}`) } as Request)),
};

/** Of front matter, which is read up to 64 KB. */
const frontMatterParsers: Record<string, Parser> = {
  'front matter': (text) => words(read(`---\n${text}\n---\n`)),
  'a value': (text) => words(read(`---\na: ${text}\n---\n`)),
  'a quoted value': (text) => words(read(`---\na: "${text}"\n---\n`)),
  'an item': (text) => words(read(`---\na:\n  - ${text}\n---\n`)),
  'an item in brackets': (text) => words(read(`---\na: [${text}]\n---\n`)),
  'a map in braces': (text) => words(read(`---\na: {${text}}\n---\n`)),
  'a block of lines': (text) => words(read(`---\na: |\n  ${text}\n---\n`)),
  tags: (text) => words(read(`---\ntags: ${text}\n---\n`)),
  'simple YAML': parseSimpleYaml,
  'a value that was read': (text) => words(inFields({ a: text, [text]: [text, { [text]: 1 }] })),
  'front matter to change': mayRefuse((text) => setField(`---\nx: 1\n${text}\n---\n`, 'x', 2)),
  'links of front matter as they stand': (text) =>
    [`a: ${text}`, `a: "${text}"`, `a: '${text}'`, `a: >\n  ${text}`].map((block) =>
      findWrittenLinks(`---\n${block}\n---\n`, 'a.md'),
    ),
  'a field to change': mayRefuse((text) => setField(`---\nx: ${text}\n---\n`, 'x', null)),
};

const atoms = [
  ...' \n\t\r#/`~-:"\'[](){}<>|*_\\!=+.,&%@?^',
  ...[
    '\r\n',
    '\n\n',
    '# ',
    '\n# ',
    '\n## a\n',
    '[[',
    ']]',
    '](',
    '](<',
    '](x.md',
    '](x.md)',
    '.md',
    '.md#',
    ' #a',
  ],
  ...[
    '#a/',
    '\n```\n',
    '\n~~~\n',
    '\n- ',
    '\n  - ',
    '- ',
    ': ',
    'a: ',
    '\na: ',
    '\n1: ',
    '\n---\n',
    '---',
    '...',
  ],
  ...[
    '\n...\n',
    '\n===\n',
    '&a ',
    '*a ',
    '!a ',
    '<<: ',
    '? ',
    '|\n',
    '>\n',
    '[a,',
    '{a: ',
    '[[a|b]]',
    '[[a#b]]',
  ],
  ...[
    'a',
    '가',
    '東',
    'é',
    '\u0301',
    '\u0301\u0323',
    'a\u0301\u0323',
    '\uff9e\u0301',
    '\u200b',
    '\u00ad',
    '\ufeff',
  ],
  ...[
    '\u2028',
    '\u3392',
    '\ufdfa',
    '\ud800',
    '\u{20000}',
    '🎉',
    '\u1100',
    '\ue000',
    '\\"',
    'AND ',
    'a* ',
    'x:y ',
    '-a ',
  ],
];

/** What was slow once, here or in other people's readers of Markdown: before it, again and again, after it. */
const known: ReadonlyArray<readonly [string, string, string]> = [
  ['# a', ' ', 'b'],
  ['# a', '\t', '#b'],
  ['# a', ' #', ' b'],
  ['', '](a', ''],
  ['', '](<', ''],
  ['](', '<.md#(', ''],
  ['](', '.md#', ''],
  ['[x](', 'a', ' .md)'],
  ['', '[[', ''],
  ['[[', 'b', '\n'],
  ['', '[[b', ''],
  ['#', '/', 'a'],
  ['#a', '/', ' '],
  ['#a', '/b', ''],
  ['a', '\u0301\u0323', 'a'],
  ['#a', '\u0301\u0323', ''],
  ['[[a', '\u0301\u0323', ']]'],
  ['# a', '\uff9e\u0301', ''],
  ['', '\ufdfa', '가'],
  ['', '\n', 'a'],
  ['', '\r\n', 'a'],
  ['a', ' \n', 'a'],
  ['```\n', '`', 'a\n'],
  ['', '```a\n', ''],
  ['', '`', ' '],
  ['', '# a\n', ''],
  ['', '# a\n\n## b\n\n', ''],
  ['', 'a\n---\n', ''],
  ['', '[a](b.md)', ''],
  ['', '"\\', ''],
];

/** The same for what of a note is text, and for links, tags and fields in that. */
const knownInMarkdown: typeof known = [
  ['', '[', ''],
  ['', '![', ']'],
  ['', '[a](b', ''],
  ['', '[a](b "', ''],
  ['', "[a](b '", '"'],
  ['', '[a](<b', ''],
  ['[', '[a](b)', ']'],
  ['', '[a][', ''],
  ['', '[a]: b\n', '[a]'],
  ['[a]: b\n\n', '[a]', ''],
  ['', '[a]: b "', ''],
  ['', '[[a|b', ''],
  ['', '[[a|b]c', ''],
  ['', '[a:: b', ''],
  ['a:: ', '(a:: ', ''],
  ['', 'a:: b\n', ''],
  ['', '%%', ''],
  ['', '%% a\n', ''],
  ['', '$a ', ''],
  ['', '$$', '$'],
  ['', 'a$$b\n', ''],
  ['', '$$\n', ''],
  ['', '<', ''],
  ['', '<a ', ''],
  ['', '<a b="', ''],
  ['', '<a b=\'" c=', ''],
  ['', 'a <!--', ''],
  ['', 'a <?b ', ''],
  ['', 'a <![CDATA[', ''],
  ['', '<div>\n', ''],
  ['', '|', ''],
  ['a|b\n-|-\n', '|a', '|'],
  ['', '- ', 'a'],
  ['- a\n', '\n', ''],
  ['', '> ', 'a'],
  ['', '\\`', ''],
  ['', '#a', ''],
  ['', '&#1;', ''],
  ['[a](', '&amp;', ')'],
];

const knownInFields: ReadonlyArray<readonly [string, string, string]> = [
  ['a: b', ' ', 'c: d'],
  ['a:\n  - b', ' ', ' -'],
  ['a: "[[', 'b', '"'],
  ['tags: a', '/', 'b'],
  ['tags: ', '#', 'a/'],
  ['a: [', '[', ']'],
  ['a: {', ']', '}'],
  ['a: {', ',', '}'],
  ['a: ', '&a ', ''],
  ['a:\n  ', '*a ', '\nb: 1'],
  ['a: ', '\n#', ''],
  ['a: ', '\u0301\u0323', ''],
  ['', '\n...\n', ''],
  ['', '\n? ', ''],
  ['- ', '|\n', ''],
];

/** One after the other, and no two the same. */
const different: Record<string, (number: number) => string> = {
  headings: (number) => `# Heading ${number}\n`,
  'headings of all levels': (number) => `${'#'.repeat(1 + (number % 6))} h${number}\ntext\n`,
  'deeper and deeper headings': (number) => `${'#'.repeat(Math.max(1, 6 - (number % 7)))} h\n`,
  tags: (number) => `#tag${number} `,
  'tags in tags': (number) => `#tag/${number}/${number % 7}/x `,
  'wiki links': (number) => `[[Note ${number}]] `,
  'links to one name': (number) => `[[${number}/Note]] `,
  'Markdown links': (number) => `[n](folder/${number}.md) `,
  fences: (number) => `${'`'.repeat(3 + (number % 50))}\ncode\n`,
  'longer and longer fences': (number) => `${'`'.repeat(3 + number)}\n`,
  'deeper and deeper lists': (number) => `${' '.repeat(number % 400)}- item ${number}\n`,
  'longer and longer lines': (number) => `${'x'.repeat(number)}\n`,
  'Markdown links with titles': (number) => `[n](<folder/${number}.md> "t") ![n](${number}) `,
  definitions: (number) => `[label ${number}]: ${number}.md\n`,
  'links by reference': (number) => `[label ${number}]: ${number}.md\n\n[label ${number}] [x][label 1]\n\n`,
  'code of all lengths': (number) => `${'`'.repeat(1 + (number % 300))} a`,
  fields: (number) => `key ${number}:: value\n[k${number}:: [[${number}]]]\n\n`,
  'quotes and lists in each other': (number) => `${number % 2 ? '> ' : '- '.repeat(number % 40)}a\n`,
  'rows of a table': (number) => (number === 0 ? '|a|b|\n|-|-|\n' : `|#t${number}|[[n${number}\\|s]]|\n`),
  'short lines': (number) => `${number % 10}\n`,
  words: (number) => `word${number} `,
  'Korean words': (number) => `${String.fromCharCode(0xac00 + (number % 11_000))}${number % 10} `,
};

const differentFields: Record<string, (number: number) => string> = {
  fields: (number) => `field${number}: ${number}\n`,
  'fields with a comment': (number) => `field${number}: a # b\n`,
  anchors: (number) => `a${number}: &a${number} x\n`,
  aliases: (number) => (number === 0 ? 'a: &a x\n' : `a${number}: *a\n`),
  'items of a list': (number) => (number === 0 ? 'a:\n' : `  - item ${number}\n`),
  'maps in a list': (number) => (number === 0 ? 'a:\n' : `  - b: ${number}\n`),
  'deeper and deeper maps': (number) => `${' '.repeat(number)}a:\n`,
  'lines of text': (number) => (number === 0 ? 'a: |\n' : `  line ${number}\n`),
};

// A small generator with a fixed seed: a failure can be repeated. HOSTILE=all tries every pair, for half an hour.
let seed = 20261126;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const pick = <Value>(from: readonly Value[]): Value => from[random(from.length)] as Value;

function chooseUnits(howMany: number): string[] {
  const all = atoms.flatMap((one) => [one, ...atoms.map((other) => one + other)]);
  if (process.env['HOSTILE'] === 'all') return all;
  return Array.from({ length: howMany }, () => pick(atoms) + (random(3) > 0 ? pick(atoms) : ''));
}

/** Before and after what is repeated: a pattern may have to start well, and to fail at its very end. */
const ends: ReadonlyArray<readonly [string, string]> = [
  ['', ''],
  ['a', 'a'],
  ['# a', ' b'],
];

function findSlow(
  parser: Parser,
  length: number,
  makers: Record<string, (length: number) => string>,
): string[] {
  return Object.entries(makers).flatMap(([name, make]) => {
    const growth = measureGrowth(parser, make, length);
    return growth < 6 ? [] : [`${name}: ${growth.toFixed(1)}`];
  });
}

const byName = (cases: ReadonlyArray<readonly [string, string, string]>) =>
  Object.fromEntries(
    cases.map(([start, unit, end]) => [
      JSON.stringify([start, unit, end]),
      (length: number): string => repeat(unit, length, start, end),
    ]),
  );
const counted = (writers: Record<string, (number: number) => string>) =>
  Object.fromEntries(
    Object.entries(writers).map(([name, write]) => [name, (length: number): string => count(write, length)]),
  );
const anything = (howMany: number) =>
  byName(chooseUnits(howMany).map((unit) => [pick(ends)[0], unit, pick(ends)[1]] as const));

t.test('80,000 characters of what was slow once take less than 6 times as long as 20,000', (t) => {
  for (const [name, parser] of Object.entries(parsers))
    t.same(findSlow(parser, 80_000, byName(known)), [], name);
  t.end();
});

t.test('so do 80,000 characters of links, tags and fields that never end', (t) => {
  for (const name of ['a note, and its words', 'one line of a note', 'a heading'])
    t.same(findSlow(parsers[name] as Parser, 80_000, byName(knownInMarkdown)), [], name);
  t.end();
});

t.test('so do 80,000 characters of many different things', (t) => {
  for (const [name, parser] of Object.entries(parsers))
    t.same(findSlow(parser, 80_000, counted(different)), [], name);
  t.end();
});

t.test('so do 80,000 characters of anything', (t) => {
  for (const [name, parser] of Object.entries(parsers))
    t.same(findSlow(parser, 80_000, anything(8)), [], name);
  t.end();
});

t.test('40,000 characters of front matter take less than 6 times as long as 10,000', (t) => {
  for (const [name, parser] of Object.entries(frontMatterParsers)) {
    // A value can't hold many fields.
    const many = /front matter|simple|block/.test(name) ? counted(differentFields) : {};
    const makers = { ...byName(knownInFields), ...many, ...anything(3) };
    t.same(findSlow(parser, 40_000, makers), [], name);
  }
  t.end();
});

t.test('a megabyte takes less than 6 times as long as a quarter of it', (t) => {
  const whole = ['a note, and its words', 'sections', 'a section to replace', 'a text to show'];
  for (const name of whole) {
    const makers = { ...byName(known.slice(0, 10)), ...counted(different) };
    t.same(findSlow(parsers[name] as Parser, 1_000_000, makers), [], name);
  }
  t.end();
});

t.test('five megabytes of anything throw nothing', (t) => {
  const note = [
    'a note, and its words',
    'sections',
    'a note to append to',
    'text of a section',
    'the beginning of a note',
  ];
  for (const [start, unit, end] of known.filter((_, index) => index % 3 === 0)) {
    const text = repeat(unit, 5_000_000 / Buffer.byteLength(unit), start, end);
    for (const name of note) t.doesNotThrow(() => parsers[name]?.(text), `${name}: ${JSON.stringify(unit)}`);
  }
  t.end();
});
