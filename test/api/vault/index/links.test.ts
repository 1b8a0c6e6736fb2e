// Which note a link means: beside the rule written out plainly, over vaults full of namesakes.
import { posix } from 'node:path';
import type { Database } from 'better-sqlite3';
import t from 'tap';
import { openIndexFile } from '../../../../api/vault/index/file.ts';
import { LinkReader } from '../../../../api/vault/index/links.ts';
import { createIndexWords } from '../../../../api/vault/index/words.ts';
import { IndexWriter } from '../../../../api/vault/index/writer.ts';
import { createRevision, parseNoteContent } from '../../../../api/vault/notes/content.ts';
import { folderOf, foldName, withoutExtension } from '../../../../api/vault/notes/name.ts';
import { takeAtOnce } from '../../../../api/vault/pace/steps.ts';

function createVault(notes: Record<string, string>): { database: Database; links: LinkReader } {
  const database = openIndexFile(':memory:', '/nowhere');
  const writer = new IndexWriter(database);
  database.transaction(() => {
    for (const [id, text] of Object.entries(notes)) {
      const content = takeAtOnce(parseNoteContent(id, Buffer.from(text)));
      const file = { isUnread: false, sizeBytes: 1, bornAt: 1, modifiedAt: 1, statedAt: undefined, file: '' };
      const said = { content, words: createIndexWords(id, content) };
      writer.putNote(undefined, id, { ...file, said, revision: createRevision(text) }, 'stamp');
    }
  })();
  return { database, links: new LinkReader(database) };
}

function finish<Answer>(steps: Generator<void, Answer>): { answer: Answer; steps: number } {
  for (let count = 1; ; count += 1) {
    const step = steps.next();
    if (step.done) return { answer: step.value, steps: count };
  }
}

/**
 * A whole path first, then one in the same folder, then the one with the shortest path; before them all, for a Markdown
 * link, the one that lies there from the note's own folder.
 */
function findPlainly(from: string, link: string, ids: string[]): string | undefined {
  if (link.startsWith('./')) {
    const below = findPlainly(from, posix.join('/', folderOf(from), link), ids);
    return below ?? findPlainly(from, link.slice(2), ids);
  }
  const target = foldName(link);
  const keyOf = (id: string): string => withoutExtension(foldName(id));
  const fits = (id: string): boolean =>
    target.startsWith('/') ? keyOf(id) === target.slice(1) : `/${keyOf(id)}`.endsWith(`/${target}`);
  const far = (id: string): number => {
    if (keyOf(id) === target) return 0;
    return folderOf(id) === folderOf(from) ? 1 : 2;
  };
  return ids.filter(fits).sort((a, b) => far(a) - far(b) || a.length - b.length || (a < b ? -1 : 1))[0];
}

let seed = 11;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const pick = <Value>(from: readonly Value[]): Value => from[random(from.length)] as Value;

t.test('links lead where the plain rule says, and backlinks are the same links seen from there', (t) => {
  const folders = ['', 'a', 'b', 'A', 'a/b', 'b/a', 'a/b/a', 'long folder/a'];
  let checked = 0;
  const names = ['index', 'Index', 'note', '인덱스', 'a'];
  for (let round = 0; round < 40; round += 1) {
    const ids = new Set<string>();
    while (ids.size < 14)
      ids.add(`${pick(folders)}/${pick(names)}.${pick(['md', 'md', 'markdown'])}`.replace(/^\//, ''));
    const targets = (): string => {
      const path = pick([`${pick(folders)}/`, '', `${pick(names)}/`]) + pick(names);
      return path.replace(/^\//, '');
    };
    const notes = Object.fromEntries(
      [...ids].map((id) => [
        id,
        Array.from({ length: 5 }, () =>
          pick([
            `[[${targets()}]]`,
            `[x](/${targets().replaceAll(' ', '%20')}.md)`,
            `[x](<${targets()}.md>)`,
            `[x](${targets().replaceAll(' ', '%20')})`,
            `[[../${targets()}]]`,
          ]),
        ).join(' '),
      ]),
    );
    const { database, links } = createVault(notes);
    const plainly = new Map(
      [...ids].map((id) => {
        const { links: written } = takeAtOnce(parseNoteContent(id, Buffer.from(notes[id] ?? '')));
        const found = written.map(({ target }) => findPlainly(id, target, [...ids]));
        return [id, new Set(found.filter((one) => one !== undefined))] as const;
      }),
    );
    for (const id of ids) {
      const { links: written } = takeAtOnce(parseNoteContent(id, Buffer.from(notes[id] ?? '')));
      const answer = finish(links.resolve(id, written)).answer;
      const resolved = new Set(answer.links);
      const missing = written.filter(({ target }) => findPlainly(id, target, [...ids]) === undefined);
      const keys = new Set(missing.map(({ target }) => foldName(target.replace(/^\.\//, ''))));
      if (answer.missing.length !== keys.size) t.same(answer.missing, missing, `missing in ${notes[id]}`);
      checked += resolved.size;
      const backlinks = [...ids].filter((from) => from !== id && plainly.get(from)?.has(id)).sort();
      if (resolved.symmetricDifference(plainly.get(id) ?? new Set()).size > 0) {
        t.same([...resolved], [...(plainly.get(id) ?? [])], `from ${id}: ${notes[id]}`);
      }
      if (String(finish(links.findBacklinks(id)).answer) !== String(backlinks)) {
        t.same(finish(links.findBacklinks(id)).answer, backlinks, `to ${id}`);
      }
    }
    database.close();
  }
  t.ok(checked > 500, `${checked} links`);
  t.end();
});

t.test('a name that thousands of notes have, and thousands link to, takes many short steps', (t) => {
  const many = Array.from({ length: 3000 }, (_, number) => [
    `${number}/index.md`,
    `[[index]] [[${number + 1}/index]] [[Hub]]`,
  ]);
  const { database, links } = createVault({ ...Object.fromEntries(many), 'Hub.md': '[[index]]' });
  const hub = finish(links.findBacklinks('Hub.md'));
  t.equal(hub.answer.length, 3000);
  t.ok(hub.steps >= 6, `${hub.steps} steps`);
  t.same(finish(links.findBacklinks('7/index.md')).answer, ['6/index.md']);
  t.same(
    finish(links.findBacklinks('0/index.md')).answer,
    ['Hub.md'],
    'the shortest path, where nothing is nearer',
  );
  const targets = Array.from({ length: 3000 }, (_, number) => ({ target: `${number}/index`, written: '' }));
  const resolved = finish(links.resolve('Hub.md', targets));
  t.equal(resolved.answer.links.length, 3000);
  t.ok(resolved.steps > 3000, 'a step a link');
  database.close();
  t.end();
});
