// What people type, as FTS5 expressions: tried on the index's own table, with random text too.
import t from 'tap';
import { openIndexFile } from '../../../../api/vault/index/file.ts';
import { IndexSearch } from '../../../../api/vault/index/finding/search.ts';
import { parseSearchQuery } from '../../../../api/vault/search/query.ts';
import { createSnippetMaker } from '../../../../api/vault/search/snippet.ts';
import { filterWord, segmentText } from '../../../../api/vault/search/tokens.ts';

const database = openIndexFile(':memory:', '/nowhere');
const put = database.prepare('INSERT INTO words(rowid, path, body, filters) VALUES (?, ?, ?, ?)');
database.exec("INSERT INTO fields VALUES ('status'), ('due')");
const search = new IndexSearch(database);
const select = database.prepare('SELECT 1 FROM words WHERE words MATCH ?');
t.teardown(() => database.close());

type Property = [name: string, value: string];

const isField = (name: string) => name === 'status' || name === 'due';

function finds(text: string, query: string, properties: Property[] = [], path = '') {
  database.exec('DELETE FROM words');
  put.run(1, segmentText(path), segmentText(text), properties.map(([n, v]) => filterWord(n, v)).join(' '));
  return (plan(query)?.expressions ?? []).some((expression) => select.get(expression) !== undefined);
}

function plan(query: string) {
  return search.plan({ query, limit: 10 }, 1);
}

t.test('Korean, Japanese and Chinese are found from any part of a word', (t) => {
  for (const query of [
    '인증',
    '증서',
    '재인증',
    '서버를',
    '재인증서버를',
    '를',
    '인',
    '"인증서버"',
    '인증*',
  ]) {
    t.ok(finds('새 재인증서버를 올린다', query), query);
  }
  t.notOk(finds('새 재인증서버를 올린다', '인서'), 'syllables that do not stand together');
  t.notOk(finds('인 증', '인증'), 'syllables apart');
  t.ok(finds('東京タワーへ行く', 'タワー'));
  t.ok(finds('東京タワーへ行く', '京タ'));
  t.ok(finds('我们在北京开会', '北京'));
  t.ok(finds('\u{20000}\u{20001}\u{20002}', '\u{20001}\u{20002}'), 'beyond the first plane');
  t.end();
});

t.test('two scripts in one query, with and without a space between them', (t) => {
  t.ok(finds('OAuth 인증서버', 'OAuth 인증'));
  t.ok(finds('OAuth인증서버', '"OAuth 인증"'));
  t.ok(finds('인증 서버 설정', '"인증 서버"'));
  t.notOk(finds('인증과 서버', '"인증 서버"'));
  t.ok(finds('3차 회의', '3차'));
  t.end();
});

t.test('one spelling finds another: case, accents, width, composed or not', (t) => {
  t.ok(finds('Café São Paulo', 'cafe sao'));
  t.ok(finds('재인증서버'.normalize('NFD'), '인증'));
  t.ok(finds('재인증서버', '인증'.normalize('NFD')));
  t.ok(finds('ＯＡｕｔｈ　ｶﾞｲﾄﾞ', 'oauth ガイド'));
  t.ok(finds('hyphen\u00adation', 'hyphenation'));
  t.end();
});

t.test('phrases, prefixes, exclusions', (t) => {
  t.ok(finds('the access token expired', '"access token"'));
  t.notOk(finds('the token for access', '"access token"'));
  t.ok(finds('authorization', 'auth*'));
  t.ok(finds('authorization', 'auth'), 'a word that is not counted yet may be the beginning of one');
  t.ok(finds('better-sqlite3 is fast', 'better-sqlite3'));
  t.notOk(finds('a draft of loop', 'loop -draft'));
  t.ok(finds('loop', 'loop -draft'));
  t.ok(finds('the access token', '"access token'), 'a quote left open');
  t.end();
});

t.test('fields narrow a search, and only those that the vault has', (t) => {
  const properties: Property[] = [
    ['tag', 'project'],
    ['tag', 'project/loop'],
    ['status', 'In progress'],
    ['due', '2026-11-28'],
  ];
  const path = 'Projects/할 일/Loop.md';
  for (const query of [
    'tag:project',
    'tag:#Project',
    'tags:project/loop',
    'status:"in progress"',
    'due:2026-11*',
    'due:2026-11-28 token',
    'path:projects',
    'path:"projects/할"',
    '-status:done token',
  ]) {
    t.ok(finds('a token', query, properties, path), query);
  }
  for (const query of ['tag:proj', 'status:done', 'due:2026', 'path:tasks', '-tag:project token']) {
    t.notOk(finds('a token', query, properties, path), query);
  }
  t.ok(finds('see https://example.com/a at 12:30', 'https://example.com 12:30'), 'an address is text');
  t.ok(finds('Re: hello', 'Re:hello'), 'an unknown field is text');
  t.notOk(finds('status in progress', 'status:"in progress"'), 'text is not a field');
  t.end();
});

