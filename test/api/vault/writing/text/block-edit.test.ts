// The text of a block that an id names: it is changed, the id stays and names it, and nothing around it changes.
import t from 'tap';
import { EditRefused } from '../../../../../api/vault/errors.ts';
import type { EditPlace } from '../../../../../api/vault/writing/edit.ts';
import { editBlock } from '../../../../../api/vault/writing/text/block-edit.ts';

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
  refuse('## One ^id', 'x', 'end', /is a heading: only all of it/);
  refuse('one ^id', ' ', 'all', /needs a text/);
  refuse('none', 'x', 'all', /no block "\^id" in this note\. It has "\^other"\./);
  t.end();
});
