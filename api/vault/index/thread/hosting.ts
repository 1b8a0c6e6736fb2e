// Where the indexing thread is, as an index knows it: in this process (host.ts, shared-host.ts), or in another one (remote-host.ts).
// The room: the thread that keeps indexes, and the ways to it. Not how one is kept: keeper.ts; nor how it is asked: connection.ts.
import type { VaultReach } from '../../hidden/reach.ts';
import type { IndexWorkerNews, IndexWorkerOrder } from './worker.ts';

/** What one index hears of the thread. */
export interface IndexListener {
  onNews(news: IndexWorkerNews): void;
  /** The thread is no more. */
  onEnd(error: unknown): void;
}

export interface IndexHosting {
  /** Whether the thread is another process's, which alone makes and deletes the files of indexes. */
  readonly isElsewhere: boolean;
  /** Whether somebody has this file open already, so that it is as it has to be. */
  isKept(indexPath: string): boolean;
  /** Resolves when the file of the index of this part of the vault is there to be opened. */
  prepare(reach: VaultReach | undefined): Promise<void>;
  /** Takes away a file that is damaged. */
  discard(indexPath: string): void;
  /** Gives the number of a new index, which is then to be told to open. */
  add(listener: IndexListener): number;
  tell(order: IndexWorkerOrder): void;
  /** Where it is not `closed`, the thread goes with it: the others hear of that, and start anew. */
  remove(index: number, isClosed: boolean): Promise<void>;
}
