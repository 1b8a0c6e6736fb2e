// The indexing thread where several processes ask it: one index for each file, whoever opens it, and each hears its own answers.
import type { VaultReach } from '../../hidden/reach.ts';
import { removeIndexFile } from '../file.ts';
import type { IndexHosting, IndexListener } from './hosting.ts';
import type { IndexWorkerNews, IndexWorkerOrder } from './worker.ts';

type NumberedOrder = Extract<IndexWorkerOrder, { number: number }>;

/** What the thread keeps, once for all that have it open. */
interface Shared {
  /** Its number at the thread. */
  index: number;
  indexPath: string;
  /** By the numbers that are given out here. */
  holders: Map<number, IndexListener>;
  /** Who gave which order, and under which number of theirs. */
  orders: Map<number, { holder: number; number: number }>;
  /** For who comes later. */
  progress?: Extract<IndexWorkerNews, { kind: 'progress' }>;
}

export class SharedIndexHost implements IndexHosting {
  readonly isElsewhere = false;
  readonly #host: IndexHosting;
  /** By their files. */
  readonly #kept = new Map<string, Shared>();
  readonly #holders = new Map<number, { listener: IndexListener; shared?: Shared }>();
  #last = 0;
  #lastOrder = 0;

  constructor(host: IndexHosting) {
    this.#host = host;
  }

  isKept(indexPath: string): boolean {
    return this.#kept.has(indexPath);
  }

  prepare(reach: VaultReach | undefined): Promise<void> {
    return this.#host.prepare(reach);
  }

  /** All who have it open are told, and open another. */
  discard(indexPath: string): void {
    const shared = this.#kept.get(indexPath);
    if (shared !== undefined) {
      this.#host.tell({ kind: 'close', index: shared.index });
      const failure = { message: 'The search index is damaged', code: undefined, cause: undefined };
      this.#tellAll(shared, { kind: 'failed', index: shared.index, ...failure });
    }
    removeIndexFile(indexPath);
  }

  add(listener: IndexListener): number {
    this.#last += 1;
    this.#holders.set(this.#last, { listener });
    return this.#last;
  }

  tell(order: IndexWorkerOrder): void {
    const holder = this.#holders.get(order.index);
    if (order.kind === 'open') {
      this.#open(order);
    } else if (order.kind === 'close') {
      this.#close(order.index);
    } else if (holder?.shared !== undefined) {
      this.#pass(holder.shared, order);
    }
  }

  async remove(index: number, isClosed: boolean): Promise<void> {
    const shared = this.#holders.get(index)?.shared;
    this.#holders.delete(index);
    // One that the others still have goes on.
    if (shared?.holders.delete(index) && shared.holders.size === 0) {
      this.#forget(shared);
      await this.#host.remove(shared.index, isClosed);
    }
  }

  #open({ index, options }: Extract<IndexWorkerOrder, { kind: 'open' }>): void {
    const holder = this.#holders.get(index);
    if (holder === undefined) {
      return;
    }
    const known = this.#kept.get(options.indexPath);
    const shared = known ?? this.#share(options.indexPath);
    holder.shared = shared;
    shared.holders.set(index, holder.listener);
    if (known === undefined) {
      this.#host.tell({ kind: 'open', index: shared.index, options });
    } else if (known.progress !== undefined) {
      holder.listener.onNews({ ...known.progress, index });
    }
  }

  #share(indexPath: string): Shared {
    const index = this.#host.add({
      onNews: (news) => this.#hear(shared, news),
      onEnd: (error) => {
        this.#forget(shared);
        for (const [holder, listener] of [...shared.holders]) {
          this.#holders.delete(holder);
          listener.onEnd(error);
        }
      },
    });
    const shared: Shared = { index, indexPath, holders: new Map(), orders: new Map() };
    this.#kept.set(indexPath, shared);
    return shared;
  }

  #pass(shared: Shared, order: NumberedOrder): void {
    this.#lastOrder += 1;
    shared.orders.set(this.#lastOrder, { holder: order.index, number: order.number });
    this.#host.tell({ ...order, index: shared.index, number: this.#lastOrder });
  }

  #hear(shared: Shared, news: IndexWorkerNews): void {
    if (news.kind === 'done') {
      const order = shared.orders.get(news.number);
      shared.orders.delete(news.number);
      if (order !== undefined) {
        shared.holders.get(order.holder)?.onNews({ ...news, index: order.holder, number: order.number });
      }
      return;
    }
    if (news.kind === 'progress') {
      shared.progress = news;
    }
    this.#tellAll(shared, news);
  }

  #tellAll(shared: Shared, news: IndexWorkerNews): void {
    if (news.kind !== 'progress') {
      this.#forget(shared);
    }
    for (const [holder, listener] of [...shared.holders]) {
      listener.onNews({ ...news, index: holder });
    }
  }

  #close(index: number): void {
    const holder = this.#holders.get(index);
    const { shared } = holder ?? {};
    if (shared?.holders.size === 1 && shared.holders.has(index)) {
      this.#forget(shared);
      this.#host.tell({ kind: 'close', index: shared.index });
    } else {
      shared?.holders.delete(index);
      holder?.listener.onNews({ kind: 'closed', index });
    }
  }

  /** Who opens the file from now on opens it anew. */
  #forget(shared: Shared): void {
    if (this.#kept.get(shared.indexPath) === shared) {
      this.#kept.delete(shared.indexPath);
    }
  }
}
