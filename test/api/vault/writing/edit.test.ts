// Changing a note as text: what is changed, and that every other byte stays.
import t from 'tap';
import { EditRefused } from '../../../../api/vault/errors.ts';
import { parseFrontMatter } from '../../../../api/vault/notes/front-matter.ts';
import type { FieldValue } from '../../../../api/vault/writing/front-matter-edit.ts';
import { appendText, editSection, replaceText, setField } from '../../../support/edits.ts';

const replaceSection = (text: string, heading: string, content: string): string =>
  editSection(text, { heading, text: content, at: 'all' });

const note = `# Title

intro

## Tasks

- one

### Later

\`\`\`
## Tasks
\`\`\`

## Log ##
last`;

t.test('a section is replaced with the sections inside it, and nothing else', (t) => {
  const [before = '', after = ''] = note.split(/- one[\s\S]*```\n(?=\n## Log)/);
  t.equal(replaceSection(note, 'Tasks', 'new\n\nlines\n\n'), `${before}new\n\nlines\n${after}`);
  t.equal(replaceSection(note, '## tasks', 'x'), `${before}x\n${after}`, 'marks and case');
  t.equal(replaceSection(note, 'Tasks', '## Tasks\n\nx'), `${before}x\n${after}`, 'its heading given again');
  t.equal(replaceSection(note, 'Tasks', ''), note.replace(/- one[\s\S]*```\n\n(?=## Log)/, ''), 'emptied');
  t.equal(
    replaceSection(note, 'Log', 'new'),
    note.replace('last', 'new'),
    'the last one, without a final newline',
  );
  t.equal(replaceSection('## A', 'A', 'x'), '## A\nx');
  t.equal(replaceSection('## A\n\n## B\n', 'A', 'x'), '## A\nx\n\n## B\n');
  t.equal(
    replaceSection('A\n===\nx\n\nB\n---\ny\n\nC\n=\nz\n', 'A', 'n'),
    'A\n===\nn\n\nC\n=\nz\n',
    'underlined',
  );
  t.end();
});

t.test('a heading that is not there, or there twice, is refused', (t) => {
  t.throws(() => replaceSection(note, 'Nothing', 'x'), EditRefused);
  t.throws(() => replaceSection(note, '# Tasks', 'x'), EditRefused, 'of another level');
  t.throws(() => replaceSection('## A\n## A\n', 'A', 'x'), EditRefused);
  t.equal(replaceSection('# A\n## A\n', '## A', 'x'), '# A\n## A\nx\n');
  t.throws(() => appendText('---\na: 1\n# A\n---\n', 'x', 'A'), EditRefused, 'a comment of the front matter');
  t.end();
});

t.test('equal headings are told apart by what they are named with in the refusal', (t) => {
  const notes = [
    '# Log\na\n# Engine\n## Log\nb\n',
    '## Log\na\n# Engine\n## Log\nb\n',
    '# A\n## Log\na\n# B\n## Log\nb\n',
    '# A\n## Log\na\n### Log\nb\n',
  ];
  for (const text of notes) {
    let message = '';
    try {
      replaceSection(text, 'Log', 'x');
    } catch (error) {
      message = String(error);
    }
    const names = [...(message.split('give one of ')[1] ?? '').matchAll(/"([^"]+)"/g)].map(
      ([, name = '']) => name,
    );
    const edited = names.map((name) => replaceSection(text, name, 'x'));
    t.equal(names.length, 2, message);
    t.equal(new Set(edited).size, 2, message);
  }
  t.throws(() => replaceSection('# A\n## B\n## B\n', 'B', 'x'), {
    message: /2 headings.*paths are the same/,
  });
  t.throws(() => replaceSection(note, 'Nothing', 'x'), { message: /It has "Title", "Tasks"/ });
  t.end();
});

t.test('text is appended on lines of its own, with the ends of lines that the note has', (t) => {
  t.equal(appendText('', 'x'), 'x\n');
  t.equal(appendText('a', 'x\n'), 'a\n\nx');
  t.equal(appendText('a\r\nb\r\n', 'x\ny'), 'a\r\nb\r\n\r\nx\r\ny\r\n');
  t.equal(appendText('---\na: 1\n---', 'x'), '---\na: 1\n---\nx');
  t.equal(appendText(note, 'x', 'Later'), note.replace('```\n\n## Log', '```\n\nx\n\n## Log'));
  t.end();
});

t.test('the text is replaced and the front matter, the BOM and the final newline stay', (t) => {
  t.equal(
    replaceText('\ufeff---\r\na:  1 # x\r\n---\r\nold\r\n', 'new\nlines'),
    '\ufeff---\r\na:  1 # x\r\n---\r\nnew\r\nlines\r\n',
  );
  t.equal(replaceText('old', 'new\n'), 'new');
  t.equal(replaceText('\ufeffold\n', '\ufeffnew'), '\ufeffnew\n');
  t.equal(replaceText('---\na: 1\n---\nold\n', ''), '---\na: 1\n---\n');
  t.equal(
    replaceText('---\na: [\n---\nold\n', '---\na: []\n---\nnew\n'),
    '---\na: []\n---\nnew\n',
    'broken front matter is text',
  );
  t.throws(() => replaceText('---\na: 1\n---\nold\n', '---\na: 2\n---\nnew\n'), EditRefused);
  t.throws(() => replaceText('old\n', '---\na: [\n---\nnew\n'), {
    message: /front matter that is not valid YAML/,
  });
  t.equal(replaceText('old\n', '---\na: 1\n---\nnew\n'), '---\na: 1\n---\nnew\n', 'as a new note may');
  t.equal(replaceText('---\na: [\n---\nold\n', '---\nb: [\n---\n'), '---\nb: [\n---\n', 'step by step');
  t.equal(replaceText('---\na: 1\n---\nold\n', '---\nb: [\n---\n'), '---\na: 1\n---\n---\nb: [\n---\n');
  t.end();
});

const source = `---
# top
title:   "A b"   # why
tags: [a, b]
list:
- x
- y
empty:
date: 2026-01-01
strange key!: {deep: [1, 2]}
text: |
  foo
  bar
---
Body
`;

t.test('one field is set, and every other byte stays', (t) => {
  const cases: [string, FieldValue, string | RegExp, string][] = [
    ['title', 'New', '"A b"', 'New'],
    ['Title', 'a: b', '"A b"', '"a: b"'],
    ['tags', ['c', 'd, e'], '[a, b]', '[c, "d, e"]'],
    ['tags', 'one', '[a, b]', 'one'],
    ['list', ['z'], '- x\n- y', '- z'],
    ['list', [], '\n- x\n- y', ' []'],
    ['empty', true, 'empty:', 'empty: true'],
    ['empty', ['q'], 'empty:', 'empty:\n  - q'],
    ['date', '2026-12-31', '2026-01-01', '2026-12-31'],
    ['text', 'a\nb', '  foo\n  bar', '  a\n  b'],
    ['fresh', 5, '\n---\nBody', '\nfresh: 5\n---\nBody'],
    ['title', null, 'title:   "A b"   # why\n', ''],
    ['list', null, 'list:\n- x\n- y\n', ''],
    ['text', null, 'text: |\n  foo\n  bar\n', ''],
    ['nothing', null, '', ''],
  ];
  for (const [field, value, old, expected] of cases) {
    const wanted = source.replace(old, expected);
    const label = `${field} = ${JSON.stringify(value)}`;
    if (field === 'text' && value !== null) {
      t.match(parseFrontMatter(setField(source, field, value)).fields['text'], 'a\nb', label);
      continue;
    }
    t.equal(setField(source, field, value), wanted, label);
    const windows = setField(source.replaceAll('\n', '\r\n'), field, value);
    t.equal(windows, wanted.replaceAll('\n', '\r\n'), `${label}, Windows`);
  }
  t.end();
});

t.test('a block is made where there is none, and may become empty', (t) => {
  t.equal(setField('Body', 'a', 'x'), '---\na: x\n---\nBody');
  t.equal(setField('\ufeffBody\r\n', 'a', 'x'), '\ufeff---\r\na: x\r\n---\r\nBody\r\n');
  t.equal(setField('---\n---\nBody', 'a', 1), '---\na: 1\n---\nBody');
  t.equal(setField('---\na: 1\n---\nBody', 'a', null), '---\n---\nBody');
  t.equal(setField('Body', 'a', null), 'Body');
  t.end();
});

t.test('a new field leaves the lines before it with their endings, blank ones too', (t) => {
  t.equal(setField('---\na: 1\n\n---\nBody', 'b', 2), '---\na: 1\n\nb: 2\n---\nBody');
  t.equal(setField('---\n\n---\nBody', 'b', 2), '---\n\nb: 2\n---\nBody');
  t.equal(setField('---\na: 1\r\n---\nBody\n', 'b', 2), '---\na: 1\r\nb: 2\r\n---\nBody\n', 'mixed');
  t.end();
});

t.test('text of several lines is written so that what stands around it stays', (t) => {
  const comment = '---\ntitle: x   # why\nb: 1\n---\n';
  t.equal(
    setField(comment, 'title', 'one\ntwo'),
    comment.replace('x ', '"one\\ntwo" '),
    'a comment behind it',
  );
  t.equal(
    setField('---\nlist:\n    - a\nb: 1\n---\n', 'list', ['one\ntwo', 'c']),
    '---\nlist:\n    - |-\n      one\n      two\n    - c\nb: 1\n---\n',
    'in a list, as far in as the list was',
  );
  t.equal(setField('---\n\na: 1\n---\n', 'a', null), '---\n\n---\n', 'a blank line before it');
  t.end();
});

t.test('a comment on the line of a field stays there, whatever the field says then', (t) => {
  const cases: [before: string, value: FieldValue, after: string][] = [
    ['a: # why', 'x', 'a: x # why'],
    ['a: # why', ['x', 'y'], 'a: # why\n  - x\n  - y'],
    ['a: # why', 'one\ntwo', 'a: "one\\ntwo" # why'],
    ['a: 1 # why', ['x'], 'a: # why\n  - x'],
    ['a: # why\n  - x\n  - y', ['z'], 'a: # why\n  - z'],
    ['a: # why\n  - x', 'z', 'a: z # why'],
    ['a: # why\n  - x', [], 'a: [] # why'],
    ['a:\n# below', 'x', 'a: x\n# below'],
  ];
  for (const [before, value, after] of cases) {
    for (const rest of ['', '\nb: 1']) {
      const note = `---\n${before}${rest}\n---\nBody\n`;
      t.equal(setField(note, 'a', value), `---\n${after}${rest}\n---\nBody\n`, note);
      const windows = setField(note.replaceAll('\n', '\r\n'), 'a', value);
      t.equal(windows, `---\n${after}${rest}\n---\nBody\n`.replaceAll('\n', '\r\n'), `${note}, Windows`);
    }
  }
  t.end();
});

t.test('a field is found in whatever Unicode form its name is', (t) => {
  const note = '---\n상태: 진행\nÄnderung: 1\n---\n'.normalize('NFD');
  t.equal(setField(note, '상태', 'x'), note.replace('진행'.normalize('NFD'), 'x'));
  t.equal(setField(note, 'änderung', 2), note.replace('1', '2'));
  t.end();
});

t.test('what could change more than the field is refused', (t) => {
  t.throws(() => setField('---\na: &x 1\nb: *x\n---\n', 'a', 2), EditRefused);
  t.throws(() => setField('---\n{a: 1}\n---\n', 'a', 2), EditRefused);
  t.throws(() => setField('---\na: [\n---\n', 'a', 2), EditRefused);
  t.throws(() => setField('---\n- a\n---\n', 'a', 2), EditRefused);
  // Valid without it, and another field means something else.
  t.throws(() => setField('---\na: &x 1\nb: &x 2\nc: *x\n---\n', 'b', null), EditRefused);
  t.equal(setField('---\na: &x 1\nb: 2\nc: *x\n---\n', 'b', null), '---\na: &x 1\nc: *x\n---\n');
  t.end();
});
