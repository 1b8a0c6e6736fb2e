// What becomes of links when things are moved: in each form that a link may have, and over vaults made by chance, counted by
// a checker that shares nothing with what it checks.
import t from 'tap';
import { parseContent } from '../../../../api/vault/documents/content.ts';
import { findAffected } from '../../../../api/vault/moving/affected.ts';
import { LinkUnsayable, Mending } from '../../../../api/vault/moving/mending.ts';
import { takeAtOnce } from '../../../../api/vault/pace/steps.ts';
import { findWrittenLinks } from '../../../support/edits.ts';
import { createLinkIndex } from '../../../support/index-in-memory.ts';
import { findBroken } from '../../../support/link-checker.ts';
import { createChance, createLinkedVault, createMove } from '../../../support/linked-vault.ts';

/** `npm run test:moves` makes more of them. */
const moves = Number(process.env['MOVES'] ?? 60);

type Files = ReadonlyMap<string, string | undefined>;

/** The vault after the move; every note that the index names is mended, and no other. */
function move(
  files: Files,
  moved: ReadonlyMap<string, string>,
  asPaths = false,
): Map<string, string | undefined> {
  const { links, close } = createLinkIndex(files);
  const mending = new Mending({ names: links, moved, asPaths });
  const steps = findAffected(links, moved, mending);
  let step = steps.next();
  while (!step.done) step = steps.next();
  const affected = new Set(step.value);
  const after = new Map<string, string | undefined>();
  for (const [path, text] of files) {
    const isMended = text !== undefined && affected.has(path);
    after.set(moved.get(path) ?? path, isMended ? takeAtOnce(mending.mend(text, path)) : text);
  }
  close();
  return after;
}

interface Case {
  name: string;
  /** Beside the note `from`. */
  files: string[];
  from?: string;
  moved: Record<string, string>;
  before: string;
  after: string;
}

