// One index that the indexing thread keeps in step with its folder, and what it is asked meanwhile.
import { statSync } from 'node:fs';
import { HiddenFiles } from '../../hidden/hidden-files.ts';
import type { HiddenPattern } from '../../hidden/patterns.ts';
import type { IndexProgress, SearchResult } from '../answers.ts';
import type { ChangedPart } from '../at-once.ts';
import { IndexFacts } from '../facts.ts';
import { connectToIndex } from '../file.ts';
import type { SearchPlan } from '../finding/plan.ts';
import { IndexSearch } from '../finding/search.ts';
import { Vocabulary } from '../finding/vocabulary.ts';
import { IndexKeeper } from '../keeper.ts';
import { PdfTexts } from '../pdf/texts.ts';
import { IndexWriter } from '../writer.ts';

export interface KeptIndexOptions {
  root: string;
  indexPath: string;
  isPolling: boolean;
  /** What HiddenFiles is made of. */
  patterns: readonly HiddenPattern[];
  filters: readonly string[] | undefined;
  folders: readonly string[] | undefined;
}

export interface KeptIndexEvents {
  onProgress(progress: IndexProgress): void;
  /** It is kept no longer. */
  onError(error: unknown): void;
}

export interface KeptIndex {
  /** Throws what SQLite throws. */
  refresh(id: string): void;
  /** The same for a part of the folder. */
  bringInStep(part: ChangedPart): void;
  search(plan: SearchPlan): SearchResult[];
  /** Resolves when nothing is being written any more. */
  close(): Promise<void>;
}

const inodeCheckMs = 2000;

/** Begins at once, and goes on until it is closed or fails. Throws what SQLite throws. */
export function keepIndex(options: KeptIndexOptions, { onProgress, onError }: KeptIndexEvents): KeptIndex {
  const { root, indexPath, isPolling, patterns, filters, folders } = options;
  const database = connectToIndex(indexPath);
  const writer = new IndexWriter(database);
  const vocabulary = new Vocabulary(database);
  const keeper = new IndexKeeper({
    root,
    isPolling,
    hidden: new HiddenFiles({ root, patterns, filters, folders }),
    writer,
    facts: new IndexFacts(database),
    vocabulary,
    pdfTexts: new PdfTexts(database, { writer, vocabulary }),
    inTransaction: (work): void => database.transaction(work).immediate(),
    onProgress,
  });
  const search = new IndexSearch(database);

  // Who deletes the index wants it made anew, and the room on the disk: both threads let go of the file (openVault's side
  // opens another).
  const inode = (): number | undefined => statSync(indexPath, { throwIfNoEntry: false })?.ino;
  const opened = inode();
  const check = setInterval(() => {
    if (inode() !== opened) {
      fail(new Error('The file of the search index was taken away'));
    }
  }, inodeCheckMs).unref();

  async function close(): Promise<void> {
    clearInterval(check);
    await keeper.close();
    database.close();
  }

  function fail(error: unknown): void {
    onError(error);
    // What fails on the way out has failed already.
    close().catch(() => undefined);
  }

  keeper.run().catch(fail);
  const bringInStep = (part: ChangedPart): void => keeper.bringInStep(part);
  return { refresh: (id) => keeper.refresh(id), bringInStep, search: (plan) => search.run(plan), close };
}
