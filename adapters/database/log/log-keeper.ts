// The thread that keeps SQLite's log short and mends it, seen from outside: begun when there is something to do, and ended when
// there was nothing for an hour.
import { Worker } from 'node:worker_threads';
import type { Job, JobNews, LogPaths } from './log-thread.ts';

// 16 MB. Each time writers wait for three syncs: seldom enough on a slow disk, and no more than a database weighs anyway.
const longLogFrames = 4000;
// Where a reader (a backup) stands in the way, or the disk.
const restMs = 1000;
// It takes 17 MB. Under load it never ends: nothing that begins and ends often is to live beside better-sqlite3.
const keptIdleMs = 3600_000;
// In MB: it runs a handful of statements and goes through the log by a megabyte.
const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };

interface Waiting {
  readonly resolve: (isDone: boolean) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Who asked it for something, in order. */
  readonly waiting: Waiting[];
}

export class LogKeeper {
  readonly #paths: LogPaths;
  /** Told of a sync that failed. */
  readonly #onFailedSync: (error: Error) => void;
  readonly #idleMs: number;
  #idle: NodeJS.Timeout | undefined;
  /** Undefined once it is asked to end: what comes then is for another. */
  #thread: Thread | undefined;
  #isCheckpointing = false;
  #restsUntil = 0;

  constructor(paths: LogPaths, onFailedSync: (error: Error) => void, idleMs = keptIdleMs) {
    this.#paths = paths;
    this.#idleMs = idleMs;
    this.#onFailedSync = onFailedSync;
  }

  /** Begins a checkpoint where the log has grown long, and does not wait for it. */
  shorten(frames: number): void {
    if (frames < longLogFrames || this.#isCheckpointing || performance.now() < this.#restsUntil) return;
    this.#isCheckpointing = true;
    void this.#checkpoint().finally(() => {
      this.#isCheckpointing = false;
    });
  }

  async #checkpoint(): Promise<void> {
    try {
      if (await this.#ask('checkpoint')) return;
    } catch (error) {
      if ((error as { code?: unknown }).code === 'SQLITE_IOERR_FSYNC') this.#onFailedSync(error as Error);
    }
    this.#restsUntil = performance.now() + restMs;
  }

  /** Writes the whole log again and syncs it. Throws where the disk does not take it, or has lost some of it. */
  async mend(): Promise<void> {
    await this.#ask('mend');
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    clearTimeout(this.#idle);
    if (thread) await post(thread, 'close').catch(() => {});
  }

  #ask(job: Job): Promise<boolean> {
    this.#thread ??= this.#start();
    clearTimeout(this.#idle);
    return post(this.#thread, job);
  }

  #start(): Thread {
    const worker = new Worker(new URL('./log-thread.ts', import.meta.url), {
      workerData: this.#paths,
      resourceLimits,
      execArgv: [],
    });
    const thread = { worker, waiting: [] };
    worker.on('message', (news: JobNews) => this.#hear(thread, news));
    worker.once('error', (error) => this.#end(thread, error));
    worker.once('exit', () => this.#end(thread, new Error('the thread of the log ended')));
    return thread;
  }

  #hear(thread: Thread, news: JobNews): void {
    const { worker, waiting } = thread;
    const next = waiting.shift();
    if (waiting.length === 0) {
      worker.unref();
      if (thread === this.#thread) this.#idle = setTimeout(() => void this.close(), this.#idleMs).unref();
    }
    if ('failed' in news) {
      const { message, code } = news.failed;
      next?.reject(Object.assign(new Error(message), { code }));
    } else {
      next?.resolve(news.isDone);
    }
  }

  #end(thread: Thread, error: Error): void {
    if (thread === this.#thread) {
      clearTimeout(this.#idle);
      this.#thread = undefined;
    }
    for (const { reject } of thread.waiting.splice(0)) reject(error);
  }
}

function post({ worker, waiting }: Thread, job: Job): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  waiting.push({ resolve, reject });
  // Kept alive for a job, not for the next one.
  worker.ref();
  worker.postMessage(job);
  return promise;
}
