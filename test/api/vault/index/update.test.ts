// What a look has listed is read some time after it: in between a note may have been moved, or changed and changed back.
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { HiddenFiles } from '../../../../api/vault/hidden/hidden-files.ts';
import { IndexFacts } from '../../../../api/vault/index/facts.ts';
import { openIndexFile } from '../../../../api/vault/index/file.ts';
import { Vocabulary } from '../../../../api/vault/index/finding/vocabulary.ts';
import { FolderComparison } from '../../../../api/vault/index/folder/comparison.ts';
import { GoneNotes } from '../../../../api/vault/index/folder/gone-notes.ts';
import { FolderWatch } from '../../../../api/vault/index/folder/watch.ts';
import { LinkReader } from '../../../../api/vault/index/links.ts';
import { PdfTexts } from '../../../../api/vault/index/pdf/texts.ts';
import { IndexUpdate } from '../../../../api/vault/index/update.ts';
import { createIndexWords } from '../../../../api/vault/index/words.ts';
import { IndexWriter } from '../../../../api/vault/index/writer.ts';
import { parseNoteContent } from '../../../../api/vault/notes/content.ts';
import { takeAtOnce } from '../../../../api/vault/pace/steps.ts';
import { createFolder } from '../../../support/databases.ts';

async function openWorld(t: Test) {
  const root = await mkdtemp(join(tmpdir(), 'update-'));
  t.teardown(() => rm(root, { recursive: true }));
  const folder = createFolder(t);
  const database = openIndexFile(join(folder, 'index.db'), root);
  t.teardown(() => database.close());
  const writer = new IndexWriter(database);
  const vocabulary = new Vocabulary(database);
  const gone = new GoneNotes();
  const inTransaction = (work: () => void): void => work();
  const update = new IndexUpdate({
    ...{ root, writer, gone, vocabulary, inTransaction },
    facts: new IndexFacts(database),
    pdfTexts: new PdfTexts(database, { writer, vocabulary }),
    onProgress: () => undefined,
  });
  const watch = new FolderWatch({ isPolling: true, onChange: () => undefined });
  const hidden = new HiddenFiles({ root, patterns: [] });
  const compare = (): FolderComparison =>
    new FolderComparison({ root, hidden, writer, watch, gone, inTransaction });
  const look = (): FolderComparison => {
    const comparison = compare();
    gone.startLook();
    for (const _ of comparison.look({ path: '', diskPaths: [root] }, undefined));
    return comparison;
  };
  const read = (comparison: FolderComparison): void => {
    for (const changed of comparison.changed) update.readNote(comparison, changed);
  };
  const links = new LinkReader(database);
  const linkTo = (target: string): string[] => [...links.linksTo(target)].map(({ id }) => id);
  return { root, database, writer, gone, update, compare, look, read, linkTo };
}

t.test('a note that was moved since it was listed is not missed where it was', async (t) => {
  const { root, writer, gone, update, compare } = await openWorld(t);
  const content = takeAtOnce(parseNoteContent('B/x.md', Buffer.from('x')));
  const said = { content, words: createIndexWords('B/x.md', content) };
  const file = { isUnread: false, sizeBytes: 1, bornAt: 1, modifiedAt: 1, statedAt: undefined };
  const number = writer.putNote(undefined, 'B/x.md', { ...file, said, revision: 'r', file: 'f' }, 'stamp');
  const note = { id: 'A/x.md', named: 'A/x.md', diskPath: join(root, 'A/x.md'), stamp: 'later' };
  update.readNote(compare(), {
    note,
    known: { number, id: note.id, revision: 'r', stamp: 'stamp', file: 'f' },
  });
  t.ok(gone.isEmpty);
  t.equal(writer.findNumber('B/x.md'), number);
});

t.test(
  'a note that was changed and changed back since it was listed has the links that it has',
  async (t) => {
    const { root, look, read, linkTo } = await openWorld(t);
    const path = join(root, 'n.md');
    // Long ago, so that its times tell that nothing can have been missed.
    const write = async (text: string): Promise<void> => {
      await writeFile(path, text);
      await utimes(path, 1e6, 1e6);
    };
    await write('[[Old]]');
    read(look());
    await write('[[Old]]');
    const slow = look();
    t.equal(slow.changed.length, 1, 'it has other times');
    await write('[[New]]');
    read(look());
    t.same([linkTo('new'), linkTo('old')], [['n.md'], []]);
    await write('[[Old]]');
    read(slow);
    read(look());
    t.same([linkTo('new'), linkTo('old')], [[], ['n.md']]);
  },
);

t.test('a change is seen though time of change and size stay what they were', async (t) => {
  const { root, look, read, linkTo } = await openWorld(t);
  const path = join(root, 'n.md');
  for (const name of ['one', 'two', 'six']) {
    await writeFile(path, `[[${name}]]`);
    await utimes(path, 1e6, 1e6);
    read(look());
    t.same(linkTo(name), ['n.md'], name);
  }
});

t.test('a first index leaves no page of its file empty', async (t) => {
  const { root, database, update, look } = await openWorld(t);
  const word = (n: number): string => `w${(n * 7919) % 3000}`;
  for (let note = 0; note < 600; note += 1) {
    const words = Array.from({ length: 200 }, (_, n) => word(note * 200 + n));
    await writeFile(join(root, `${note}.md`), words.join(' '));
  }
  const pages = (): unknown => database.pragma('page_count', { simple: true });
  await update.run(look());
  t.equal(database.pragma('freelist_count', { simple: true }), 0);
  const before = pages();
  database.exec('VACUUM');
  t.ok(Number(before) < 1.1 * Number(pages()), `${before} pages, anew ${pages()}`);
  const found = database.prepare("SELECT count(*) FROM words WHERE words MATCH 'w7'").pluck().get();
  t.ok(Number(found) > 0);
});
