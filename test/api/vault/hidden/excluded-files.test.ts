// Obsidian's excluded files: which filters there are, what each hides, and an expression that would not come to an end.
import t from 'tap';
import { ExcludedFiles, parseExcludedFiles } from '../../../../api/vault/hidden/excluded-files.ts';

const hides = (filters: string[], path: string): boolean =>
  new ExcludedFiles(filters).findHidden([path]).has(path);

t.test('the filters are read from the settings, and nothing else of them', (t) => {
  t.same(parseExcludedFiles('{"userIgnoreFilters":["Private/","/x/"],"legacyEditor":false}'), [
    'Private/',
    '/x/',
  ]);
  for (const none of ['{}', '{"userIgnoreFilters":null}', '{"userIgnoreFilters":[]}', 'null']) {
    t.same(parseExcludedFiles(none), [], none);
  }
  t.same(parseExcludedFiles('{"userIgnoreFilters":["a",1,null,"",{}]}'), ['a']);
  for (const broken of ['', '{', '{"userIgnoreFilters":["Private/"', '{"userIgnoreFilters":"Private/"}']) {
    t.equal(parseExcludedFiles(broken), undefined, broken);
  }
  t.end();
});

t.test('a filter is the beginning of a path, or an expression for all of it; case is left aside', (t) => {
  for (const [filter, hidden, shown] of [
    ['Private/', ['Private/Diary.md', 'private/a/b.md'], ['Private.md', 'a/Private/b.md']],
    ['Priv', ['Private.md', 'Privy/x.md'], ['a Priv.md']],
    ['Work/a.md', ['Work/a.md'], ['Work/b.md']],
    ['a+b (c)/', ['a+b (c)/x.md'], ['aab c/x.md']],
    ['/\\.draft\\.md$/', ['x/a.draft.md', 'A.DRAFT.md'], ['a.draft.md.md']],
    ['/^(?!Public\\/)/', ['Private/a.md', 'a.md'], ['Public/a.md', 'Public/b/c.md']],
    ['/(\\w)\\1\\1/', ['aaa.md'], ['aab.md']],
    ['/secret/', ['my SECRET plan.md', 'secret/a.md'], ['a.md']],
    ['/', ['/a.md'], ['a.md']],
    ['일기/'.normalize('NFD'), ['일기/a.md'.normalize('NFC')], ['일/a.md']],
  ] as const) {
    for (const path of hidden) t.ok(hides([filter], path), `${filter} hides ${path}`);
    for (const path of shown) t.notOk(hides([filter], path), `${filter} shows ${path}`);
  }
  t.ok(new ExcludedFiles(['Private/']).isHiddenFolder('Private'));
  t.notOk(new ExcludedFiles(['Private/Deep']).isHiddenFolder('Private'));
  t.notOk(new ExcludedFiles(['/^Private/']).isHiddenFolder('Private'), 'an expression is asked of each file');
  t.end();
});

t.test('an expression that is none is left out and counted', (t) => {
  const excluded = new ExcludedFiles(['/(/', 'Private/']);
  t.same([...excluded.findHidden(['(.md', 'Private/a.md'])], ['Private/a.md']);
  t.equal(excluded.faults, 1);
  t.end();
});

t.test('an expression that does not come to an end hides what it is at, and holds nobody', (t) => {
  const excluded = new ExcludedFiles(['/^(a+)+$/']);
  const evil = Array.from({ length: 2000 }, (_, index) => `${'a'.repeat(60)}${index}.md`);
  const found = excluded.findHidden([...evil, 'plain.md']);
  // Without a bound for all of them it would take longer than a test may, without one for each more than a life.
  t.same(
    evil.filter((path) => !found.has(path)),
    [],
    'in doubt nothing is shown',
  );
  t.ok(excluded.faults > 0);
  // Until then the others are told apart.
  const few = new ExcludedFiles(['/^(a+)+$/']);
  t.same([...few.findHidden(['plain.md', `${'a'.repeat(60)}!.md`])], [`${'a'.repeat(60)}!.md`]);
  t.end();
});
