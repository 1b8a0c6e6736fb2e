// An index of notes that are nowhere on a disk, with what is asked of it for a move.

import { parseContent } from '../../api/vault/documents/content.ts';
import { kindOf } from '../../api/vault/documents/kind.ts';
import { openIndexFile } from '../../api/vault/index/file.ts';
import { IndexNames } from '../../api/vault/index/link-names.ts';
import { LinkReader } from '../../api/vault/index/links.ts';
import { createIndexWords } from '../../api/vault/index/words.ts';
import { type EntryRow, IndexWriter, ranks } from '../../api/vault/index/writer.ts';
import type { KnownLinks } from '../../api/vault/moving/affected.ts';
import { createRevision } from '../../api/vault/notes/content.ts';
import { folderOf } from '../../api/vault/notes/name.ts';
import { takeAtOnce } from '../../api/vault/pace/steps.ts';

/** The text of each file by its path; undefined for one that is only listed. Its caller closes it. */
export function createLinkIndex(files: ReadonlyMap<string, string | undefined>): {
  links: KnownLinks;
  close(): void;
} {
  const database = openIndexFile(':memory:', '/nowhere');
  const writer = new IndexWriter(database);
  const entries = new Map<string, EntryRow[]>();
  database.transaction(() => {
    for (const [path, text = ''] of files) {
      const rank = kindOf(path) === 'note' ? ranks.note : ranks.file;
      entries.set(folderOf(path), [...(entries.get(folderOf(path)) ?? []), { rank, path, hasForms: 0 }]);
      if (kindOf(path) !== undefined) {
        const content = takeAtOnce(parseContent(path, Buffer.from(text)));
        const said = { content, words: createIndexWords(path, content) };
        const stats = { sizeBytes: 1, bornAt: 1, modifiedAt: 1, statedAt: undefined };
        const file = { isUnread: false, file: '', revision: createRevision(text), ...stats };
        writer.putNote(undefined, path, { ...file, said }, 'stamp');
      }
    }
    for (const [folder, rows] of entries) writer.putEntries(folder, rows);
  })();
  const [reader, names] = [new LinkReader(database), new IndexNames(database)];
  return {
    links: {
      inVault: (range) => names.inVault(range),
      inFolder: (folder, range) => names.inFolder(folder, range),
      otherFile: (range) => names.otherFile(range),
      fitting: (range) => names.fitting(range),
      otherFiles: (range) => names.otherFiles(range),
      linksTo: (target) => reader.linksTo(target),
      bases: () => reader.bases(),
      unread: () => reader.unread(),
    },
    close: () => database.close(),
  };
}
