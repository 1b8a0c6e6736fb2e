// A canvas and a base as text: what a person sees on them, whatever stands in the file.
import t from 'tap';
import { parseContent } from '../../../../api/vault/documents/content.ts';
import { createIndexWords } from '../../../../api/vault/index/words.ts';
import { takeAtOnce } from '../../../../api/vault/pace/steps.ts';
import { count, measureGrowth, repeat } from '../../../support/growth.ts';

const readCanvas = (canvas: unknown) =>
  takeAtOnce(
    parseContent(
      'Boards/Plan.canvas',
      Buffer.from(typeof canvas === 'string' ? canvas : JSON.stringify(canvas)),
    ),
  );
const readBase = (source: string) => takeAtOnce(parseContent('Books.base', Buffer.from(source)));
const at = (x: number, y: number, width = 100, height = 50) => ({ x, y, width, height });

t.test('a canvas is its cards from top to bottom, by group, and what leads from one to the other', (t) => {
  const content = readCanvas({
    nodes: [
      { id: 'c', type: 'text', text: 'C stands lower', ...at(0, 300) },
      { id: 'g', type: 'group', label: 'Ideas', background: 'Art/sky.png', ...at(500, 0, 400, 400) },
      { id: 'a', type: 'text', text: '# Apple\n\nSee [[Orchard|the trees]]. #fruit', ...at(0, 0) },
      { id: 'b', type: 'file', file: 'Projects/Loop.md', subpath: '#Log', ...at(520, 20) },
      { id: 'l', type: 'link', url: 'https://example.com/x', ...at(520, 120) },
    ],
    edges: [
      { id: '1', fromNode: 'a', toNode: 'b', label: 'grows into' },
      { id: '2', fromNode: 'b', toNode: 'l', fromEnd: 'arrow' },
      { id: '3', fromNode: 'l', toNode: 'c', toEnd: 'none' },
      { id: '4', fromNode: 'c', toNode: 'g', fromEnd: 'arrow', toEnd: 'none' },
      { id: '5', fromNode: 'c', toNode: 'nowhere' },
    ],
  });
  t.equal(content.title, 'Plan.canvas');
  t.equal(
    content.text,
    [
      '# Apple\n\nSee [[Orchard|the trees]]. #fruit',
      'C stands lower',
      '## Group: Ideas',
      'File: [[Projects/Loop.md#Log]]',
      'Link: https://example.com/x',
      '## Connections',
      '- Apple → Loop#Log: grows into\n- Loop#Log ↔ https://example.com/x\n- https://example.com/x — C stands lower\n- C stands lower ← Ideas',
    ].join('\n\n'),
  );
  t.same(content.links.map(({ target }) => target).sort(), ['/Art/sky.png', '/Projects/Loop', 'Orchard']);
  t.same([content.tags, content.headings, content.warnings], [['fruit'], ['Apple'], []]);
  t.end();
});

t.test('of very many connections the first are shown, and how many more there are', (t) => {
  const nodes = [{ id: 'a', type: 'text', text: '가'.repeat(500) }];
  const edges = Array.from({ length: 12_000 }, () => ({ fromNode: 'a', toNode: 'a' }));
  const { text } = readCanvas({ nodes, edges });
  t.match(text, /\n\n7000 more are not shown\.$/);
  t.ok(text.length < 5000 * 130, 'names are cut');
  t.end();
});

t.test('a card belongs to the innermost group that its middle lies in', (t) => {
  const { text } = readCanvas({
    nodes: [
      { id: 'o', type: 'group', label: 'Outer', ...at(0, 0, 1000, 1000) },
      { id: 'i', type: 'group', ...at(500, 500, 300, 300) },
      { id: '1', type: 'text', text: 'one', ...at(10, 10) },
      { id: '2', type: 'text', text: 'two', ...at(510, 510) },
      { id: '3', type: 'text', text: 'three', ...at(990, 10) },
    ],
  });
  t.equal(text, 'three\n\n## Group: Outer\n\none\n\n## Group: (group without a label)\n\ntwo');
  t.end();
});

t.test('code that is not closed in one card hides no link of another', (t) => {
  const nodes = [
    { id: '1', type: 'text', text: '```js\nlet a;', ...at(0, 0) },
    { id: '2', type: 'text', text: '[[Orchard]]', ...at(0, 100) },
  ];
  t.same(readCanvas({ nodes }).links, [{ target: 'Orchard', written: 'Orchard' }]);
  t.end();
});

t.test('a canvas of anything else throws nothing, and says what is wrong with it', (t) => {
  const broken: Array<readonly [string, RegExp]> = [
    ['{"nodes":[{"id":"a"', /not valid JSON/],
    ['[1, 2]', /not a JSON Canvas/],
    ['"text"', /not a JSON Canvas/],
    ['null', /not a JSON Canvas/],
    [`{"nodes":[${'{},'.repeat(60_000)}{}]}`, /more than 100000 values/],
    [repeat('[', 1_000_000), /more than 100000 values|not valid JSON/],
  ];
  for (const [source, why] of broken) {
    const content = readCanvas(source);
    t.equal(content.text, source, 'as it is written');
    t.match(content.warnings, [why]);
    t.match(content.warnings, [/^The canvas is shown as it is written: /]);
  }
  const strange = [
    {},
    { nodes: {}, edges: 1 },
    {
      nodes: [
        null,
        1,
        'x',
        [],
        {},
        { type: 'text' },
        { type: 'file', file: 3 },
        { type: '__proto__', x: '1' },
      ],
    },
    {
      nodes: [{ id: 'a', type: 'text', text: 1e9, x: null, y: {}, width: 'x' }],
      edges: [null, {}, { fromNode: {} }],
    },
  ];
  for (const canvas of strange) t.same(readCanvas(canvas).warnings, [], JSON.stringify(canvas));
  t.same([readCanvas('').text, readCanvas('').warnings], ['', []], 'an empty file is an empty canvas');
  t.match(readCanvas('a\0b').warnings, [/not text/]);
  t.equal(
    readCanvas(`{"nodes":[{"type":"text","text":"${',[{'.repeat(300_000)}"}]}`).warnings.length,
    0,
    'signs in text are text',
  );
  t.end();
});

