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

export class LogKeeper {
  readonly #paths: LogPaths;
  /** Told of a sync that failed. */
  readonly #onFailedSync: (error: Error) => void;
  readonly #idleMs: number;
  readonly #waiting: Waiting[] = [];
  #idle: NodeJS.Timeout | undefined;
  #worker: Worker | undefined;
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
    if (this.#worker) await this.#ask('close').catch(() => {});
  }

  #ask(job: Job): Promise<boolean> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    clearTimeout(this.#idle);
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#waiting.push({ resolve, reject });
    // Kept alive for a job, not for the next one.
    worker.ref();
    worker.postMessage(job);
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./log-thread.ts', import.meta.url), {
      workerData: this.#paths,
      resourceLimits,
      execArgv: [],
    });
    worker.on('message', (news: JobNews) => this.#hear(worker, news));
    worker.once('error', (error) => this.#end(error));
    worker.once('exit', () => this.#end(new Error('the thread of the log ended')));
    return worker;
  }

  #hear(worker: Worker, news: JobNews): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) {
      worker.unref();
      this.#idle = setTimeout(() => void this.close(), this.#idleMs).unref();
    }
    if ('failed' in news) {
      const { message, code } = news.failed;
      waiting?.reject(Object.assign(new Error(message), { code }));
    } else {
      waiting?.resolve(news.isDone);
    }
  }

  #end(error: Error): void {
    clearTimeout(this.#idle);
    this.#worker = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
