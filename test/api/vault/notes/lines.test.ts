// Lines and headings as CommonMark reads them: what opens and closes a fence, and what is a heading.
import t from 'tap';
import { linesOutsideCode, readHeading } from '../../../../api/vault/notes/lines.ts';
import { readMarks } from '../../../../api/vault/notes/marks.ts';
import { listSections } from '../../../../api/vault/notes/sections.ts';
import { takeAtOnce } from '../../../../api/vault/pace/steps.ts';

const shown = (note: string) => Array.from(linesOutsideCode(note, 0), ({ text }) => text);

t.test('a fence is opened by three marks or more, and closed by as many of the same alone on a line', (t) => {
  const cases: [note: string, outside: string[]][] = [
    ['```\nin\n```\nout', ['out']],
    ['~~~\nin\n~~~\nout', ['out']],
    ['```js\nin\n```\nout', ['out']],
    ['   ```\nin\n  ```  \nout', ['out']],
    ['````\n```\nin\n````\nout', ['out']],
    ['```\nin\n````\nout', ['out']],
    ['```\n~~~\nin\n```\nout', ['out']],
    ['~~~ a`b\nin\n~~~\nout', ['out']],
    ['```\n``` js\nin\n```\nout', ['out']],
    ['```\n    ```\nin\n```\nout', ['out']],
    ['```\nto the end', []],
    ['```a`b\nout', ['```a`b', 'out']],
    ['``\nout\n``', ['``', 'out', '``']],
    ['    ```\nout', ['    ```', 'out']],
    ['x ```\nout', ['x ```', 'out']],
  ];
  for (const [note, outside] of cases) {
    t.same(shown(note), outside, JSON.stringify(note));
    t.same(shown(note.replaceAll('\n', '\r\n')), outside, 'with the line endings of Windows');
  }
  t.end();
});

t.test('headings and tags in code are text, for searching as for editing', (t) => {
  const note = '# A\n````\n```\n# B #b\n````\n# C #c\n\n~~~\n# D\n';
  t.same(
    takeAtOnce(listSections(note, 0)).map(({ title }) => title),
    ['A', 'C #c'],
  );
  t.same(takeAtOnce(readMarks(note, 'a.md')).headings, ['A', 'C #c']);
  t.same([...takeAtOnce(readMarks('#a\n```\n#b\n``` #c\n#d\n```\n#e', 'a.md')).tags], ['a', 'e']);
  t.same(takeAtOnce(listSections('text\n```\ncode\n```\n---\n', 0)), [], 'an underline below code is none');
  t.end();
});

t.test('a heading has one to six marks, and those that close it are none of its title', (t) => {
  const cases: [line: string, level: number | undefined, title: string][] = [
    ['# a', 1, 'a'],
    ['   ###### a b', 6, 'a b'],
    ['#\ta', 1, 'a'],
    ['## a ##', 2, 'a'],
    ['# a ####  ', 1, 'a'],
    ['# a#', 1, 'a#'],
    ['# a #b', 1, 'a #b'],
    ['# # a #', 1, '# a'],
    ['#', 1, ''],
    ['## ##', 2, ''],
    ['####### a', undefined, ''],
    ['#a', undefined, ''],
    ['    # a', undefined, ''],
    ['a # b', undefined, ''],
  ];
  for (const [line, level, title] of cases) {
    t.same(readHeading(line), level === undefined ? undefined : { level, title }, JSON.stringify(line));
  }
  t.end();
});
