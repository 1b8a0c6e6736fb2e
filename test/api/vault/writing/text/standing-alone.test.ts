// Text put into a note is a block of its own there, and leaves the blocks around it what they were: asked of CommonMark's
// reference implementation, and of markdown-it for tables.
import assert from 'node:assert/strict';
import { HtmlRenderer, Parser } from 'commonmark';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import t from 'tap';
import { pathOf, readHeadings } from '../../../../../api/vault/notes/parts/headings.ts';
import { takeAtOnce } from '../../../../../api/vault/pace/steps.ts';
import '../../../../support/fixed-seed.ts';
import { appendText, editSection } from '../../../../support/edits.ts';

// A blank line after code that its list or quote ends is shown as a part of it.
const render = (text: string): string =>
  new HtmlRenderer().render(new Parser().parse(text)).replace(/\n+<\/code>/g, '</code>');
const tables = new MarkdownIt('default', { html: true });
const renderTables = (text: string): string =>
  tables.render(`${text.trimEnd()}\n`).replace(/\n+<\/code>/g, '</code>');

/** The HTML of each, in a row, without the comment that keeps some apart. */
const inARow = (...parts: string[]): string => parts.join('').replaceAll('<!-- -->\n', '');

/** Kinds of block; each closed at its end. */
const blocks: Record<string, string> = {
  paragraph: 'some text\nand more',
  'a heading': '## Deep',
  'an underlined heading': 'Deep\n---',
  'a list': '- one\n- two',
  'a loose list': '- one\n\n- two',
  'a nested list': '- one\n  - below\n    1. deep',
  'a list of another mark': '* one\n* two',
  'a numbered list': '1. one\n2. two',
  'a numbered list of the other kind': '7) one',
  tasks: '- [ ] open\n- [x] done',
  'an empty item': '- one\n-',
  'an item with a paragraph': '- one\n\n  more of it',
  'an item with code': '- one\n\n      code',
  'an item with an open fence': '- one\n  ```\n  code',
  'a quote': '> said\n> more',
  'a lazy quote': '> said\nmore',
  'a callout': '> [!note] Careful\n> mind the step',
  'a list in a quote': '> - one\n> - two',
  'a quote in a list': '- > said',
  'a quote with an open fence': '> ```\n> code',
  code: '```js\nconst a = 1;\n```',
  'code of tildes': '~~~~\ntext\n~~~\n~~~~',
  'indented code': '    code\n    more',
  HTML: '<div>\ntext\n</div>',
  'a tag alone': '<custom-tag>',
  'a comment': '<!-- hidden\n\nmore -->',
  'a script': '<script>\nlet a;\n\n</script>',
  math: '$$\nx = y\n$$',
  'a table': '| a | b |\n|---|---|\n| 1 | 2 |',
  'a table without outer pipes': 'a | b\n--|--\n1 | 2',
  'a break': '***',
  'a definition': '[label]: /address',
  'a footnote': '[^1]: A note.',
  'an Obsidian comment': '%%\nhidden\n%%',
  'an image': '![[picture.png]]',
  'an indented paragraph': '   indented by three',
  'a list indented by two': '  - one\n  - two',
  'a block id': 'text\n\n^id',
};

const openBlocks: Record<string, [text: string, closed: string]> = {
  'a fence': ['```js\ncode', '```js\ncode\n```'],
  'a long fence with a blank line': ['~~~~~\ncode\n\n~~~\nmore\n', '~~~~~\ncode\n\n~~~\nmore\n~~~~~'],
  'a comment': ['<!-- hidden', '<!-- hidden\n-->'],
  'a script': ['<script>\nlet a;', '<script>\nlet a;\n</script>'],
  'preformatted text': ['<pre>\nx\n\ny', '<pre>\nx\n\ny\n</pre>'],
  'an instruction': ['<?php x', '<?php x\n?>'],
  'a declaration': ['<!DOCTYPE x', '<!DOCTYPE x\n>'],
  'a passage': ['<![CDATA[ x', '<![CDATA[ x\n]]>'],
  math: ['$$\nx = y', '$$\nx = y\n$$'],
  'an Obsidian comment': ['text\n\n%%\nhidden', 'text\n\n%%\nhidden\n%%'],
};

const isList = /^ *(?:[-*]|\d[.)])(?: |$)/;
const isIndentedList = /^ +-/;
const listMark = (text: string): string | undefined => isList.exec(text)?.[0].trim().slice(-1);

