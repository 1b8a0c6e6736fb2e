// api/vault/index/scan/reader.ts: notes by the time of their last change are found by an index, in every order.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ScanOptions } from '../../../../../api/vault/index/answers.ts';
import { openIndexFile } from '../../../../../api/vault/index/file.ts';
import { ScanReader } from '../../../../../api/vault/index/scan/reader.ts';
import { createIndexWords } from '../../../../../api/vault/index/words.ts';
import { parseNoteContent } from '../../../../../api/vault/notes/content.ts';
import { takeAtOnce } from '../../../../../api/vault/pace/steps.ts';
import { createFolder } from '../../../../support/databases.ts';

interface Note {
  readonly number: number;
  readonly id: string;
  readonly modifiedAt: number;
  readonly isTagged: boolean;
}

const columns = `id, kind, folder, upward, title, tags, front_matter, revision, stamp, file, unread, modified_at, size_bytes,
  born_at`;

/** So many notes in two folders, changed at the times 0 to `count` - 1 in an order of their own; every third has a tag. */
function fill(t: Test, count: number): { reader: ScanReader; notes: Note[] } {
  const database = openIndexFile(join(createFolder(t), 'index.db'), '/vault');
  t.teardown(() => database.close());
  const note = database.prepare(
    `INSERT INTO notes(${columns}) VALUES (?, 'note', ?, ?, 'T', '[]', '{}', 'r', 's', ?, 0, ?, 1, 1)`,
  );
  const words = database.prepare('INSERT INTO words(rowid, filters) VALUES (?, ?)');
  const content = takeAtOnce(parseNoteContent('A.md', Buffer.from('---\ntags: [x]\n---\n')));
  const { filters } = createIndexWords('A.md', content);
  const notes: Note[] = [];
  database.transaction(() => {
    for (let n = 0; n < count; n += 1) {
      const folder = n % 2 === 0 ? 'A' : 'B';
      const [id, modifiedAt] = [`${folder}/${(n * 31) % count}.md`, (n * 7919) % count];
      const number = Number(note.run(id, folder, id, id, modifiedAt).lastInsertRowid);
      words.run(number, n % 3 === 0 ? filters : '');
      notes.push({ number, id, modifiedAt, isTagged: n % 3 === 0 });
    }
  })();
  return { reader: new ScanReader(database), notes };
}

/** All pages. */
function read(reader: ScanReader, options: ScanOptions, limit: number): string[] {
  const ids: string[] = [];
  for (let cursor: string | undefined, isMore = true; isMore; isMore = cursor !== undefined) {
    const { notes, nextCursor } = reader.scan({ ...options, cursor }, limit);
    ids.push(...notes.map(({ id }) => id));
    cursor = nextCursor;
  }
  return ids;
}

const byOrder = {
  none: (one: Note, other: Note) => one.number - other.number,
  path: (one: Note, other: Note) => (one.id < other.id ? -1 : 1),
  modified: (one: Note, other: Note) => other.modifiedAt - one.modifiedAt,
};

t.test('few or many since a time come in the same order, each once', (t) => {
  const count = 5000;
  const { reader, notes } = fill(t, count);
  for (const [name, compare] of Object.entries(byOrder)) {
    for (const matches of [0, 1, 7, 999, 1000, 1001, 1500, count]) {
      for (const { folder, tag } of [{}, { folder: 'A' }, { tag: 'x' }] as ScanOptions[]) {
        const modifiedSince = count - matches;
        const expected = notes
          .filter((one) => one.modifiedAt >= modifiedSince && one.id.startsWith(folder ?? ''))
          .filter(({ isTagged }) => isTagged || tag === undefined)
          .sort(compare)
          .map(({ id }) => id);
        const order = name === 'none' ? {} : { order: name as 'path' | 'modified' };
        const found = read(reader, { ...order, modifiedSince, folder, tag }, 200);
        t.same(found, expected, `${name}, ${matches}, ${folder ?? tag ?? 'all'}`);
      }
    }
  }
  t.end();
});

t.test('a cursor leads on where few became many meanwhile', (t) => {
  const { reader, notes } = fill(t, 3000);
  const first = reader.scan({ modifiedSince: 2500 }, 100);
  const rest = read(reader, { modifiedSince: 1000, cursor: undefined }, 1000);
  const next = reader.scan({ modifiedSince: 1000, cursor: first.nextCursor }, 1000);
  const last = notes.find(({ id }) => id === first.notes.at(-1)?.id)?.number ?? 0;
  const after = notes.filter(({ number, modifiedAt }) => number > last && modifiedAt >= 1000);
  t.same(
    next.notes.map(({ id }) => id),
    after.slice(0, 1000).map(({ id }) => id),
  );
  t.equal(rest.length, 2000);
  t.end();
});

t.test('none and few among many take no longer than among some', (t) => {
  const [some, many] = [fill(t, 2000), fill(t, 40_000)];
  const timeOf = (
    { reader, notes }: ReturnType<typeof fill>,
    options: ScanOptions,
    matches: number,
  ): number => {
    const times = Array.from({ length: 30 }, () => {
      const startedAt = performance.now();
      reader.scan({ ...options, modifiedSince: notes.length - matches }, 50);
      return performance.now() - startedAt;
    });
    return Math.min(...times);
  };
  for (const options of [{}, { order: 'path' }, { order: 'modified' }] as ScanOptions[]) {
    for (const matches of [0, 5]) {
      const ratio = timeOf(many, options, matches) / timeOf(some, options, matches);
      t.ok(ratio < 6, `${JSON.stringify(options)}, ${matches}: ${ratio.toFixed(1)} times as long`);
    }
  }
  t.end();
});
