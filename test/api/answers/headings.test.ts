// api/answers/headings.ts and blocks.ts: ids that lead where they say, and work that grows with the note and no faster.
import t from 'tap';
import { findBlock } from '../../../api/answers/blocks.ts';
import { findNamedSection, outlineOf } from '../../../api/answers/headings.ts';
import { takeAtOnce } from '../../../api/vault/pace/steps.ts';
import { editSection } from '../../support/edits.ts';
import { count, measureGrowth, repeat } from '../../support/growth.ts';

const everything = { from: 0, to: Number.POSITIVE_INFINITY };
const outline = (text: string, most = 10_000) => takeAtOnce(outlineOf('N.md', text, everything, most));
const idsOf = (text: string): string[] => outline(text).entries.map(({ id }) => id);

t.test(
  'an id is the heading, with those above it where several have its name, and its place where nothing else tells',
  (t) => {
    t.same(idsOf('# One\n## Tasks\n# Two\n## Tasks\n## Only\n'), [
      ...['N.md#One', 'N.md#One#Tasks', 'N.md#Two', 'N.md#Two#Tasks', 'N.md#Only'],
    ]);
    t.same(
      idsOf('# A\n# A\nx\n'),
      ['N.md?from=0&to=4', 'N.md?from=4&to=10'],
      'in all but its place the same',
    );
    t.same(idsOf('# C\n# C#\n'), ['N.md?from=0&to=4', 'N.md?from=4&to=9'], 'signs tell nothing apart');
    t.same(idsOf('# A | B [[x]]?\n## ^b\n'), ['N.md#A B x', 'N.md#b'], 'what a link can’t hold is left out');
    t.same(idsOf('# ???\n## x\n'), ['N.md?from=0&to=11', 'N.md#x']);
    t.same(idsOf('# A\n## B\n# B\n# A#B\n').slice(1), ['N.md?from=4&to=9', 'N.md?from=9&to=13', 'N.md#A B']);
    t.same(idsOf(`# ${'long '.repeat(50)}\n`), ['N.md?from=0&to=253']);
    t.same(idsOf('Title\n=====\n\ntext\n'), ['N.md#Title'], 'with an underline');
    t.same(idsOf('```\n# code\n```\n'), []);
    t.end();
  },
);

