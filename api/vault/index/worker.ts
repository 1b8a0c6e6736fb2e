// The indexing thread: keeps the index in step with the folder, so that no search ever waits for a disk.
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { HiddenFiles } from '../hidden/hidden-files.ts';
import type { HiddenPattern } from '../hidden/patterns.ts';
import type { IndexProgress, SearchResult } from './answers.ts';
import { IndexFacts } from './facts.ts';
import { connectToIndex } from './file.ts';
import type { SearchPlan } from './finding/plan.ts';
import { IndexSearch } from './finding/search.ts';
import { Vocabulary } from './finding/vocabulary.ts';
import { IndexKeeper } from './keeper.ts';
import { PdfTexts } from './pdf/texts.ts';
import { IndexWriter } from './writer.ts';

const { root, indexPath, isPolling, patterns, filters } = workerData as IndexWorkerData;
/** What the thread is started with. */
export interface IndexWorkerData {
  root: string;
  indexPath: string;
  isPolling: boolean;
  /** What HiddenFiles is made of. */
  patterns: readonly HiddenPattern[];
  filters: readonly string[] | undefined;
}

/** What it is told. */
export type IndexWorkerOrder =
  | { kind: 'close' }
  | { kind: 'refresh'; number: number; id: string }
  | { kind: 'search'; number: number; plan: SearchPlan };
/** What it tells. */
export type IndexWorkerNews =
  | { kind: 'progress'; progress: IndexProgress }
  | { kind: 'done'; number: number; results?: SearchResult[] };

const tell = (news: IndexWorkerNews): void => parentPort?.postMessage(news);
const database = connectToIndex(indexPath);
const writer = new IndexWriter(database);
const vocabulary = new Vocabulary(database);
const keeper = new IndexKeeper({
  root,
  isPolling,
  hidden: new HiddenFiles({ root, patterns, filters }),
  writer,
  facts: new IndexFacts(database),
  vocabulary,
  pdfTexts: new PdfTexts(database, { writer, vocabulary }),
  inTransaction: (work): void => database.transaction(work).immediate(),
  onProgress: (progress): void => tell({ kind: 'progress', progress }),
});

// Who deletes the index wants it made anew, and the room on the disk: both threads let go of the file (openVault's side
// opens another).
const inode = (): number | undefined => statSync(indexPath, { throwIfNoEntry: false })?.ino;
const opened = inode();
setInterval(() => {
  if (inode() !== opened) {
    throw new Error('The file of the search index was taken away');
  }
}, 2000).unref();

const search = new IndexSearch(database);

async function close(): Promise<void> {
  await keeper.close();
  database.close();
  parentPort?.close();
}

// An error anywhere ends the thread, which tells openVault's side of it.
parentPort?.on('message', (order: IndexWorkerOrder) => {
  switch (order.kind) {
    case 'close':
      void close();
      break;
    case 'refresh':
      keeper.refresh(order.id);
      tell({ kind: 'done', number: order.number });
      break;
    case 'search':
      tell({ kind: 'done', number: order.number, results: search.run(order.plan) });
      break;
  }
});

await keeper.run();
