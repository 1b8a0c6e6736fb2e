// When a commit is on the disk: SQLite writes it into its log and goes on, we sync the log without stopping the process, one
// sync for all that was written before it began.
import { DatabaseUnavailable } from '../errors.ts';

/** SQLite's log (`-wal`), open: any descriptor syncs all that was written to the file. */
export interface LogFile {
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface LogParts {
  readonly file: LogFile;
  /** Writes the whole log again and syncs it. Throws while the disk does not take it. */
  readonly mend: () => Promise<void>;
  /** Called after each sync that succeeded. */
  readonly onSynced: () => void;
}

const mendPauseMs = 1000;

/** The log of one database in this process. What other processes write they sync themselves. */
export class DurableLog {
  readonly #parts: LogParts;
  #written = 0;
  #durable = 0;
  #syncing: Promise<void> | undefined;
  #doubt: Error | undefined;
  #mending: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: LogParts) {
    this.#parts = parts;
  }

  /**
   * Throws DatabaseUnavailable after a sync that failed, until the log was mended. The system may have dropped what it could
   * not write and call the next sync a success, so that nothing after the failure could be vouched for.
   */
  assertTrusted(): void {
    if (this.#doubt) throw untrusted(this.#doubt);
  }

  /** A transaction was written just now. */
  wrote(): void {
    this.#written += 1;
  }

  /** Resolves when all that was written before this call is on the disk. Throws DatabaseUnavailable. */
  async settled(): Promise<void> {
    const wanted = this.#written;
    // The sync under way may have begun before the last write: then the next one counts, which all who wait here share.
    while (this.#durable < wanted) {
      this.assertTrusted();
      this.#syncing ??= this.#sync();
      await this.#syncing;
    }
  }

  async #sync(): Promise<void> {
    const covered = this.#written;
    try {
      await this.#parts.file.datasync();
    } catch (cause) {
      this.doubt(cause as Error);
      throw untrusted(cause);
    } finally {
      this.#syncing = undefined;
    }
    // A checkpoint may have found the disk failing meanwhile.
    this.assertTrusted();
    this.#durable = Math.max(this.#durable, covered);
    this.#parts.onSynced();
  }

  /** A sync of the log failed, ours or that of a checkpoint: from here on nothing is trusted until the log is mended. */
  doubt(cause: Error): void {
    this.#doubt ??= cause;
    this.#mending ??= this.#mend().finally(() => {
      this.#mending = undefined;
    });
  }

  async #mend(): Promise<void> {
    const covered = this.#written;
    try {
      await this.#parts.mend();
      this.#durable = covered;
      this.#doubt = undefined;
    } catch {
      if (this.#isClosed) return;
      // Not kept alive for it: the next start reads the log anew and checks it.
      this.#retry = setTimeout(() => this.#doubt && this.doubt(this.#doubt), mendPauseMs).unref();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#syncing?.catch(() => {});
    await this.#mending;
    await this.#parts.file.close();
  }
}

function untrusted(cause: unknown): DatabaseUnavailable {
  const { code = 'no code' } = cause as NodeJS.ErrnoException;
  return new DatabaseUnavailable(`the disk did not take the database's log (${code})`, { cause });
}