const cases: Case[] = [
  {
    name: 'a bare name',
    files: ['A/Old.md'],
    moved: { 'A/Old.md': 'B/New.md' },
    before: '[[Old]] ![[Old|x]] [[Old#H^b|x]]',
    after: '[[New]] ![[New|x]] [[New#H^b|x]]',
  },
  {
    name: 'a bare name that stays',
    files: ['A/Old.md'],
    moved: { 'A/Old.md': 'B/Old.md' },
    before: '[[Old]] [[OLD]]',
    after: '[[Old]] [[OLD]]',
  },
  {
    name: 'a bare name that another has too',
    files: ['A/Old.md', 'C/New.md'],
    moved: { 'A/Old.md': 'B/New.md' },
    before: '[[Old]] [[New]]',
    after: '[[B/New]] [[C/New]]',
  },
  {
    name: 'a bare name that another has too, which it does not mean',
    files: ['A/Old.md', 'A/New.md', 'B/n.md'],
    from: 'B/n.md',
    moved: { 'A/Old.md': 'B/New.md' },
    before: '[[Old]] [[New]] [[A/New]]',
    after: '[[New]] [[A/New]] [[A/New]]',
  },
  {
    name: 'a name that the vault has at its top',
    files: ['New.md', 'A/Old.md'],
    moved: { 'A/Old.md': 'B/New.md' },
    before: '[[New]] [[Old]]',
    after: '[[New]] [[B/New]]',
  },
  {
    name: 'the end of a path',
    files: ['A/B/Old.md'],
    moved: { 'A/B/Old.md': 'C/D/New.md' },
    before: '[[B/Old]]',
    after: '[[D/New]]',
  },
  {
    name: 'a whole path',
    files: ['A/Old.md'],
    moved: { 'A/Old.md': 'X/A/Old.md' },
    before: '[[A/Old]] [[/A/Old]] [[A/Old.md]]',
    after: '[[X/A/Old]] [[/X/A/Old]] [[X/A/Old.md]]',
  },
  {
    name: 'a relative path',
    files: ['S/Old.md', 'T/Old2.md'],
    from: 'S/n.md',
    moved: { 'S/Old.md': 'T/New.md', 'T/Old2.md': 'S/Near.md' },
    before: '[[./Old]] [[../T/Old2|x]] [m](Old.md) [m](../T/Old2.md)',
    after: '[[../T/New]] [[./Near|x]] [m](../T/New.md) [m](Near.md)',
  },
  {
    name: 'a relative path in what comes back to where it leads',
    files: ['A/p.png', 'A/Deep/n.md'],
    from: 'B/n.md',
    moved: { 'B/n.md': 'A/n.md' },
    before: '[p](../A/p.png) [d](../A/Deep/n.md#h) [[../A/p.png]] [o](../A/./p.png)',
    after: '[p](p.png) [d](Deep/n.md#h) [[./p.png]] [o](../A/./p.png)',
  },
  {
    name: 'extensions',
    files: ['Old.md'],
    moved: { 'Old.md': 'New.md' },
    before: '[[Old.md]] [m](Old) [m](Old.md)',
    after: '[[New.md]] [m](New) [m](New.md)',
  },
  {
    name: 'titles, brackets and references',
    files: ['A/Old (1).md'],
    moved: { 'A/Old (1).md': 'B/New (2.md' },
    before:
      '[m](A/Old%20(1).md "t") [m](<A/Old (1).md#h> \'t\') ![](A/Old%20\\(1\\).md) [r]\n\n[r]: A/Old%20(1).md#x (t)',
    after:
      '[m](B/New%20%282.md "t") [m](<B/New (2.md#h> \'t\') ![](B/New%20%282.md) [r]\n\n[r]: B/New%20%282.md#x (t)',
  },
  {
    name: 'percent-encoding as it was',
    files: ['Ö/Ä.md'],
    moved: { 'Ö/Ä.md': 'Ö/Ü b.md' },
    before: '[m](Ö/Ä.md) [m](%C3%96/%C3%84.md) [m](<Ö/Ä.md>)',
    after: '[m](Ö/Ü%20b.md) [m](%C3%96/%C3%9C%20b.md) [m](<Ö/Ü b.md>)',
  },
  {
    name: 'what of a path stays, as it is written',
    files: ['A/b%28c%29.md', 'A/x(y).md'],
    moved: { 'A/x(y).md': 'Z/x(y).md' },
    before: '[m](A/x%28y%29.md)',
    after: '[m](Z/x%28y%29.md)',
  },
  {
    name: 'table cells',
    files: ['Old.md'],
    moved: { 'Old.md': 'New.md' },
    before: '| a | b |\n|---|---|\n| [[Old\\|x]] | \\| [[Old#h\\|x]] [m](Old.md) |',
    after: '| a | b |\n|---|---|\n| [[New\\|x]] | \\| [[New#h\\|x]] [m](New.md) |',
  },
  {
    name: 'front matter',
    files: ['Old.md'],
    moved: { 'Old.md': "It's: new.md" },
    before:
      '---\na: "[[Old|x]]" # why\nb: \'[[Old]]\'\nc:\n  - see [[Old]] there\n  - [[Old]]\nd: {"[[Old]]": "[m](Old.md)"}\ne: |\n  [[Old]]\nf: "\\"[[Old]]"\n---\n',
    after:
      '---\na: "[[It\'s: new|x]]" # why\nb: \'[[It\'\'s: new]]\'\nc:\n  - "see [[It\'s: new]] there"\n  - [["It\'s: new"]]\nd: {"[[It\'s: new]]": "[m](It\'s%3A%20new.md)"}\ne: |\n  [[It\'s: new]]\nf: "\\"[[It\'s: new]]"\n---\n',
  },
  {
    name: 'only what is a link',
    files: ['Old.md'],
    moved: { 'Old.md': 'New.md' },
    before:
      '`[[Old]]` $[[Old]]$ %%[[Old]]%% <!-- [[Old]] --> \\[[Old]] [[Old]]\n\n    [[Old]]\n\n```\n[[Old]]\n```\n',
    after:
      '`[[Old]]` $[[Old]]$ %%[[Old]]%% <!-- [[Old]] --> \\[[Old]] [[New]]\n\n    [[Old]]\n\n```\n[[Old]]\n```\n',
  },
  {
    name: 'a wiki link with brackets behind it, which are text',
    files: ['Old.md', 'y.md'],
    moved: { 'Old.md': 'New.md', 'y.md': 'z.md' },
    before: '[[Old]](y.md) [[Old|x]](y.md) ![[Old]](<y.md> "t") [in [[Old]]](y.md) `[[Old]](y.md)`',
    after: '[[New]](y.md) [[New|x]](y.md) ![[New]](<y.md> "t") [in [[New]]](z.md) `[[Old]](y.md)`',
  },
  {
    name: 'attachments',
    files: ['A/p 1.png', 'p.mp3'],
    moved: { 'A/p 1.png': 'B/q.png', 'p.mp3': 'B/r.mp3' },
    before: '![[p 1.png|100]] ![](A/p%201.png) [[p.mp3]]',
    after: '![[q.png|100]] ![](B/q.png) [[r.mp3]]',
  },
  {
    name: 'links of the note that is moved itself',
    files: ['S/Sib.md', 'S/Dup.md', 'T/Dup.md'],
    from: 'S/n.md',
    moved: { 'S/n.md': 'T/m.md' },
    before: '[[./Sib]] [[Sib]] [m](Sib.md) [[Dup]] [[n#h]] [self](n.md)',
    after: '[[../S/Sib]] [[Sib]] [m](../S/Sib.md) [[S/Dup]] [[m#h]] [self](m.md)',
  },
  {
    name: 'links inside of a folder that is moved',
    files: ['S/Sib.md', 'S/D/Deep.md'],
    from: 'S/n.md',
    moved: { 'S/n.md': 'T/n.md', 'S/Sib.md': 'T/Sib.md', 'S/D/Deep.md': 'T/D/Deep.md' },
    before: '[[./Sib]] [[Sib]] [m](D/Deep.md) [[S/Sib]] [[D/Deep]]',
    after: '[[./Sib]] [[Sib]] [m](D/Deep.md) [[T/Sib]] [[D/Deep]]',
  },
  {
    name: 'a name that changes its case alone',
    files: ['A/old.md'],
    moved: { 'A/old.md': 'A/Old.md' },
    before: '[[old]] [m](A/old.md) [[OLD]]',
    after: '[[Old]] [m](A/Old.md) [[OLD]]',
  },
  {
    name: 'line ends and what is no UTF-16 pair',
    files: ['Old.md'],
    moved: { 'Old.md': 'New.md' },
    before: '\ufeff---\r\na: "[[Old]]"\r\n---\r\n🚀 [[Old]]\r\n[[Old|👍]]',
    after: '\ufeff---\r\na: "[[New]]"\r\n---\r\n🚀 [[New]]\r\n[[New|👍]]',
  },
];