t.test('nothing to look for gives no expression', (t) => {
  for (const query of ['', '   ', '""', '*', '-', '!?…', '🎉', '"', ':', '()']) {
    t.equal(parseSearchQuery(query, isField), undefined, JSON.stringify(query));
    t.equal(plan(query), undefined, JSON.stringify(query));
  }
  t.end();
});

t.test('a minus takes away beside other words, and is an option of a command before few letters', (t) => {
  const read = (query: string) => {
    const parsed = parseSearchQuery(query, isField);
    return [parsed?.words.map(({ text }) => text), parsed?.unwanted.map(({ text }) => text)];
  };
  t.same(read('rm -rf'), [['rm', 'rf'], []]);
  t.same(read('docker run -d'), [['docker', 'run', 'd'], []]);
  t.same(read('git commit --amend'), [['git', 'commit', 'amend'], []]);
  t.same(read('ls -la -h'), [['ls', 'la', 'h'], []]);
  t.same(read('loop -draft'), [['loop'], ['"draft"']]);
  t.same(read('-draft'), [['draft'], []], 'alone it is a word');
  t.same(read('-draft -done'), [['draft', 'done'], []]);
  t.same(read('회의 -인증'), [['회의'], ['"인증"']], 'two syllables are a word');
  t.same(read('loop -status:done'), [['loop'], ['filters : "status\ue000done"']]);
  t.same(read('loop -"first draft"'), [['loop'], ['"first draft"']]);
  t.same(read('bread-oven'), [['bread', 'oven'], []]);
  t.end();
});

t.test('small words weigh nothing beside others', (t) => {
  const words = (query: string) => parseSearchQuery(query, isField)?.words.map(({ text }) => text);
  t.same(words('How do I back up my notes?'), ['back', 'notes']);
  t.same(words('what is it'), ['what', 'is', 'it'], 'where there is nothing else they are words');
  t.same(words('노트를 어떻게 백업'), ['노트를', '백업']);
  t.same(words('什么是神经网络'), ['神经网络']);
  t.same(words('日本の歴史'), ['日本', '歴史']);
  t.same(parseSearchQuery('"to be or not to be"', isField)?.required.length, 1, 'a phrase keeps its own');
  t.end();
});

t.test('a query is read to its 1,000th character and its 32nd term, each term once', (t) => {
  const words = (query: string) => parseSearchQuery(query, isField)?.words.map(({ text }) => text) ?? [];
  t.same(words(`${'x'.repeat(998)} vb`).at(-1), 'v');
  const many = Array.from({ length: 40 }, (_, number) => `word${number}`);
  t.same(words(many.join(' ')), many.slice(0, 32));
  const parsed = parseSearchQuery('one two One status:a "one" status:a', isField);
  t.same(
    parsed?.words.map(({ text }) => text),
    ['one', 'two'],
    'repeated ones are dropped',
  );
  t.equal(parsed?.required.length, 2);
  t.end();
});

t.test('prefixes are few and long enough, and so are single characters', (t) => {
  const match = (query: string) => plan(query)?.expressions.join(' ') ?? '';
  const count = (query: string) => match(query).split('"*').length - 1;
  t.equal(count('ab* cd* ef* gh* ij* path:kl status:mn*'), 4);
  t.equal(count('path:ab path:cd path:ef path:gh path:ij kl*'), 4, 'a folder is looked for as a beginning');
  t.equal(match('q*'), '"q"', 'a word, not all that begin so');
  t.equal(match('path:a'), 'path : "a"');
  t.equal(match('qb*'), '"qb"*');
  t.equal(match('인증*'), '"인증"*');
  t.equal(count([...'강낭당랑망방상앙장창캉탕'].join(' ')), 8);
  t.equal(count('status:*'), 0, 'that a field is there is a word of its own');
  t.end();
});

