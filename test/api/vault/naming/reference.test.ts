// api/vault/naming/reference.ts: in how many ways a text can name a note, and which comes first.
import t from 'tap';
import { readReferences } from '../../../../api/vault/naming/reference.ts';

const written = (given: string): string[] =>
  readReferences(given).map(({ name, part }) => (part === '' ? name : `${name} # ${part}`));

t.test(
  'what stands there comes first, then what is in brackets or encoded; the longest name before a shorter',
  (t) => {
    t.same(written('Folder/Note.md'), ['Folder/Note.md']);
    t.same(written('A#B#C'), ['A#B#C', 'A#B # C', 'A # B#C']);
    t.same(written('[[A#B|c]]'), ['[[A#B|c]]', '[[A # B|c]]', 'A#B', 'A # B']);
    t.same(written('![[A\\|b]]'), ['![[A\\|b]]', 'A']);
    t.same(written('[x](<A%20b.md#c>)').slice(2), [
      'A b.md#c',
      'A b.md # c',
      ...written('[x](<A b.md#c>)').slice(0, 2),
    ]);
    t.same(written('a%20b'), ['a%20b', 'a b']);
    t.same(written('100%'), ['100%'], 'what is no encoding is left');
    t.same(written('https://h/notes/notes/a%23b.md').slice(1, 4), [
      'notes/a#b.md',
      'notes/a # b.md',
      'a#b.md',
    ]);
    t.end();
  },
);

t.test('however it is written, no text can be read in very many ways', (t) => {
  for (const unit of ['#', '/notes/', '[[', '](', '%23', '|', 'file=&', '!']) {
    for (const start of ['', 'https://h/notes/', '[[', 'vault:///', 'obsidian://open?', '[']) {
      const count = readReferences(`${start}${unit.repeat(16_000 / unit.length)})]]`).length;
      t.ok(count < 60, `${start}${unit}: ${count}`);
    }
  }
  t.end();
});