t.test('of too many headings it names the upper levels, and some of the next from all over the note', (t) => {
  const text = Array.from({ length: 30 }, (_, n) => `# Top ${n}\n${`## Below ${n}\n`.repeat(20)}`).join('');
  const { entries, count: all } = outline(text, 6_000);
  t.equal(all, 630);
  t.equal(entries.filter(({ level }) => level === 1).length, 30);
  const below = entries.filter(({ level }) => level === 2).map(({ heading }) => Number(heading.slice(6)));
  t.ok(below.length > 10);
  t.ok((below[0] ?? 9) < 3 && (below.at(-1) ?? 0) > 26, 'from its beginning to its end');
  t.ok(JSON.stringify(entries).length <= 6_000);
  const flat = outline(Array.from({ length: 4_000 }, (_, n) => `# Part ${n}\n`).join(''), 6_000);
  t.ok(flat.entries.length > 30 && JSON.stringify(flat.entries).length <= 6_000);
  t.match(flat.entries.at(-1)?.heading, /^Part 3[89]\d\d$/);
  t.end();
});

t.test('a name behind a # means the heading that fits it best, and says which others there are', (t) => {
  const text = '# Top\n## Log\na\n## Engine\n### Log\nb\n### Parts\n#### Log\nc\n## Straße **now**\nd\n';
  const found = (name: string): string => {
    const { from, to } = takeAtOnce(findNamedSection('N.md', text, name));
    return text.slice(from, to);
  };
  t.equal(found('Log'), '## Log\na\n');
  t.same(takeAtOnce(findNamedSection('N.md', text, 'log')).others, [
    'N.md#Top#Engine#Log',
    'N.md#Top#Engine#Parts#Log',
  ]);
  t.equal(found('Engine#Log'), '### Log\nb\n', 'the nearest below it');
  t.equal(found('Top#Parts#log'), '#### Log\nc\n', 'those between may be left out');
  t.equal(found('### Parts'), '### Parts\n#### Log\nc\n', 'with its marks');
  t.equal(found('straße now'), '## Straße **now**\nd\n');
  t.throws(() => found('Log#Engine'), { message: /no heading "Log#Engine"/ });
  t.throws(() => found(''), { message: /It has "Top"/ });
  t.end();
});

t.test(
  'a path of headings may go through one with a # in it, in what is fetched and in what is changed',
  (t) => {
    const text = '# Lang\n## C# notes\na\n### Issue #1\nb\n# Old\n## C# notes\nc\n### Issue #1\nlast\n';
    for (const [name, own] of [
      ['Lang#C# notes', 'a\n### Issue #1\nb\n'],
      ['old#c# notes', 'c\n### Issue #1\nlast\n'],
      ['Lang#C# notes#Issue #1', 'b\n'],
      ['Old#Issue #1', 'last\n'],
    ] as const) {
      const { from, to } = takeAtOnce(findNamedSection('N.md', text, name));
      t.equal(text.slice(text.indexOf('\n', from) + 1, to), own, name);
      t.equal(editSection(text, { heading: name, text: 'x', at: 'all' }), text.replace(own, 'x\n'), name);
    }
    t.throws(() => takeAtOnce(findNamedSection('N.md', text, 'Lang#C# others')), { message: /no heading/ });
    t.end();
  },
);

t.test('a block is the paragraph, list item, quote or table with its mark', (t) => {
  const text = [
    ...[
      '# H',
      'first line',
      'second line ^para',
      '',
      '- one',
      '- two',
      '  more of it ^item',
      '  - below',
      '- three',
    ],
    ...[
      '',
      '> quote',
      '> of two',
      '',
      '^quote',
      '',
      '| a |',
      '|---|',
      '| b |',
      '^table',
      '',
      '```',
      'x ^code',
      '```',
    ],
    ...['# Head ^head', 'text', ''],
  ].join('\n');
  const found = (name: string): string => {
    const { from, to } = takeAtOnce(findBlock(text, name));
    return text.slice(from, to);
  };
  t.equal(found('para'), 'first line\nsecond line ^para\n');
  t.equal(found('ITEM'), '- two\n  more of it ^item\n  - below\n');
  t.equal(found('quote'), '> quote\n> of two\n\n^quote\n');
  t.equal(found('table'), '| a |\n|---|\n| b |\n^table\n');
  t.equal(found('head'), '# Head ^head\n');
  t.throws(() => found('code'), { message: /It has "\^para", "\^item", "\^quote", "\^table", "\^head"\./ });
  t.end();
});

t.test('four times the text takes four times the work, whatever stands in it', (t) => {
  const texts: Record<string, (length: number) => string> = {
    'short sections': (length) => count((n) => `## Section ${n}\ntext\n`, length),
    'one name': (length) => repeat('# a\n', length),
    'below one another': (length) =>
      count((n) => `${'#'.repeat(1 + (n % 6))} ${'title '.repeat(40)}${n}\n`, length),
    'one long heading': (length) => repeat('# ', length, '# '),
    signs: (length) => repeat('# [[|^?\n', length),
    marks: (length) => count((n) => `text ^b${n}\n`, length),
    paragraphs: (length) => repeat('text\n', length),
    items: (length) => repeat('  - ^\n', length),
  };
  for (const [name, make] of Object.entries(texts)) {
    t.ok(measureGrowth(outline, make, 320_000) < 6, `outline: ${name}`);
    for (const find of [findBlock, (text: string) => takeAtOnce(findNamedSection('N.md', text, 'a#b#c'))]) {
      const tryToFind = (text: string): void => {
        try {
          find(text, 'nowhere');
        } catch {}
      };
      t.ok(measureGrowth(tryToFind, make, 320_000) < 6, `find: ${name}`);
    }
  }
  t.end();
});

t.test('a note of 5 MB of nothing but headings has an outline, in bounded memory', (t) => {
  const { count: all, entries } = outline('# a\n'.repeat(1_300_000));
  t.equal(all, 20_000);
  t.ok(entries.length > 100);
  t.end();
});