const base = `filters:
  and:
    - file.hasTag("book")
    - or:
        - status != "done"
        - not:
            - file.inFolder("Archive")
formulas:
  price_each: (price / pages).toFixed(2)
properties:
  note.status:
    displayName: State
views:
  - type: table
    name: To read
    filters: rating > 3
    order:
      - file.name
      - formula.price_each
    limit: 10
  - type: cards
    name: 표지
`;

t.test('a base is its filters, formulas, properties and views', (t) => {
  const content = readBase(base);
  t.same([content.title, content.warnings], ['Books.base', []]);
  t.equal(
    content.text,
    [
      '## Filters\n- all of:\n  - file.hasTag("book")\n  - any of:\n    - status != "done"\n    - none of:\n      - file.inFolder("Archive")',
      '## Formulas\n- price_each: (price / pages).toFixed(2)',
      '## Properties\n- note.status:\n  - displayName: State',
      '## View: To read (table)\n- filters: rating > 3\n- order: file.name, formula.price_each\n- limit: 10',
      '## View: 표지 (cards)',
    ].join('\n\n'),
  );
  t.end();
});

t.test('a base of anything else throws nothing, and says what is wrong with it', (t) => {
  const laughs = `a0: &a0 ${'x'.repeat(100)}\n${count((n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]\n`, 1000)}`;
  const broken: Array<readonly [string, RegExp]> = [
    ['filters: [', /not valid YAML/],
    ['- a\n- b', /not a list of fields/],
    ['just text', /not a list of fields/],
    [repeat('{', 50_000), /not valid YAML|too deeply/],
    [`a: ${repeat('[', 200)}${repeat(']', 200)}`, /too deeply/],
    [laughs, /too deeply|too much|not valid/],
    [`a: &a\n  b: *a\n`, /not valid YAML/],
    [count((n) => `field${n}: ${n}\n`, 70_000), /longer than 65536 characters/],
  ];
  for (const [source, why] of broken) {
    const content = readBase(source);
    t.equal(content.text, source, 'as it is written');
    t.match(content.warnings, [why]);
  }
  for (const source of [
    '',
    'views:\n',
    'views: 3',
    'views: [1, [2], null]',
    'filters:\n',
    '__proto__: {a: 1}',
    'a: null',
  ]) {
    t.same(readBase(source).warnings, [], source);
  }
  t.end();
});

const card = (number: number): string =>
  `{"id":"${number}","type":"text","text":"Card ${number} [[Note ${number}]]","x":${number % 97},"y":${number % 89}},`;
const node =
  (fields: string) =>
  (number: number): string =>
    `{"id":"${number}",${fields},"x":${number},"y":${number},"width":500,"height":500},`;
/** As many whole nodes as fit. */
const nodes =
  (write: (number: number) => string) =>
  (length: number): string => {
    const all = count(write, length);
    return `{"nodes":[${all.slice(0, all.lastIndexOf('},{') + 2)}{}],"edges":[]}`;
  };

t.test('a canvas and a base take a time that grows with their length', (t) => {
  const words = (id: string, text: string): unknown =>
    createIndexWords(id, takeAtOnce(parseContent(id, Buffer.from(text))));
  const inCanvas = (text: string): unknown => words('a.canvas', text);
  const cases: Record<string, (length: number) => string> = {
    cards: nodes(card),
    groups: nodes(node('"type":"group","label":"G"')),
    'groups, and cards in none of them': nodes((number) =>
      number % 2 === 0 ? node('"type":"group"')(number) : `{"type":"text","text":"a","x":${-number * 9999}},`,
    ),
    files: nodes(node('"type":"file","file":"A/B.md"')),
    edges: (length) =>
      `{"nodes":[{"id":"a","type":"text","text":"${'n'.repeat(500)}"}],"edges":[${'{"fromNode":"a","toNode":"a"},'.repeat(length / 40)}{}]}`,
    'one long card': (length) =>
      JSON.stringify({ nodes: [{ type: 'text', text: repeat('[[a]] #b `', length) }] }),
    'a long name': (length) =>
      JSON.stringify({
        nodes: [{ id: 'a', type: 'text', text: repeat(' ', length, '# a', 'b') }],
        edges: [{ fromNode: 'a', toNode: 'a', label: repeat('#', length) }],
      }),
    quotes: (length) => repeat('"\\', length),
    'open brackets': (length) => repeat('[', length),
    'open strings': (length) => repeat('{"', length),
    ones: (length) => repeat('1,', length, '['),
  };
  for (const [name, make] of Object.entries(cases)) {
    t.ok(measureGrowth(inCanvas, make, 1_200_000) < 6, name);
  }
  const lines: Record<string, (number: number) => string> = {
    formulas: (number) => `f${number}: a + ${number}\n`,
    'deeper and deeper maps': (number) => `${' '.repeat(number % 60)}a${number}:\n`,
    lists: (number) => (number === 0 ? 'a:\n' : `  - ${number}\n`),
  };
  for (const [name, write] of Object.entries(lines)) {
    t.ok(
      measureGrowth(
        (text) => words('a.base', text),
        (length) => count(write, length),
        60_000,
      ) < 6,
      name,
    );
  }
  t.end();
});
