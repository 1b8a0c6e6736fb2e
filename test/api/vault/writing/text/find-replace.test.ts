// A text found in a note and replaced: once, or everywhere, and nothing else with it.
import fc from 'fast-check';
import t from 'tap';
import { EditRefused } from '../../../../../api/vault/errors.ts';
import '../../../../support/fixed-seed.ts';
import { replaceFound } from '../../../../support/edits.ts';

const replaceOne = (note: string, find: string, replace: string): string =>
  replaceFound(note, { find, replace, all: false });
const replaceAll = (note: string, find: string, replace: string): string =>
  replaceFound(note, { find, replace, all: true });

t.test('a text is replaced where it stands once, and refused with the count where it does not', (t) => {
  t.equal(replaceOne('one two three', 'two', '2'), 'one 2 three');
  t.equal(replaceOne('one two three', ' two', ''), 'one three');
  t.equal(replaceOne('price: $1 (a.b)', '$1 (a.b)', '$& $1'), 'price: $& $1');
  t.equal(replaceAll('a b a b a', 'a', 'aa'), 'aa b aa b aa');
  t.equal(replaceAll('aaaa', 'aa', 'b'), 'bb');
  t.throws(() => replaceOne('a b a b a', 'a', 'x'), {
    name: EditRefused.name,
    message: /3 times.*all: true/,
  });
  t.throws(() => replaceOne('aaa', 'aa', 'x'), { message: /2 times/ }, 'which of two is meant is not clear');
  t.throws(() => replaceOne('one', 'One', 'x'), { message: /not in this note/ });
  t.end();
});

t.test('ends of lines are forgiven, and stay what they are in the note', (t) => {
  t.equal(replaceOne('a\r\nb\r\nc\r\n', 'a\nb', 'x\ny'), 'x\r\ny\r\nc\r\n');
  t.equal(replaceOne('a\r\nb\r\nc\r\n', 'b', 'x'), 'a\r\nx\r\nc\r\n');
  t.equal(replaceOne('a\r\nb\r\n', 'a\n', ''), 'b\r\n');
  t.equal(replaceOne('a\r\nb\r\n', '\nb', ''), 'a\r\n');
  t.equal(replaceOne('a\nb\n', 'a\r\nb', 'x\r\ny'), 'x\ny\n');
  t.end();
});

t.test('the Unicode form of letters is forgiven, and no letter is cut in two', (t) => {
  const [nfc, nfd] = ['café 각 말', 'café 각 말'.normalize('NFD')];
  t.equal(replaceOne(`x ${nfd} y ${nfd.slice(0, 2)}`, nfc, 'z'), `x z y ${nfd.slice(0, 2)}`);
  t.equal(replaceOne(`x ${nfc} y`, nfd, 'z'), 'x z y');
  t.throws(() => replaceOne('cafe\u0301', 'cafe', 'z'), EditRefused);
  t.throws(
    () => replaceOne('x\u0301', 'x', 'z'),
    EditRefused,
    'a letter that has no sign of its own with the mark',
  );
  t.throws(() => replaceOne('각'.normalize('NFD'), '가', 'z'), EditRefused);
  t.equal(replaceOne('I ❤️ it', '❤', 'like'), 'I like\ufe0f it');
  t.end();
});

t.test('no emoji of several characters is cut in two', (t) => {
  for (const [note, find] of [
    ['👩‍👩‍👧', '👩'],
    ['👩‍👩‍👧', '👧'],
    ['👍🏽', '👍'],
    ['👍🏽', '🏽'],
    ['🇰🇷🇯🇵', '🇰'],
    ['🇰🇷🇯🇵', '🇷🇯'],
    ['1️⃣', '1'],
    ['🏳️‍🌈', '🏳'],
  ] as const) {
    t.throws(
      () => replaceOne(`a ${note} b`, find, 'x'),
      { message: /not in this note/ },
      `${find} in ${note}`,
    );
    t.equal(replaceOne(`a ${note} b`, note, 'x'), 'a x b');
  }
  t.equal(replaceOne('👍🏽 👍', '👍', 'x'), '👍🏽 x');
  t.equal(replaceOne('🇰🇷🇯🇵', '🇯🇵', 'x'), '🇰🇷x');
  t.equal(replaceOne('a👍b', '👍', 'x'), 'axb');
  t.end();
});

t.test('the front matter is neither searched nor broken', (t) => {
  t.throws(() => replaceOne('---\na: 1\n---\nb', 'a: 1', 'x'), {
    message: /front matter only.*field and value/,
  });
  t.equal(replaceOne('---\na: 1\n---\na: 1', 'a: 1', '---'), '---\na: 1\n---\n---');
  t.throws(() => replaceOne('one\ntwo', 'one\n', '---\na: 1\n---\n'), { message: /other front matter/ });
  t.equal(replaceOne('---\na: [\n---\nb', '[', '[]'), '---\na: []\n---\nb', 'what can’t be read is mended');
  t.end();
});

t.test('whatever the note and the text, what is outside stays, and back again is the note', (t) => {
  const piece = fc.string({
    unit: fc.constantFrom('a', 'b', ' ', '\n', '#', '`', '-', '|', '가', '😀'),
    maxLength: 20,
  });
  fc.assert(
    fc.property(piece, piece, fc.constantFrom('\n', '\r\n'), (before, after, ending) => {
      const note = `---\nk: v\n---\n${before}[[there]]${after}\n`.replaceAll('\n', ending);
      const [head = '', tail = ''] = note.split('[[there]]');
      const edited = replaceOne(note, '[[there]]', '<once\nmore>');
      if (edited !== `${head}<once${ending}more>${tail}`) throw new Error(JSON.stringify([note, edited]));
      if (replaceOne(edited, '<once\nmore>', '[[there]]') !== note) throw new Error(JSON.stringify(note));
    }),
  );
  t.pass();
  t.end();
});
