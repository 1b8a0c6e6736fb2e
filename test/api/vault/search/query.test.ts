// What people type, as FTS5 expressions: tried on the index's own table, with random text too.
import t from 'tap';
import { openIndexFile } from '../../../../api/vault/index/file.ts';
import { parseSearchQuery } from '../../../../api/vault/search/query.ts';
import { createSnippet } from '../../../../api/vault/search/snippet.ts';
import { filterWord, segmentText } from '../../../../api/vault/search/tokens.ts';

const database = openIndexFile(':memory:', '/nowhere');
const put = database.prepare('INSERT INTO words(rowid, path, body, filters) VALUES (?, ?, ?, ?)');
const select = database.prepare('SELECT 1 FROM words WHERE words MATCH ?');
t.teardown(() => database.close());

type Property = [name: string, value: string];

const isField = (name: string) => name === 'status' || name === 'due';

function finds(text: string, query: string, properties: Property[] = [], path = '') {
  database.exec('DELETE FROM words');
  put.run(1, segmentText(path), segmentText(text), properties.map(([n, v]) => filterWord(n, v)).join(' '));
  const parsed = parseSearchQuery(query, isField);
  return parsed !== undefined && select.get(parsed.match) !== undefined;
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
  t.notOk(finds('authorization', 'auth'));
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
  for (const query of ['', '   ', '""', '*', '-', '!?…', '🎉', '-draft', '"', ':', '()']) {
    t.equal(parseSearchQuery(query, isField), undefined, JSON.stringify(query));
  }
  t.end();
});

t.test('a query is read to its 1,000th character and its 32nd term, each term once', (t) => {
  const wordsOf = (query: string) => parseSearchQuery(query, isField)?.match.split(' AND ') ?? [];
  t.same(wordsOf(`${'x'.repeat(998)} ab`).at(-1), '"a"');
  const words = Array.from({ length: 40 }, (_, number) => `word${number}`);
  t.same(
    wordsOf(words.join(' ')),
    words.slice(0, 32).map((word) => `"${word}"`),
  );
  t.same(
    wordsOf('one two one "one" two* two* one'),
    ['"one"', '"two"', '"two"*'],
    'repeated ones are dropped',
  );
  t.same(wordsOf('status:a status:a'), wordsOf('status:a'));
  t.end();
});

t.test('prefixes are few and long enough, and so are single characters', (t) => {
  const match = (query: string) => parseSearchQuery(query, isField)?.match ?? '';
  const count = (query: string) => match(query).split('"*').length - 1;
  t.equal(count('ab* cd* ef* gh* ij* path:kl status:mn*'), 4);
  t.equal(count('path:ab path:cd path:ef path:gh path:ij kl*'), 4, 'a folder is looked for as a beginning');
  t.equal(match('a*'), '"a"', 'a word, not all that begin so');
  t.equal(match('path:a'), 'path : "a"');
  t.equal(match('ab*'), '"ab"*');
  t.equal(match('인증*'), '"인증"*');
  t.equal(count([...'가나다라마바사아자차카타'].join(' ')), 8);
  t.equal(count('status:*'), 0, 'that a field is there is a word of its own');
  t.end();
});

t.test('the looser search takes 24 words at most, and the longer ones as beginnings', (t) => {
  const words = Array.from({ length: 30 }, (_, number) => `word${number}`);
  t.equal(parseSearchQuery(words.join(' '), isField)?.fallback?.split(' OR ').length, 24);
  t.equal(
    parseSearchQuery('cat cats lions 인증서', isField)?.fallback,
    '("cat" OR "cat"* OR "lion"* OR "인증" OR "증서")',
  );
  t.end();
});

t.test('a dear query weighs more than a cheap one', (t) => {
  const weigh = (query: string) => parseSearchQuery(query, isField)?.weight ?? 0;
  t.equal(weigh('word'), 1);
  t.equal(weigh('two words'), 2);
  t.ok(weigh('ab*') > weigh('two words'));
  t.ok(weigh('"a phrase of many words"') > weigh('two words'));
  t.ok(weigh('일일 노트에 템플릿을 적용') >= 7, 'by the looser search that it may come to');
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
    const parsed = parseSearchQuery(query, isField);
    for (const expression of [parsed?.match, parsed?.fallback]) {
      if (expression !== undefined) {
        tried += 1;
        try {
          select.all(expression);
        } catch (error) {
          t.fail(`${JSON.stringify(query)} became ${expression}: ${(error as Error).message}`);
        }
      }
    }
  }
  t.ok(tried > 5000, `${tried} expressions`);
  const long = parseSearchQuery('word '.repeat(100_000), isField);
  t.doesNotThrow(() => select.all(long?.match), 'a very long query');
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
  const text = `# Start\n\n${'filler '.repeat(100)}the access token of the 재인증서버를 ends here ${'more '.repeat(100)}`;
  const snippet = createSnippet(text, ['access', 'token', '인증']);
  t.match(snippet, /access token of the 재인증서버를/);
  t.ok(snippet.startsWith('…') && snippet.endsWith('…') && snippet.length < 225 && !snippet.includes('\n'));
  t.match(createSnippet(text, ['absent']), /^# Start filler/);
  t.equal(createSnippet('', ['x']), '');
  t.ok(createSnippet('😀'.repeat(300), []).isWellFormed());
  t.end();
});
