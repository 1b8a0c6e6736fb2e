// Reading FTS5's own lists, and weighing what they say, comes to what FTS5 says: whatever was written, replaced, removed and
// merged before. A new version of SQLite that kept them in another form would be met here.
import t, { type Test } from 'tap';
import { openIndexFile } from '../../../../../api/vault/index/file.ts';
import { IndexSearch } from '../../../../../api/vault/index/finding/search.ts';
import { BestNotes, weights } from '../../../../../api/vault/index/weighing/best-notes.ts';
import { createIndexWords } from '../../../../../api/vault/index/words.ts';
import { IndexWriter } from '../../../../../api/vault/index/writer.ts';
import { parseNoteContent } from '../../../../../api/vault/notes/content.ts';
import { takeAtOnce } from '../../../../../api/vault/pace/steps.ts';
import { createRandom } from '../../../../support/random.ts';

const english = [
  'the',
  'of',
  'and',
  'note',
  'notes',
  'vault',
  'a',
  'zebra',
  'd00d',
  'plugin',
  'theory',
  'x1',
];
const korean = ['바다코끼리', '고슴도치', '노트', '東京都', 'カタカナ', '값'];
const asked = [...english, '바다', '다코', '고슴', '노트', '東京', 'カタ', '값', 'nothing', 'th', 'zz'];

interface World {
  random: (below: number) => number;
  writer: IndexWriter;
  put(id: string, text: string): void;
  remove(id: string): void;
  /** A step of joining FTS5's segments, of so many pages. */
  merge(pages: number): void;
  find(word: string, last: number[]): number[];
  compare(when: string): void;
  /** The answers to a question that so many rows have to be gone through for. */
  answer(query: string, rows: number): string[];
}

function createWorld(t: Test, seed: number): World {
  const database = openIndexFile(':memory:', '/vault');
  t.teardown(() => database.close());
  const random = createRandom(seed).below;
  const writer = new IndexWriter(database);
  const best = new BestNotes(database);
  const search = new IndexSearch(database);
  const bare = database.prepare(
    `SELECT rowid AS number, bm25(words, ${weights.join(', ')}) AS rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT 18`,
  );
  const merge = database.prepare("INSERT INTO words(words, rank) VALUES ('merge', ?)");
  return {
    random,
    writer,
    put: (id, text) => {
      const content = takeAtOnce(parseNoteContent(id, Buffer.from(text)));
      const said = { content, words: createIndexWords(id, content) };
      const file = { isUnread: false, sizeBytes: 1, bornAt: 1, modifiedAt: 1, statedAt: undefined };
      writer.putNote(undefined, id, { ...file, said, revision: id, file: id }, 'stamp');
    },
    remove: (id) => writer.removeNote(writer.findNumber(id) ?? 0),
    merge: (pages) => merge.run(pages),
    find: (word, last) => (best.find([word], 18, new Set(last))?.best ?? []).map(({ number }) => number),
    answer: (query, rows) => {
      const plan = search.plan({ query, limit: 10 }, 100_000);
      return plan === undefined ? [] : search.run({ ...plan, rows }).map((found) => JSON.stringify(found));
    },
    compare: (when) => {
      const pick = (): string => asked[random(asked.length)] ?? '';
      const queries = [
        ...asked.map((word) => [word]),
        ...asked.map(() => [...new Set([pick(), pick(), pick()])]),
      ];
      for (const words of queries) {
        const match = words.map((word) => `"${word}"`).join(' OR ');
        const { best: found, named } = best.find(words, 18, new Set()) ?? { best: [], named: [] };
        t.same(
          named.map(({ number }) => number),
          (bare.all(`{title aliases} : (${match})`) as typeof found).map(({ number }) => number),
          `${when}: ${match} in names`,
        );
        const expected = bare.all(match) as typeof found;
        t.same(
          found.map(({ number }) => number),
          expected.map(({ number }) => number),
          `${when}: ${match}`,
        );
        t.ok(found.every(({ rank }, index) => Math.abs(rank / (expected[index]?.rank ?? 0) - 1) < 1e-12));
      }
    },
  };
}