t.test('a link leads where it led, in its own form', (t) => {
  for (const { name, files, from = 'n.md', moved, before, after } of cases) {
    const vault = new Map([...files.map((path) => [path, ''] as const), [from, before]]);
    const ways = new Map(Object.entries(moved));
    t.equal(move(vault, ways).get(ways.get(from) ?? from), after, name);
  }
  t.end();
});

t.test('of a canvas every other byte stays', (t) => {
  const canvas =
    '{\n\t"nodes":[\n\t\t{"id":"1","type":"file","file":"A/Old.md","subpath":"#h"},\n  {"type":"text","text":"[[Old]]\\n\\"q\\" \\u00e9 [m](A/Old.md)"}, {"type":"group","label":"[[Old]]","background":"A/Old.md"}]}';
  const files = new Map([
    ['A/Old.md', ''],
    ['b.canvas', canvas],
  ]);
  const mended = move(files, new Map([['A/Old.md', 'B/N "1".md']])).get('b.canvas');
  const wanted = canvas
    .replaceAll('"A/Old.md"', '"B/N \\"1\\".md"')
    .replace('[[Old]]\\n', '[[N \\"1\\"]]\\n')
    .replace('(A/Old.md)', '(B/N%20\\"1\\".md)');
  t.equal(mended, wanted);
  t.end();
});

