// The text of a block that an id names: it is changed, the id stays and names it, and nothing around it changes.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { EditRefused } from '../../../../../api/vault/errors.ts';
import type { EditPlace } from '../../../../../api/vault/writing/edit.ts';
import { hardBlocks, hardNote } from '../../../../support/hard-notes.ts';
import { inPlaceOf } from '../../../../support/outside.ts';
import '../../../../support/fixed-seed.ts';
import { editBlock } from '../../../../support/edits.ts';

const around = (block: string): string => `---\na: 1\n---\n# H\n\nbefore\n\n${block}\n\nafter ^other\n`;

t.test('each kind of block takes a text, and keeps its id', (t) => {
  const cases: [block: string, at: EditPlace, text: string, expected: string][] = [
    ['one\ntwo ^id', 'all', 'new', 'new ^id'],
    ['one ^id', 'all', 'new\nlines ^id\n', 'new\nlines ^id'],
    ['one ^id', 'start', 'new', 'new\none ^id'],
    ['one ^id', 'end', 'new', 'one\nnew ^id'],
    ['one ^id', 'all', '```\ncode\n```', '```\ncode\n```\n\n^id'],
    ['one ^id', 'all', '| a |\n|---|', '| a |\n|---|\n\n^id'],
    ['- one\n- two ^id\n  - below\n- three', 'all', 'new', '- one\n- new ^id\n- three'],
    ['- one\n- two ^id\n  - below', 'all', '- new ^id\n  - child', '- one\n- new ^id\n  - child'],
    ['- one\n- two ^id\n  - below', 'end', '- more', '- one\n- two ^id\n  - below\n  - more'],
    ['- one\n- two ^id\n  - below', 'start', '- more', '- one\n- two ^id\n  - more\n  - below'],
    ['- one\n- two ^id\n  - below', 'start', 'new', '- one\n- new\n  two ^id\n  - below'],
    ['- one\n- two ^id', 'end', 'new', '- one\n- two\n  new ^id'],
    ['- one\n  - deep ^id\n- two', 'all', '  - new ^id\n', '- one\n  - new ^id\n- two'],
    ['- [ ] task ^id', 'all', 'new', '- [ ] new ^id'],
    ['- [ ] task ^id', 'all', '[x] new', '- [x] new ^id'],
    ['1. one\n2. two ^id', 'all', 'new', '1. one\n2. new ^id'],
    ['## Part ^id', 'all', 'New', '## New ^id'],
    ['## Part ^id', 'all', '### New ^id', '### New ^id'],
    ['> one\n> two\n\n^id', 'all', 'new', '> new\n\n^id'],
    ['> one\n> two ^id', 'all', '> new\n> lines', '> new\n> lines ^id'],
    ['> [!note] Title\n> one\n\n^id', 'start', 'new', '> [!note] Title\n>\n> new\n>\n> one\n\n^id'],
    ['> one\n\n^id', 'end', '> new', '> one\n>\n> new\n\n^id'],
    ['> one\n> two ^id', 'end', '```\ncode\n```', '> one\n> two\n>\n> ```\n> code\n> ```\n\n^id'],
    ['> one ^id', 'end', '| a |\n|---|', '> one\n>\n> | a |\n> |---|\n\n^id'],
    ['- one ^id', 'end', '> said', '- one ^id\n  > said'],
    ['> - one\n\n^id', 'end', '- two', '> - one\n> - two\n\n^id'],
    ['| a |\n|---|\n| 1 |\n\n^id', 'end', '| 2 |', '| a |\n|---|\n| 1 |\n| 2 |\n\n^id'],
    ['| a |\n|---|\n| 1 |\n^id', 'start', '| 0 |', '| a |\n|---|\n| 0 |\n| 1 |\n^id'],
    ['```js\nold\n\nmore\n```\n\n^id', 'all', '```js\nnew\n```', '```js\nnew\n```\n\n^id'],
    ['```js\nold\n```\n\n^id', 'end', 'new', '```js\nold\nnew\n```\n\n^id'],
    ['```js\nold\n```\n\n^id', 'start', 'new', '```js\nnew\nold\n```\n\n^id'],
    ['- one\n- two\n\n^id', 'end', '- three', '- one\n- two\n- three\n\n^id'],
  ];
  for (const [block, at, text, expected] of cases) {
    for (const name of ['id', '^id']) {
      const label = JSON.stringify([block, at, text]);
      t.equal(editBlock(around(block), { block: name, text, at }), around(expected), label);
      const windows = editBlock(around(block).replaceAll('\n', '\r\n'), { block: name, text, at });
      t.equal(windows, around(expected).replaceAll('\n', '\r\n'), `${label}, Windows`);
    }
  }
  t.equal(
    editBlock('one ^id', { block: 'id', text: 'new', at: 'all' }),
    'new ^id',
    'without a newline at the end',
  );
  t.end();
});