function write({ random }: World): string {
  // The first words in most notes, the last in few.
  const pick = (from: string[]): string => from[Math.floor(from.length * (random(1000) / 1000) ** 2)] ?? '';
  const count = random(10) === 0 ? 600 : random(40);
  const words = Array.from({ length: count }, () => pick(random(3) === 0 ? korean : english)).join(' ');
  const filler = ' word'.repeat(random(20) === 0 ? 20_000 : 0);
  return `---\ntags: [${pick(english)}]\naliases: [${pick(korean)}]\n---\n# ${pick(english)} ${pick(korean)}\n${words}${filler} ${pick(english)}`;
}

for (const seed of [1, 2, 3])
  t.test(`a word's best notes are FTS5's own, in their order (${seed})`, (t) => {
    const world = createWorld(t, seed);
    const change = (most: number): void => {
      const id = `Folder ${world.random(9)}/${english[world.random(12)]} ${world.random(most)}.md`;
      if (world.random(4) === 0) world.remove(id);
      else world.put(id, write(world));
    };
    world.put('first.md', 'the first');
    world.compare('one note');
    if (seed === 2) world.writer.startBulk();
    for (let round = 0; round < 8; round += 1) {
      for (let index = 0; index < 60; index += 1) change(40);
      world.compare(`round ${round}`);
    }
    world.writer.mergeStep(true);
    for (let step = 0; step < 5; step += 1) {
      world.compare(`after ${step} steps of a merge`);
      change(40);
      world.writer.mergeStep(false);
    }
    t.end();
  });

t.test('a word that goes on over many pages, in more notes than a block holds', (t) => {
  const world = createWorld(t, 4);
  for (let index = 0; index < 1500; index += 1)
    world.put(
      `${index}.md`,
      `the ${'the '.repeat(world.random(30))}${'word '.repeat(world.random(300))}바다코끼리`,
    );
  world.compare('written');
  for (let index = 0; index < 1500; index += 3) world.remove(`${index}.md`);
  world.compare('removed');
  world.merge(-1);
  for (let step = 0; step < 40; step += 1) {
    if (step % 5 === 0) world.compare(`after ${step} small steps of a merge`);
    world.merge(1);
  }
  while (world.writer.mergeStep(true));
  world.compare('merged');
  t.end();
});

t.test('of equal notes the first comes first, and copies come last whatever they say', (t) => {
  const world = createWorld(t, 5);
  world.put('other.md', 'nothing of it');
  for (let index = 10; index < 40; index += 1) world.put(`${index}.md`, 'zebra x y');
  world.put('best.md', '# zebra');
  world.compare('equal');
  t.same(world.find('zebra', []).slice(0, 4), [32, 2, 3, 4]);
  t.same(world.find('zebra', [32, 2]).slice(0, 4), [3, 4, 5, 6]);
  t.same(
    world.find(
      'zebra',
      Array.from({ length: 25 }, (_, index) => index + 2),
    ),
    [32, 27, 28, 29, 30, 31, ...Array.from({ length: 12 }, (_, index) => index + 2)],
  );
  t.end();
});

t.test('a question has the same answers, however many notes have its words', (t) => {
  const world = createWorld(t, 6);
  const questions = [
    'the',
    'zebra notes',
    '바다코끼리',
    'the -zebra',
    '"the note"',
    'theor',
    'vault 노트 plugin',
    'd00d',
  ];
  for (let index = 0; index < 300; index += 1) {
    const isCopy = index % 40 === 7;
    world.put(
      `${index % 7}/${index}${isCopy ? '.sync-conflict-20260101-120000-ABCDEFG' : ''}.md`,
      write(world),
    );
  }
  for (const question of questions) {
    const [few, many] = [world.answer(question, 0), world.answer(question, 1e6)];
    t.same(many, few, question);
    t.ok(few.length > 0, question);
  }
  t.end();
});
