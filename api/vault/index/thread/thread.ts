// The indexing thread as one index on this side sees it: it is given orders, and nobody waits for it longer than he must.
import type { IndexProgress, SearchResult } from '../answers.ts';
import type { ChangedPart } from '../at-once.ts';
import type { SearchPlan } from '../finding/plan.ts';
import type { IndexHosting } from './hosting.ts';
import type { KeptIndexOptions } from './kept-index.ts';
import type { IndexWorkerNews, IndexWorkerOrder } from './worker.ts';

export interface IndexThreadEvents {
  onProgress: (progress: IndexProgress) => void;
  /** It has failed, and is no more. */
  onError: (error: unknown) => void;
}

const longestRefreshMs = 2000;
/** A folder of 10,000 notes that is moved takes some 10 s. */
const longestStepMs = 30_000;
/** A search in a vault of 100,000 notes takes half a second at most. */
const longestSearchMs = 3000;
/** Docker kills 10 s after it asks to stop. */
const longestStopMs = 2000;

type Answer = SearchResult[] | 'done' | undefined;

export class IndexThread {
  readonly #host: IndexHosting;
  readonly #index: number;
  readonly #events: IndexThreadEvents;
  readonly #ended = Promise.withResolvers<'closed'>();
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastOrder = 0;
  #searching: Promise<unknown> = Promise.resolve();
  /** Busy for longer than a search may wait, as with a disk that does not answer. */
  #isStuck = false;

  constructor(host: IndexHosting, options: KeptIndexOptions, events: IndexThreadEvents) {
    this.#host = host;
    this.#events = events;
    this.#index = host.add({
      onNews: (news) => this.#hear(news),
      onEnd: (error) => {
        this.#end();
        events.onError(error);
      },
    });
    host.tell({ kind: 'open', index: this.#index, options });
  }

  #hear(news: IndexWorkerNews): void {
    this.#isStuck = false;
    switch (news.kind) {
      case 'progress':
        this.#events.onProgress(news.progress);
        break;
      case 'done':
        this.#waiting.get(news.number)?.(news.results ?? 'done');
        break;
      case 'closed':
        this.#end();
        break;
      case 'failed':
        this.#end();
        void this.#host.remove(this.#index, true);
        this.#events.onError(createError(news));
        break;
    }
  }

  #end(): void {
    for (const answer of this.#waiting.values()) {
      answer(undefined);
    }
    this.#ended.resolve('closed');
  }

  /** Resolves when the index has this note as it is on disk now; after 2 s in any case. */
  async refresh(id: string): Promise<void> {
    await this.#order((number) => ({ kind: 'refresh', index: this.#index, number, id }), longestRefreshMs);
  }

  /** Resolves when the index has this part of the folder as it is on disk now; to false after 30 s, or where it ends. */
  async bringInStep(part: ChangedPart): Promise<boolean> {
    const answer = await this.#order(
      (number) => ({ kind: 'step', index: this.#index, number, part }),
      longestStepMs,
    );
    return answer === 'done';
  }

  /**
   * Searches there, for what would hold this thread for too long. One after the other, so that the index is kept in step
   * in between. Undefined where the thread does not get to it.
   */
  search(plan: SearchPlan): Promise<SearchResult[] | undefined> {
    const before = this.#searching;
    const search = async (): Promise<SearchResult[] | undefined> => {
      await before;
      if (this.#isStuck) {
        return undefined;
      }
      const answer = await this.#order(
        (number) => ({ kind: 'search', index: this.#index, number, plan }),
        longestSearchMs,
      );
      this.#isStuck = answer === undefined;
      return answer === 'done' ? undefined : answer;
    };
    const searching = search();
    this.#searching = searching;
    return searching;
  }

  async #order(create: (number: number) => IndexWorkerOrder, timeoutMs: number): Promise<Answer> {
    this.#lastOrder += 1;
    const number = this.#lastOrder;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const timer = setTimeout(resolve, timeoutMs, undefined);
    this.#waiting.set(number, resolve);
    this.#host.tell(create(number));
    const answer = await promise;
    clearTimeout(timer);
    this.#waiting.delete(number);
    return answer;
  }

  /** Resolves when the index is kept no longer: by itself, or after 2 s by force. */
  async stop(): Promise<void> {
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(late.resolve, longestStopMs, 'late');
    this.#host.tell({ kind: 'close', index: this.#index });
    const how = await Promise.race([this.#ended.promise, late.promise]);
    clearTimeout(timer);
    this.#end();
    await this.#host.remove(this.#index, how === 'closed');
  }
}

function createError({ message, code, cause }: Extract<IndexWorkerNews, { kind: 'failed' }>): Error {
  return Object.assign(new Error(message, { cause }), { code });
}