t.test('of a base the notes that filters and formulas name are mended, and every other byte stays', (t) => {
  const base = `# Old
filters:
  and:
    - file.hasLink("Old")   # Old
    - 'file.hasLink(''A/Old'') && this.file.hasLink("Old.md")'
    - or: [status != "Old", 'link("Old#H", "Old").isTruthy()']
    - categories.contains("[[Old]]")
formulas:
  Old: if(a / b > 1, file("A/Old.md"), link( "Old" ))
  quotes: 'a.matches(/["(]/) || note["Old"] == "Old" || "see [[Old|Old]]" == x'
  sums: link("Old" + x) + thing.link("Old") + link(Old) + file.inFolder("Old")
  escaped: link("\\u004fld")
properties:
  note.x:
    displayName: link("Old")
views:
  - type: table
    name: link("Old")
    filters: |
      file.hasLink("Old") ||
      up == link('Old')
    order: [Old]
`;
  const files = new Map([
    ['A/Old.md', ''],
    ['b.base', base],
  ]);
  const wanted = [
    ['file.hasLink("Old")   #', 'file.hasLink("New")   #'],
    ["''A/Old''", "''B/New''"],
    ['"Old.md"', '"New.md"'],
    ['"Old#H"', '"New#H"'],
    ['"[[Old]]"', '"[[New]]"'],
    ['file("A/Old.md")', 'file("B/New.md")'],
    ['link( "Old" )', 'link( "New" )'],
    ['[[Old|Old]]', '[[New|Old]]'],
    ['file.hasLink("Old") ||', 'file.hasLink("New") ||'],
    ["link('Old')", "link('New')"],
  ] as const;
  const mended = wanted.reduce((text, [before, after]) => text.replace(before, after), base);
  t.equal(move(files, new Map([['A/Old.md', 'B/New.md']])).get('b.base'), mended);
  t.throws(() => move(files, new Map([['A/Old.md', "B/It's.md"]])), LinkUnsayable, 'it would end the text');
  const itself = move(new Map([...files, ['Old.md', '']]), new Map([['b.base', 'A/b.base']])).get('A/b.base');
  t.match(itself, /file\.hasLink\("\/?Old"\)/, 'what it means there depends on where it lies');
  for (const broken of ['filters: [', '- a', 'filters: {and: 1}', `filters: '${'"'.repeat(20_000)}'`]) {
    const names = new Map([...files, ['c.base', broken]]);
    t.equal(move(names, new Map([['A/Old.md', 'B/New.md']])).get('c.base'), broken);
  }
  t.end();
});

t.test(
  'for who may not know other names a mended link is a path, whether or not another has the name',
  (t) => {
    const files = new Map([
      ['A/Old.md', ''],
      ['n.md', '[[Old]] [[Stays]] [m](Old.md)'],
      ['A/Stays.md', ''],
    ]);
    const moved = new Map([['A/Old.md', 'A/New.md']]);
    t.equal(move(files, moved, true).get('n.md'), '[[A/New]] [[Stays]] [m](A/New.md)');
    t.end();
  },
);

t.test('a link that can not say where it leads is not written at all', (t) => {
  const files = new Map([
    ['A/Old.md', ''],
    ['n.md', 'for $5 [[Old]]'],
  ]);
  t.throws(() => move(files, new Map([['A/Old.md', 'A/a$b.md']])), LinkUnsayable);
  t.end();
});

t.test('links are found where the index finds them', (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    for (const [path, text] of createLinkedVault(seed).files) {
      const wanted =
        text === undefined
          ? []
          : takeAtOnce(parseContent(path, Buffer.from(text))).links.map(({ target }) => target);
      const found = text === undefined ? [] : findWrittenLinks(text, path).map(({ link }) => link.target);
      t.same([...new Set(found)].sort(), [...new Set(wanted)].sort(), `${seed} ${path}`);
    }
  }
  t.end();
});

t.test('no link breaks in any of many moves, and moved back every link leads where it led at first', (t) => {
  let counted = 0;
  for (let count = 0; count < moves; count += 1) {
    const vault = createLinkedVault(count % 30);
    const made = createMove(createChance(count), vault, count);
    if (made === undefined) continue;
    const { moved, from, to } = made;
    const after = move(vault.files, moved);
    const there = findBroken(vault.files, after, (path) => moved.get(path) ?? path);
    t.same(there.broken.slice(0, 3), [], `${count}: ${from} to ${to}`);
    const back = new Map([...moved].map(([before, now]) => [now, before]));
    const again = findBroken(vault.files, move(after, back), (path) => path);
    t.same(again.broken.slice(0, 3), [], `${count}: ${from} to ${to} and back`);
    counted += there.worked;
  }
  t.ok(counted > 50 * moves, `${counted} links`);
  t.end();
});

t.test('a large note is mended with pauses, whether its links change or not', (t) => {
  const text = 'see [[Old]] and [[Other]]\n\n'.repeat(30_000);
  const names: Files = new Map([
    ['a.md', text],
    ['Old.md', 'x'],
    ['Other.md', 'x'],
  ]);
  const { links, close } = createLinkIndex(names);
  const mending = new Mending({ names: links, moved: new Map([['Old.md', 'New.md']]), asPaths: false });
  const steps = mending.mend(text, 'a.md');
  let pauses = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) pauses += 1;
  close();
  t.ok(pauses > text.length / 10_000, String(pauses));
  t.ok(step.value === text.replaceAll('[[Old]]', '[[New]]'));
  t.end();
});