t.test('text is a block of its own after each kind of block, whatever it begins with', (t) => {
  for (const [kind, before] of Object.entries(blocks)) {
    for (const [added, text] of Object.entries(blocks)) {
      const mark = listMark(before);
      // Items of one list are one list, and so are those below an item.
      if (mark !== undefined && (mark === listMark(text) || isIndentedList.test(text))) continue;
      for (const end of ['', '\n', '\n\n']) {
        const label = `${added} after ${kind}${JSON.stringify(end)}`;
        const whole = appendText(before + end, text);
        t.ok(whole.startsWith(before + end), label);
        t.equal(inARow(render(whole)), inARow(render(before), render(text)), label);
        t.equal(inARow(renderTables(whole)), inARow(renderTables(before), renderTables(text)), label);
      }
    }
  }
  t.end();
});

t.test('what the note leaves open is closed before anything is added', (t) => {
  for (const [kind, [open, closed]] of Object.entries(openBlocks)) {
    for (const text of ['plain', '- item', '> quote', '```\nx\n```', '# Heading', '| a |\n|---|\n| 1 |']) {
      const whole = appendText(open, text);
      t.ok(whole.startsWith(open), kind);
      t.equal(whole, `${closed}\n\n${text}${open.endsWith('\n') ? '\n' : ''}`, kind);
      t.equal(render(whole), inARow(render(closed), render(text)), `${text} after ${kind}`);
    }
  }
  t.end();
});

t.test('a sign that only looks as if something were open is text', (t) => {
  t.equal(appendText('$$ 5 each\nmore\n', 'new'), '$$ 5 each\nmore\n\nnew\n');
  t.equal(appendText('100%% sure\n', '%% hidden %% new'), '100%% sure\n\n%% hidden %% new\n');
  t.equal(appendText('a <!-- b `c\n', 'new'), 'a <!-- b `c\n\nnew\n');
  t.equal(appendText('$$\\begin{a}\nx\n', 'new'), '$$\\begin{a}\nx\n$$\n\nnew\n');
  t.end();
});

t.test('items of one list and rows of one table follow each other without a blank line', (t) => {
  const cases: [before: string, text: string, expected: string][] = [
    ['- one\n', '- two', '- one\n- two\n'],
    ['- one\n\n\n', '- two', '- one\n- two\n\n\n'],
    ['1. one\n', '2. two', '1. one\n2. two\n'],
    ['- [ ] one\n', '- [x] two', '- [ ] one\n- [x] two\n'],
    ['- one\n  - deep\n', '- two', '- one\n  - deep\n- two\n'],
    ['- one\n', '  - below\n', '- one\n  - below\n'],
    ['- one\n', '    - below', '- one\n    - below\n'],
    ['1. one\n', '   - below', '1. one\n   - below\n'],
    ['- one\r\n', '- two\n\ntext', '- one\r\n- two\r\n\r\ntext\r\n'],
    ['- one\n', '* two', '- one\n\n* two\n'],
    ['- one\n', '1. two', '- one\n\n1. two\n'],
    ['1. one\n', '1) two', '1. one\n\n1) two\n'],
    ['| a | b |\n|---|---|\n', '| 1 | 2 |', '| a | b |\n|---|---|\n| 1 | 2 |\n'],
    [
      '| a | b |\n|---|---|\n| 1 | 2 |\n\n',
      '| 3 | 4 |\n| 5 | 6 |',
      '| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n\n',
    ],
    ['a | b\n-|-\n', '3 | 4', 'a | b\n-|-\n3 | 4\n'],
    ['| a | b |\n|---|---|\n', 'text', '| a | b |\n|---|---|\n\ntext\n'],
    ['| a | b |\n|---|---|\n', '| 1 | 2 |\ntext', '| a | b |\n|---|---|\n\n| 1 | 2 |\ntext\n'],
    ['| a | b |\n|---|---|\n', '| a |\n|---|', '| a | b |\n|---|---|\n\n| a |\n|---|\n'],
    ['no | table\n', '| 1 | 2 |', 'no | table\n\n| 1 | 2 |\n'],
  ];
  for (const [before, text, expected] of cases)
    t.equal(appendText(before, text), expected, JSON.stringify([before, text]));
  t.end();
});

t.test('at the beginning of a section text is a block of its own before each kind of block', (t) => {
  for (const [kind, old] of Object.entries(blocks)) {
    for (const [added, text] of Object.entries(blocks)) {
      const mark = listMark(old);
      if (mark !== undefined && mark === listMark(text)) continue;
      // What is a section of its own ends the section before.
      if (kind.includes('heading')) continue;
      for (const gap of ['\n', '\n\n']) {
        const label = `${added} before ${kind}${JSON.stringify(gap)}`;
        const note = `## Part${gap}${old}\n\n## Next\n`;
        const whole = editSection(note, { heading: 'Part', text, at: 'start' });
        t.ok(whole.startsWith(`## Part${gap}`), label);
        t.ok(whole.endsWith(`${old}\n\n## Next\n`), label);
        const [head, next] = [render('## Part'), render('## Next')];
        t.equal(inARow(render(whole)), inARow(head, render(text), render(old), next), label);
      }
    }
  }
  t.equal(
    editSection('## Log\n- old\n', { heading: 'Log', text: '- new', at: 'start' }),
    '## Log\n- new\n- old\n',
  );
  t.equal(
    editSection('## Log\n\nold\n', { heading: 'Log', text: 'new', at: 'start' }),
    '## Log\n\nnew\n\nold\n',
  );
  t.equal(
    editSection('## Log\n### Deep\nx\n', { heading: 'Log', text: 'new', at: 'start' }),
    '## Log\nnew\n### Deep\nx\n',
  );
  t.end();
});

