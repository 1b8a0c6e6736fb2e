// api/answers/size.ts: characters are counted as JSON.stringify will write them, without writing them.
import t from 'tap';
import { countJson, countText, findCut, shortenTitle, takeFirst } from '../../../api/answers/size.ts';

const lengthOf = (value: unknown): number => JSON.stringify(value).length;
const texts = [
  '',
  'plain',
  '"quotes" and \\backslashes\\',
  '\b\t\n\f\r\u0000\u0001\u001f\u007f',
  'é ü 한국어 日本語 \u2028\u2029\ufffd',
  '😀 \u{1F468}\u200d\u{1F469}',
  'lone \ud800 and \udc00 and \udc00\ud800',
];

t.test('text is counted with its escapes, to the character', (t) => {
  for (const text of texts)
    t.equal(countText(text), lengthOf(text) - 2, encodeURIComponent(text.toWellFormed()));
  t.end();
});

t.test('a value is never counted for less than its JSON, and hardly for more', (t) => {
  const values = [
    ...[null, true, 12.5, -0, 1e300, texts, Object.fromEntries(texts.map((text) => [text, text]))],
    { notes: [{ id: 'a', tags: [], frontMatter: { nested: { list: [1, 'two', null] } } }] },
  ];
  for (const value of values) {
    const counted = countJson(value);
    t.ok(counted >= lengthOf(value) && counted <= lengthOf(value) + 16, String(counted));
  }
  let deep: unknown = 1;
  for (let level = 0; level < 200_000; level += 1) deep = [deep];
  t.ok(countJson(deep) >= 400_001, 'however deep it is');
  t.end();
});

t.test('counting ends soon after the most that is of interest', (t) => {
  const text = '\u0001'.repeat(5_000_000);
  t.ok(countText(text, 1_000) <= 1_006);
  t.ok(countJson([text, text, text], 1_000) < 3_000);
  t.end();
});

t.test('a cut is as late as it may be, and never within a character', (t) => {
  for (const text of texts) {
    for (let most = 0; most <= 40; most += 1) {
      const end = findCut(text, 0, most);
      t.ok(countText(text.slice(0, end)) <= most);
      if (end < text.length) t.ok(countText(text.slice(0, end + 2)) > most);
    }
  }
  t.equal(findCut('a😀', 0, 2), 1);
  t.equal(findCut('a😀', 0, 3), 3);
  t.equal(findCut('abcdef', 1, 9, 4), 4, 'not beyond the end that is given');
  t.equal(findCut('abcdef', 2, 3), 5, 'from where it starts');
  t.end();
});

t.test('as many of a list as fit are taken', (t) => {
  t.same(takeFirst(['a', 'b', 'c'], 100), ['a', 'b', 'c']);
  t.same(takeFirst(['aaaa', 'bbbb', 'cccc'], 18), ['aaaa', 'bbbb']);
  t.same(takeFirst(['\u0001'.repeat(100)], 18), []);
  t.end();
});

t.test('a title is one that a list can show', (t) => {
  t.equal(shortenTitle('Garden'), 'Garden');
  const long = shortenTitle(`${'가'.repeat(298)}😀${'가'.repeat(5_000_000)}`);
  t.equal(long, `${'가'.repeat(298)}…`, 'and not half a character');
  t.end();
});
