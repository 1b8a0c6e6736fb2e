// API_HIDDEN: what may stand in it, what it hides, and that no name makes it slow.
import t from 'tap';
import { isHiddenBy, parseHiddenPatterns } from '../../../../api/vault/hidden/patterns.ts';
import { foldName } from '../../../../api/vault/notes/name.ts';
import { measureGrowth, repeat } from '../../../support/growth.ts';

function hides(list: string, path: string): boolean {
  return parseHiddenPatterns(list).some((pattern) => pattern && isHiddenBy(pattern, foldName(path)));
}

t.test('a pattern hides what it fits, and all that lies below that', (t) => {
  for (const [list, hidden, shown] of [
    [
      'Private',
      ['Private', 'Private/Diary.md', 'Private/a/b.md', 'private/x.md'],
      ['Private.md', 'a/Private/x.md', 'Privately/x.md'],
    ],
    ['/Private/', ['Private/Diary.md'], ['Public/Diary.md']],
    ['Work/Secret.md', ['Work/Secret.md'], ['Work/Secret', 'Secret.md', 'Work/Secret.md.md']],
    ['*.draft.md', ['a.draft.md', '.draft.md'], ['Work/a.draft.md', 'a.draft.markdown']],
    ['**/*.draft.md', ['a.draft.md', 'Work/x/a.draft.md'], ['a.md']],
    ['**/Diary', ['Diary/a.md', 'x/Diary', 'x/y/Diary/a.md'], ['Diary.md', 'x/Diaries/a.md']],
    ['Private/**', ['Private', 'Private/a.md', 'Private/a/b.md'], ['Private.md']],
    ['Work/*/Salary', ['Work/2026/Salary/a.md'], ['Work/Salary/a.md', 'Work/a/b/Salary/c.md']],
    ['Work/**/Salary', ['Work/Salary', 'Work/a/b/Salary/c.md'], ['Salary/c.md']],
    ['20??', ['2026/a.md', '20가나'], ['202/a.md', '20265']],
    ['Private,Work', ['Private/a.md', 'Work/b.md'], ['Other/c.md']],
    [' Private , , 일기/*비밀* ', ['Private/a.md', '일기/내 비밀 1.md'], ['일기/내.md']],
    ['Café', ['Café/a.md'.normalize('NFC')], ['Cafe/a.md']],
    ['Café'.normalize('NFD'), ['Café/a.md'.normalize('NFC')], []],
    ['**', ['a.md', 'a/b.md'], []],
    ['?', ['😀/a.md', 'a'], ['ab']],
    ['a (b)+$.md', ['a (b)+$.md'], ['a bb.md']],
  ] as const) {
    for (const path of hidden) t.ok(hides(list, path), `${list} hides ${path}`);
    for (const path of shown) t.notOk(hides(list, path), `${list} shows ${path}`);
  }
  t.end();
});

t.test('what means something else elsewhere is no pattern, rather than one that hides nothing', (t) => {
  for (const pattern of [
    '[ab].md',
    '{a}',
    '!Public',
    'a\\b',
    '../x',
    'a/./b',
    'a//b',
    'a**',
    '/',
    'a\u0000',
    '***',
  ]) {
    t.same(parseHiddenPatterns(pattern), [undefined], pattern);
  }
  t.same(parseHiddenPatterns(' , '), []);
  t.end();
});

t.test('a name takes time in proportion to its length, whatever the pattern', (t) => {
  for (const [list, unit, end] of [
    [`${'*a'.repeat(10)}b`, 'a', ''],
    ['*a*a*?*b', 'aa', 'c'],
    [`${'**/x/'.repeat(10)}y`, 'x/', 'z'],
    ['**/**/**/y', 'x/', 'z'],
  ] as const) {
    const [pattern = []] = parseHiddenPatterns(list);
    const growth = measureGrowth(
      (path) => isHiddenBy(pattern, path),
      (length) => repeat(unit, length, '', end),
      80_000,
    );
    t.ok(growth < 6, `${list}: ${growth}`);
  }
  t.end();
});