t.test('what would not be one block is refused, and so is an id that is not there', (t) => {
  const refuse = (block: string, text: string, at: EditPlace, message: RegExp): void => {
    t.throws(
      () => editBlock(around(block), { block: 'id', text, at }),
      { name: EditRefused.name, message },
      text,
    );
  };
  refuse('one ^id', 'a\n\nb', 'all', /not be one paragraph with the id \^id/);
  refuse('one ^id', '- a', 'end', /not be one paragraph/);
  refuse('- one ^id', '- a\n- b', 'all', /not be one list item/);
  refuse('one ^id', '```\nopen', 'all', /not be one paragraph/);
  refuse('one ^id', 'a\n# b', 'all', /not be one paragraph/);
  for (const text of ['> a', '| a |\n|---|', '<div>', '# a', '---', '- a']) {
    refuse('one\ntwo ^id', text, 'start', /not be one paragraph with what is there/);
    refuse('one\ntwo ^id', text, 'end', /not be one paragraph with what is there/);
  }
  for (const text of ['> a', '| a |\n|---|', '<div>', '***']) {
    refuse('- one\n- two ^id', text, 'start', /not be one list item with what is there/);
    refuse('- one\n- two\n\n^id', text, 'end', /not be one list with what is there/);
  }
  refuse('- one\n- two\n\n^id', 'a', 'end', /not be one list with what is there/);
  refuse('- one ^id', '| a |\n|---|', 'all', /not be one list item/);
  refuse('## One ^id', 'x', 'end', /is a heading: only all of it/);
  refuse('one ^id', ' ', 'all', /needs a text/);
  refuse('none', 'x', 'all', /no block "\^id" in this note\. It has "\^other"\./);
  t.end();
});

/** What stands before it in the same list, it itself with its mark, and what follows it there. */
const marked: Record<string, [lead: string, block: string, tail: string]> = {
  paragraph: ['', 'one\ntwo, e\u0301 ^id', ''],
  item: ['- one\n', '- two ^id\n  - below\n    more', '\n- three'],
  'deep item': ['- one\n  1. other\n', '  2. deep ^id', '\n- two'],
  task: ['- [x] done\n', '- [ ] task\n  of two lines ^id', ''],
  heading: ['', '## Part ^id', ''],
  quote: ['', '> one\n> two ^id', ''],
  callout: ['', '> [!note]- Title\n> one\n> - list\n\n^id', ''],
  table: ['', '| a | b |\n|---|---|\n| 1 | \\| |\n\n^id', ''],
  code: ['', '```js\nold ^no\n\n# Log\n```\n\n^id', ''],
  list: ['', '- one\n- two\n\n^id', ''],
  math: ['', '$$\nx = y\n$$\n\n^id', ''],
};
/** What of each may not be refused, with the text for it. */
const fitting: Record<string, [text: string, ...places: EditPlace[]]> = {
  paragraph: ['new $& words\n🎉', 'all', 'start', 'end'],
  item: ['new $& words', 'all', 'start'],
  'deep item': ['- new', 'all', 'start', 'end'],
  task: ['new words', 'all', 'start', 'end'],
  heading: ['새 제목', 'all'],
  quote: ['new words', 'all', 'start', 'end'],
  callout: ['new words', 'all', 'start', 'end'],
  table: ['| 3 | 4 |', 'start', 'end'],
  code: ['const b;\n\n# c', 'start', 'end'],
  list: ['- new', 'all', 'start', 'end'],
  math: ['z', 'start', 'end'],
};

/** Lines without what makes them a part of a list or quote. */
const wordsOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/^(?:[\s>]|(?:[-*+]|\d+[.)]|\[.\]|#+)(?=\s|$))*/, '')
        .replace(/(?:^|\s+)\^id\s*$/, '')
        .trim(),
    )
    .filter((line) => line !== '');

const isWithin = (some: readonly string[], all: readonly string[]): boolean =>
  all.some((_, at) => some.every((line, index) => all[at + index] === line));

t.test('whatever the block and the text, the id names it afterwards and all around it stays', (t) => {
  const seen = { edited: 0, refused: 0 };
  const anyText = fc.oneof(
    fc.constantFrom(...hardBlocks),
    fc.constantFrom('new', '- [x] new', '> new', '| 3 |', '```\ny\n```'),
  );
  fc.assert(
    fc.property(
      hardNote,
      fc.constantFrom(...Object.keys(marked)),
      fc.record({ others: fc.array(fc.constantFrom(...hardBlocks), { maxLength: 2 }), isLast: fc.boolean() }),
      fc.option(anyText, { nil: undefined }),
      fc.constantFrom<EditPlace[]>('all', 'start', 'end'),
      ({ note: before }, kind, { others, isLast }, given, at) => {
        const ending = before.includes('\r\n') ? '\r\n' : '\n';
        const write = (text: string): string => text.replaceAll('\n', ending);
        const [lead = '', block = '', tail = ''] = (marked[kind] ?? []).map(write);
        // A list before it would be one with its own.
        const head = before.trimEnd() + write('\n\nand then\n\n') + lead;
        const rest = [tail, ...others.map(write)].join(ending + ending).trimEnd();
        const note = head + block + rest + (isLast ? '' : ending);
        const [own, ...places] = fitting[kind] ?? [''];
        const text = given ?? own;
        let edited: string;
        try {
          edited = editBlock(note, { block: 'id', text, at });
        } catch (error) {
          if (!(error instanceof EditRefused)) throw error;
          seen.refused += 1;
          assert.ok(
            given !== undefined || !places.includes(at),
            `${kind} takes ${text} at ${at}: ${error.message}`,
          );
          return;
        }
        seen.edited += 1;
        const now = inPlaceOf(note, edited, { from: head.length, to: head.length + block.length });
        assert.equal(now.match(/(?:^|\s)\^id\s*$/gm)?.length, 1, now);
        assert.ok(now.includes(text) || isWithin(wordsOf(text), wordsOf(now)), JSON.stringify([text, now]));
        if (at !== 'all') {
          const kept = wordsOf(now).join('\n').split(wordsOf(text).join('\n'));
          assert.equal(
            kept.join('').replace(/\n+/g, '\n').trim(),
            wordsOf(block).join('\n'),
            'what was there stays',
          );
        }
      },
    ),
    { numRuns: Number(process.env['FC_RUNS'] ?? 400) },
  );
  t.comment(JSON.stringify(seen));
  t.ok(seen.edited > 150 && seen.refused > 20);
  t.end();
});