t.test('an expression has 96 terms at most', (t) => {
  const query = Array.from({ length: 32 }, (_, number) => `a${number}-b${number}-c${number}-d${number}`).join(
    ' ',
  );
  t.ok((plan(query)?.expressions[0]?.split(' OR ').length ?? 0) <= 96);
  const korean = Array.from(
    { length: 30 },
    (_, number) => `가나다라마바사${String.fromCharCode(0xac00 + number)}`,
  );
  t.ok((plan(korean.join(' '))?.expressions[0]?.split(' OR ').length ?? 0) <= 48);
  t.end();
});

t.test('a dear query is known before it is made', (t) => {
  const rows = (query: string) => search.plan({ query, limit: 10 }, 1000)?.rows ?? 0;
  t.ok(rows('ab*') > rows('two words'));
  t.ok(rows('"a phrase of many words"') > rows('two words'));
  t.ok(rows('path:recipes') >= 1000);
  t.end();
});

t.test('no text of a note is taken for a field of it', (t) => {
  const forged = filterWord('status', 'done');
  t.notOk(finds(`before ${forged} after`, 'status:done'));
  t.ok(finds('status done', forged), 'its signs are spaces in a query too');
  t.notMatch(segmentText(forged), /[\ue000\ue001]/);
  t.end();
});

t.test('half a character at the end of a text is only that', (t) => {
  for (const text of ['인증\ud840', 'a\ud840', '\ud840', '인\ud840\ud840', '\udc00인증']) {
    t.notMatch(segmentText(text), /\0/, JSON.stringify(text));
  }
  t.ok(finds('인증\ud840', '인증'));
  t.end();
});

t.test('no text breaks the syntax of the index', (t) => {
  const pieces = [
    ...'"\'*:^(){}[]+-,.;/\\|&!?~`@#$%<>=\0\n\t\ue000\ue001\ud800\udc00\ufeff\u0301',
    ...['AND', 'OR', 'NOT', 'NEAR(', 'NEAR', 'status:', 'path:', 'tag:', 'body :', '- {filters} :', 'rank'],
    ...['인증', '서', '東', 'カ', 'auth', 'é', '12', '\u{20000}', '🎉', ' ', '  ', 'ก', 'ﬁ', '१', 'ـ', 'ʼ'],
  ];
  // A small generator with a fixed seed: a failure can be repeated.
  let seed = 20261122;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let tried = 0;
  for (let round = 0; round < 5000; round += 1) {
    const query = Array.from({ length: 1 + random(12) }, () => pieces[random(pieces.length)]).join('');
    const planned = plan(query);
    for (const expression of [...(planned?.expressions ?? []), ...(planned?.unnarrowed ?? [])]) {
      tried += 1;
      try {
        select.all(expression);
      } catch (error) {
        t.fail(`${JSON.stringify(query)} became ${expression}: ${(error as Error).message}`);
      }
    }
  }
  t.ok(tried > 4000, `${tried} expressions`);
  const [long = ''] = plan('word '.repeat(100_000))?.expressions ?? [];
  t.doesNotThrow(() => select.all(long), 'a very long query');
  t.end();
});

t.test('any part of a CJK text is found again, whatever stands around it', (t) => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const alphabet = [...'가나다東京カナ\u{20000}\u{20001}', 'ab', ' ', '-'];
  for (let round = 0; round < 500; round += 1) {
    const parts = Array.from({ length: 12 }, () => alphabet[random(alphabet.length)] ?? '');
    const from = random(10);
    const part = parts.slice(from, from + 1 + random(3)).join('');
    if (/^[^\sab-]+$/u.test(part)) {
      t.ok(finds(parts.join(''), part), `${part} in ${parts.join('')}`);
    }
  }
  t.end();
});

t.test('a snippet shows the place where most words stand', (t) => {
  const createSnippet = (text: string, words: string[]) => createSnippetMaker(words)(text);
  const text = `# Start\n\n${'filler '.repeat(100)}the access token of the 재인증서버를 ends here ${'more '.repeat(100)}`;
  const snippet = createSnippet(text, ['access', 'token', '인증']);
  t.match(snippet, /access token of the 재인증서버를/);
  t.ok(snippet.startsWith('…') && snippet.endsWith('…') && snippet.length < 225 && !snippet.includes('\n'));
  t.match(createSnippet(text, ['absent']), /^# Start filler/);
  t.equal(createSnippet('', ['x']), '');
  t.ok(createSnippet('😀'.repeat(300), []).isWellFormed());
  t.end();
});
