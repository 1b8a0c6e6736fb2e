// The indexing thread as the other one sees it: it is given orders, and nobody waits for it longer than he must.
import { Worker } from 'node:worker_threads';
import type { IndexProgress, SearchResult } from './answers.ts';
import type { SearchPlan } from './finding/plan.ts';
import type { IndexWorkerData, IndexWorkerNews, IndexWorkerOrder } from './worker.ts';

export interface IndexThreadEvents {
  onProgress: (progress: IndexProgress) => void;
  /** It has failed, and is no more. */
  onError: (error: unknown) => void;
}

const longestRefreshMs = 2000;
/** A search in a vault of 100,000 notes takes half a second at most. */
const longestSearchMs = 3000;
/** Docker kills 10 s after it asks to stop. */
const longestStopMs = 2000;

type Answer = SearchResult[] | undefined;

export class IndexThread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastOrder = 0;
  #searching: Promise<Answer> = Promise.resolve(undefined);
  /** Busy for longer than a search may wait, as with a disk that does not answer. */
  #isStuck = false;

  constructor(workerData: IndexWorkerData, { onProgress, onError }: IndexThreadEvents) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
    this.#worker.on('message', (news: IndexWorkerNews) => {
      this.#isStuck = false;
      if (news.kind === 'progress') {
        onProgress(news.progress);
      } else {
        this.#waiting.get(news.number)?.(news.results);
      }
    });
    this.#worker.on('error', onError);
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        for (const answer of this.#waiting.values()) {
          answer(undefined);
        }
        resolve();
      });
    });
  }

  /** Resolves when the index has this note as it is on disk now; after 2 s in any case. */
  async refresh(id: string): Promise<void> {
    await this.#order((number) => ({ kind: 'refresh', number, id }), longestRefreshMs);
  }

  /**
   * Searches there, for what would hold this thread for too long. One after the other, so that the index is kept in step
   * in between. Undefined where the thread does not get to it.
   */
  search(plan: SearchPlan): Promise<Answer> {
    const before = this.#searching;
    const search = async (): Promise<Answer> => {
      await before;
      if (this.#isStuck) {
        return undefined;
      }
      const answer = await this.#order((number) => ({ kind: 'search', number, plan }), longestSearchMs);
      this.#isStuck = answer === undefined;
      return answer;
    };
    this.#searching = search();
    return this.#searching;
  }

  async #order(create: (number: number) => IndexWorkerOrder, timeoutMs: number): Promise<Answer> {
    this.#lastOrder += 1;
    const number = this.#lastOrder;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const timer = setTimeout(resolve, timeoutMs, undefined);
    this.#waiting.set(number, resolve);
    this.#worker.postMessage(create(number));
    const answer = await promise;
    clearTimeout(timer);
    this.#waiting.delete(number);
    return answer;
  }

  /** Resolves when the thread has ended: by itself, or after 2 s by force. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => void this.#worker.terminate(), longestStopMs);
    this.#worker.postMessage({ kind: 'close' } satisfies IndexWorkerOrder);
    await this.#ended;
    clearTimeout(timer);
  }
}
