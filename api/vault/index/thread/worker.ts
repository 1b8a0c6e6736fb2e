// The indexing thread: keeps the indexes of a vault and of its parts in step with the folder, so that no search ever waits
// for a disk. One thread for all of them: each of its own would take 40 MB.
import { parentPort } from 'node:worker_threads';
import type { IndexProgress, SearchResult } from '../answers.ts';
import type { ChangedPart } from '../at-once.ts';
import type { SearchPlan } from '../finding/plan.ts';
import { type KeptIndex, type KeptIndexOptions, keepIndex } from './kept-index.ts';

/** What it is told; `index` says which one is meant. */
export type IndexWorkerOrder = { index: number } & (
  | { kind: 'open'; options: KeptIndexOptions }
  | { kind: 'close' }
  | { kind: 'refresh'; number: number; id: string }
  | { kind: 'step'; number: number; part: ChangedPart }
  | { kind: 'search'; number: number; plan: SearchPlan }
);
/** Told to end, it does so when what it does is done. */
export type IndexWorkerMessage = IndexWorkerOrder | 'end';
/** What it tells. */
export type IndexWorkerNews = { index: number } & (
  | { kind: 'progress'; progress: IndexProgress }
  | { kind: 'done'; number: number; results?: SearchResult[] }
  | { kind: 'closed' }
  // A class does not come through, and neither does a code by itself.
  | { kind: 'failed'; message: string; code: unknown; cause: unknown }
);

const tell = (news: IndexWorkerNews): void => parentPort?.postMessage(news);
const kept = new Map<number, KeptIndex>();

function fail(index: number, error: unknown): void {
  kept.delete(index);
  const { message = String(error), code, stack } = (error ?? {}) as NodeJS.ErrnoException;
  tell({ kind: 'failed', index, message, code, cause: stack });
}

async function close(index: number): Promise<void> {
  const closing = kept.get(index)?.close();
  kept.delete(index);
  await closing;
  tell({ kind: 'closed', index });
}

function follow(order: Exclude<IndexWorkerOrder, { kind: 'close' }>): void {
  const { index } = order;
  if (order.kind === 'open') {
    const onProgress = (progress: IndexProgress): void => tell({ kind: 'progress', index, progress });
    kept.set(index, keepIndex(order.options, { onProgress, onError: (error) => fail(index, error) }));
    return;
  }
  const one = kept.get(index);
  if (order.kind === 'search') {
    if (one !== undefined) {
      tell({ kind: 'done', index, number: order.number, results: one.search(order.plan) });
    }
    return;
  }
  if (order.kind === 'refresh') {
    one?.refresh(order.id);
  } else {
    one?.bringInStep(order.part);
  }
  tell({ kind: 'done', index, number: order.number });
}

function tryToFollow(order: Exclude<IndexWorkerOrder, { kind: 'close' }>): void {
  const { index } = order;
  try {
    follow(order);
  } catch (error) {
    const failed = kept.get(index);
    fail(index, error);
    failed?.close().catch(() => undefined);
  }
}

/** The kernel's notices of what was written before the order was given are heard first: they come in the loop's next turn. */
function afterNotices(work: () => void): void {
  setImmediate(() => setImmediate(work));
}

parentPort?.on('message', (order: IndexWorkerMessage) => {
  if (order === 'end') {
    parentPort?.close();
  } else if (order.kind === 'close') {
    close(order.index).catch((error: unknown) => fail(order.index, error));
  } else if (order.kind === 'step') {
    afterNotices(() => tryToFollow(order));
  } else {
    tryToFollow(order);
  }
});
