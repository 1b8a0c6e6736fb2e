// The one indexing thread of a vault and its parts, for as long as any of their indexes needs it. What it is told of each of
// them is thread.ts's.
import { Worker } from 'node:worker_threads';
import { removeIndexFile } from '../file.ts';
import type { IndexHosting, IndexListener } from './hosting.ts';
import type { IndexWorkerMessage, IndexWorkerNews, IndexWorkerOrder } from './worker.ts';

/** How long a thread that has nothing left to do may take to end by itself. */
const longestEndMs = 1000;

export class IndexHost implements IndexHosting {
  readonly isElsewhere = false;
  #worker: Worker | undefined;
  readonly #listeners = new Map<number, { listener: IndexListener; worker: Worker }>();
  #last = 0;

  isKept(_indexPath: string): boolean {
    return false;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  discard(indexPath: string): void {
    removeIndexFile(indexPath);
  }

  /** Starts the thread where there is none. */
  add(listener: IndexListener): number {
    this.#worker ??= this.#start();
    this.#last += 1;
    this.#listeners.set(this.#last, { listener, worker: this.#worker });
    return this.#last;
  }

  tell(order: IndexWorkerOrder): void {
    this.#listeners.get(order.index)?.worker.postMessage(order);
  }

  async remove(index: number, isClosed: boolean): Promise<void> {
    const { worker } = this.#listeners.get(index) ?? {};
    this.#listeners.delete(index);
    const isLast = [...this.#listeners.values()].every((other) => other.worker !== worker);
    if (isLast || !isClosed) {
      this.#forget(worker);
      await endThread(worker, isClosed);
    }
  }

  #forget(worker: Worker | undefined): void {
    if (this.#worker === worker) {
      this.#worker = undefined;
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    let failure: unknown = new Error('The indexing thread was ended');
    worker.on('message', (news: IndexWorkerNews) => this.#listeners.get(news.index)?.listener.onNews(news));
    worker.on('error', (error) => {
      failure = error;
    });
    worker.once('exit', () => {
      this.#forget(worker);
      for (const [index, one] of [...this.#listeners]) {
        if (one.worker === worker) {
          this.#listeners.delete(index);
          one.listener.onEnd(failure);
        }
      }
    });
    return worker;
  }
}

/**
 * One whose indexes are closed ends when it is told to and nothing is left to do. Ending it in the middle of whatever it does
 * can take the process with it (docs/decisions/ends-of-threads.md; nodejs/node#44141, #56312): that is for one that does not
 * answer. Where what holds it is not JavaScript (a disk, a long statement), terminate() waits for that as well.
 */
async function endThread(worker: Worker | undefined, isClosed: boolean): Promise<void> {
  if (worker === undefined) {
    return;
  }
  if (isClosed) {
    const ended = Promise.withResolvers<void>();
    worker.once('exit', () => ended.resolve());
    worker.postMessage('end' satisfies IndexWorkerMessage);
    const timer = setTimeout(() => void worker.terminate(), longestEndMs);
    await ended.promise;
    clearTimeout(timer);
    return;
  }
  await worker.terminate();
}
