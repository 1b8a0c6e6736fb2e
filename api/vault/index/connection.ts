// This thread's hold on the index: the connection that answers, the thread that writes, and starting both again
// when the file turns out to be damaged.
import { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import { IndexFacts } from './facts.ts';
import { isDamage, openIndexFile, removeIndexFile } from './file.ts';
import type { IndexProgress } from './keeper.ts';
import { IndexReader } from './reader.ts';
import type { IndexWorkerData, IndexWorkerNews, IndexWorkerOrder } from './worker.ts';

export interface IndexConnectionOptions {
  root: string;
  indexPath: string;
  isPolling?: boolean;
  onProblem?: (problem: Error) => void;
  onAway?: (isAway: boolean) => void;
}

/** A thread that failed is started again, later each time: 1 s, 2 s … 60 s. */
const firstRestartMs = 1000;
const lastRestartMs = 60_000;

const longestRefreshMs = 2000;

export class IndexConnection {
  readonly #options: IndexConnectionOptions;
  #database: Database.Database;
  #reader: IndexReader;
  #facts: IndexFacts;
  #worker: Worker | undefined;
  #progress: IndexProgress;
  #restart: NodeJS.Timeout | undefined;
  #restartMs = firstRestartMs;
  #closed = false;
  /** What waits for a note to be brought up to date, by the number of the order. */
  readonly #refreshing = new Map<number, () => void>();
  #lastOrder = 0;

  /** Throws IndexNotUsable. */
  constructor(options: IndexConnectionOptions) {
    this.#options = options;
    this.#database = openIndexFile(options.indexPath, options.root);
    this.#reader = new IndexReader(this.#database);
    this.#facts = new IndexFacts(this.#database);
    this.#progress = { ...this.#facts.counts(), building: true, isAway: false };
    this.#startWorker();
  }

  /** Asks the index; one that is damaged is made anew, and the question asked again. */
  ask<Answer>(question: (reader: IndexReader, facts: IndexFacts) => Answer): Answer {
    try {
      return question(this.#reader, this.#facts);
    } catch (error) {
      if (this.#closed || !isDamage(error)) {
        throw error;
      }
      this.#rebuild(error);
      return question(this.#reader, this.#facts);
    }
  }

  /**
   * Resolves when the index has this note as it is on disk now; after 2 s in any case: a thread that is busy or being
   * started again finds the change by itself.
   */
  async refresh(id: string): Promise<void> {
    this.#lastOrder += 1;
    const number = this.#lastOrder;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, longestRefreshMs);
    this.#refreshing.set(number, resolve);
    this.#worker?.postMessage({ kind: 'refresh', number, id } satisfies IndexWorkerOrder);
    await promise;
    clearTimeout(timer);
    this.#refreshing.delete(number);
  }

  progress(): IndexProgress {
    return { ...this.#progress };
  }

  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    clearTimeout(this.#restart);
    await this.#stopWorker();
    this.#database.close();
  }

  #startWorker(): void {
    const { root, indexPath, isPolling = false } = this.#options;
    const workerData: IndexWorkerData = { root, indexPath, isPolling };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
    this.#worker = worker;
    worker.on('message', (news: IndexWorkerNews) => {
      if (news.kind === 'refreshed') {
        this.#refreshing.get(news.number)?.();
        return;
      }
      this.#takeProgress(news.progress);
      this.#restartMs = firstRestartMs;
    });
    worker.on('error', (error) => this.#recover(worker, error));
  }

  #takeProgress(progress: IndexProgress): void {
    const wasAway = this.#progress.isAway;
    this.#progress = progress;
    if (progress.isAway !== wasAway) {
      this.#options.onAway?.(progress.isAway);
    }
  }

  #stopWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      worker.once('exit', () => resolve());
      worker.postMessage({ kind: 'close' } satisfies IndexWorkerOrder);
    });
  }

  #recover(worker: Worker, error: unknown): void {
    if (this.#closed || worker !== this.#worker) {
      return;
    }
    this.#worker = undefined;
    if (isDamage(error)) {
      this.#rebuild(error);
      return;
    }
    this.#report(error, 'The indexing thread failed and is started again');
    this.#reopenLater();
  }

  #rebuild(error: unknown): void {
    this.#report(error, 'The search index is damaged and is built anew');
    clearTimeout(this.#restart);
    void this.#stopWorker();
    this.#database.close();
    removeIndexFile(this.#options.indexPath);
    this.#reopen();
  }

  #reopenLater(): void {
    this.#restart = setTimeout(() => this.#reopen(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, lastRestartMs);
  }

  // This thread's connection too: the file may be another one by now, and both have to have the same.
  #reopen(): void {
    const { root, indexPath } = this.#options;
    this.#database.close();
    try {
      this.#database = openIndexFile(indexPath, root);
    } catch (error) {
      this.#report(error, 'The search index can not be opened');
      this.#reopenLater();
      return;
    }
    this.#reader = new IndexReader(this.#database);
    this.#facts = new IndexFacts(this.#database);
    this.#progress = { ...this.#progress, ...this.#facts.counts(), building: true };
    this.#startWorker();
  }

  #report(cause: unknown, message: string): void {
    this.#options.onProblem?.(new Error(message, { cause }));
  }
}