t.test('text that leaves something open is closed before what follows it', (t) => {
  t.equal(
    editSection('## A\nx\n\n## B\ny\n', { heading: 'A', text: '```\ncode', at: 'end' }),
    '## A\nx\n\n```\ncode\n```\n\n## B\ny\n',
  );
  t.equal(
    editSection('## A\nx\n## B\n', { heading: 'A', text: '<div>', at: 'all' }),
    '## A\n<div>\n\n## B\n',
  );
  t.equal(editSection('## A\nB\n===\n', { heading: 'A', text: 'new', at: 'all' }), '## A\nnew\n\nB\n===\n');
  t.equal(appendText('a\n', '```\ncode'), 'a\n\n```\ncode\n', 'nothing follows');
  t.end();
});

const anyBlock = fc.constantFrom(...Object.values(blocks));
const anyText = fc.array(anyBlock, { minLength: 1, maxLength: 4 }).map((some) => some.join('\n\n'));

t.test('whatever stands around it, what is appended to a section changes nothing else', (t) => {
  fc.assert(
    fc.property(anyText, anyText, anyText, fc.constantFrom('\n', '\r\n'), (before, text, after, ending) => {
      const note = `# Top\n\n${before}\n\n# Section of the test\n\n${after}\n`.replaceAll('\n', ending);
      const whole = appendText(note, text, 'Top');
      const at = note.indexOf('# Section of the test');
      assert.ok(whole.endsWith(note.slice(at)));
      assert.ok(whole.startsWith(note.slice(0, at).trimEnd()));
      assert.ok(whole.replaceAll('\r\n', '\n').includes(text.trimEnd()));
    }),
    { numRuns: 300 },
  );
  t.pass();
  t.end();
});

const anySection = fc
  .tuple(fc.constantFrom('#', '##', '###'), fc.constantFrom('One', 'Two', 'Three'), anyText)
  .map(([marks, title, text]) => `${marks} ${title}\n\n${text}\n`);
const anyNote = fc.array(anySection, { minLength: 1, maxLength: 5 }).map((some) => some.join('\n'));
const plainText = fc.constantFrom(
  'new',
  '- new\n- items',
  '> new',
  '```\nnew\n```',
  '| new |\n|---|',
  'new\n\nmore',
);

t.test(
  'a section of any note that is replaced reads as it was asked for, and all else is the same bytes',
  (t) => {
    let edited = 0;
    fc.assert(
      fc.property(
        anyNote,
        plainText,
        fc.nat(4),
        fc.constantFrom('\n', '\r\n'),
        (written, text, index, ending) => {
          const note = written.replaceAll('\n', ending);
          const section = takeAtOnce(readHeadings(note))[index];
          const path = pathOf(section)
            .map(({ title }) => title)
            .join('#');
          if (
            section === undefined ||
            takeAtOnce(readHeadings(note)).filter(
              (one) =>
                pathOf(one)
                  .map(({ title }) => title)
                  .join('#') === path,
            ).length > 1
          )
            return;
          const whole = editSection(note, {
            heading: section.parent ? path : `${'#'.repeat(section.level)} ${path}`,
            text,
            at: 'all',
          });
          assert.equal(whole.slice(0, section.start), note.slice(0, section.start));
          const rest = note.slice(section.end);
          assert.equal(whole.slice(whole.length - rest.length), rest);
          const own = whole.slice(section.start, whole.length - rest.length);
          assert.equal(own.replaceAll('\r\n', '\n').trim(), text);
          edited += 1;
        },
      ),
      { numRuns: 300 },
    );
    t.ok(edited > 50, `${edited} sections`);
    t.end();
  },
);

t.test('a comment behind the fence that a list item leaves open is read, and closed where it ends', (t) => {
  for (const item of ['- one\n  ```\n  code', '> ```\n> code', '1. $$\n   x'])
    for (const gap of ['\n\n', '\n'])
      t.equal(
        editSection(`${item}${gap}%%\nhidden\n%%\n\n# Two\n\nold\n`, {
          heading: 'Two',
          text: 'new',
          at: 'all',
        }),
        `${item}${gap}%%\nhidden\n%%\n\n# Two\n\nnew\n`,
      );
  t.end();
});
