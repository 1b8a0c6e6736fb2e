// The indexing thread of another process, which hears of it what it is to do, and tells what the thread tells.
import type { VaultReach } from '../../hidden/reach.ts';
import type { IndexHosting, IndexListener } from './hosting.ts';
import type { IndexWorkerNews, IndexWorkerOrder } from './worker.ts';

/** What goes there: orders are for an index by the number that it has here. */
export type IndexErrand =
  | IndexWorkerOrder
  | { kind: 'remove'; index: number; isClosed: boolean }
  | { kind: 'discard'; indexPath: string };

/** The way to the process that keeps the index. */
export interface IndexRoute {
  /** Brings it there, or nowhere while that process is not there. */
  tell(errand: IndexErrand): void;
  /** See IndexHosting; waits for that process. */
  prepare(reach: VaultReach | undefined): Promise<void>;
}

export class RemoteIndexHost implements IndexHosting {
  readonly isElsewhere = true;
  readonly #route: IndexRoute;
  readonly #listeners = new Map<number, IndexListener>();
  #last = 0;

  constructor(route: IndexRoute) {
    this.#route = route;
  }

  isKept(_indexPath: string): boolean {
    return true;
  }

  prepare(reach: VaultReach | undefined): Promise<void> {
    return this.#route.prepare(reach);
  }

  discard(indexPath: string): void {
    this.#route.tell({ kind: 'discard', indexPath });
  }

  add(listener: IndexListener): number {
    this.#last += 1;
    this.#listeners.set(this.#last, listener);
    return this.#last;
  }

  tell(order: IndexWorkerOrder): void {
    this.#route.tell(order);
  }

  remove(index: number, isClosed: boolean): Promise<void> {
    this.#listeners.delete(index);
    this.#route.tell({ kind: 'remove', index, isClosed });
    return Promise.resolve();
  }

  hear(news: IndexWorkerNews): void {
    this.#listeners.get(news.index)?.onNews(news);
  }

  /** That process is no more. */
  end(error: Error): void {
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) {
      listener.onEnd(error);
    }
  }
}

/** Does the errands of another process at the thread that is here; `end` is for when that process is gone. */
export function runErrands(
  host: IndexHosting,
  tell: (news: IndexWorkerNews) => void,
): { run(errand: IndexErrand): void; end(): void } {
  /** The numbers that the indexes of that process have here. */
  const indexes = new Map<number, number>();
  const remove = (index: number, isClosed: boolean): void => {
    const own = indexes.get(index);
    indexes.delete(index);
    if (own !== undefined) {
      host.remove(own, isClosed).catch(() => undefined);
    }
  };
  const open = (index: number): number => {
    const own = host.add({
      onNews: (news) => tell({ ...news, index }),
      onEnd: (error) => {
        indexes.delete(index);
        const message = error instanceof Error ? error.message : String(error);
        tell({ kind: 'failed', index, message, code: undefined, cause: undefined });
      },
    });
    indexes.set(index, own);
    return own;
  };
  const pass = (order: Exclude<IndexWorkerOrder, { kind: 'open' }>): void => {
    const own = indexes.get(order.index);
    if (own !== undefined) {
      host.tell({ ...order, index: own });
    }
  };
  const run = (errand: IndexErrand): void => {
    switch (errand.kind) {
      case 'discard':
        host.discard(errand.indexPath);
        break;
      case 'remove':
        remove(errand.index, errand.isClosed);
        break;
      case 'open':
        host.tell({ ...errand, index: open(errand.index) });
        break;
      default:
        pass(errand);
    }
  };
  return {
    run,
    end: () => {
      for (const [index, own] of [...indexes]) {
        host.tell({ kind: 'close', index: own });
        remove(index, true);
      }
    },
  };
}
