// What a look has listed is read some time after it: in between a note may have been moved.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { HiddenFiles } from '../../../../api/vault/hidden/hidden-files.ts';
import { IndexFacts } from '../../../../api/vault/index/facts.ts';
import { openIndexFile } from '../../../../api/vault/index/file.ts';
import { Vocabulary } from '../../../../api/vault/index/finding/vocabulary.ts';
import { FolderComparison } from '../../../../api/vault/index/folder/comparison.ts';
import { GoneNotes } from '../../../../api/vault/index/folder/gone-notes.ts';
import { FolderWatch } from '../../../../api/vault/index/folder/watch.ts';
import { PdfTexts } from '../../../../api/vault/index/pdf/texts.ts';
import { IndexUpdate } from '../../../../api/vault/index/update.ts';
import { createIndexWords } from '../../../../api/vault/index/words.ts';
import { IndexWriter } from '../../../../api/vault/index/writer.ts';
import { parseNoteContent } from '../../../../api/vault/notes/content.ts';

t.test('a note that was moved since it was listed is not missed where it was', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'update-'));
  t.teardown(() => rm(root, { recursive: true }));
  const database = openIndexFile(':memory:', root);
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
  const comparison = new FolderComparison({ root, hidden, writer, watch, gone, inTransaction });
  const content = parseNoteContent('B/x.md', Buffer.from('x'));
  const said = { content, words: createIndexWords('B/x.md', content) };
  const file = { isUnread: false, sizeBytes: 1, bornAt: 1, modifiedAt: 1, statedAt: undefined };
  const number = writer.putNote(undefined, 'B/x.md', { ...file, said, revision: 'r', file: 'f' }, 'stamp');
  const note = { id: 'A/x.md', named: 'A/x.md', diskPath: join(root, 'A/x.md'), stamp: 'later' };
  update.readNote(comparison, {
    note,
    known: { number, id: note.id, revision: 'r', stamp: 'stamp', file: 'f' },
  });
  t.ok(gone.isEmpty);
  t.equal(writer.findNumber('B/x.md'), number);
});
