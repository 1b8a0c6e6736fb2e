// This thread's hold on the index: the connection that answers, the thread that writes, and starting both again
// when the file turns out to be damaged.
import { setImmediate } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { HiddenFiles } from '../hidden/hidden-files.ts';
import type { VaultReach } from '../hidden/reach.ts';
import { takeSlice } from '../pace/steps.ts';
import type { IndexProgress, SearchOrder, SearchResult } from './answers.ts';
import type { ChangedPart } from './at-once.ts';
import type { IndexFacts } from './facts.ts';
import { isDamage } from './file.ts';
import type { IndexReader } from './reader.ts';
import type { IndexHosting } from './thread/hosting.ts';
import { openIndex } from './thread/opened-index.ts';
import { IndexThread } from './thread/thread.ts';

export interface IndexConnectionOptions {
  /** The thread that keeps it. */
  host: IndexHosting;
  /** Of the vault that the index is of. */
  reach?: VaultReach | undefined;
  root: string;
  indexPath: string;
  isPolling?: boolean;
  hidden: HiddenFiles;
  onProblem?: (problem: Error) => void;
  /** Told of each step of the indexing thread. */
  onProgress?: ((progress: IndexProgress) => void) | undefined;
  onAway?: (isAway: boolean) => void;
  /** Told how many notes are known by their names alone, when that changes. */
  onUnread?: (notes: number) => void;
  /** Told how many names are there in several Unicode forms (IndexProgress), when that changes. */
  onForms?: (names: number) => void;
  /** Told how many notes are conflict copies of others, when that changes. */
  onConflicts?: (notes: number) => void;
  /** Told how much of Obsidian's list of excluded files can't be used, when that changes. */
  onExcludedFaults?: (faults: number) => void;
}

/** A thread that failed is started again, later each time: 1 s, 2 s … 60 s. */
const firstRestartMs = 1000;
const lastRestartMs = 60_000;

/** What takes longer than some 20 ms is left to the other thread. */
const mostRowsHere = 20_000;
const nothingAmiss = { unread: 0, forms: 0, conflicts: 0, excludedFaults: 0 };
/** The index was made anew in the middle of a question. */
const mostAttempts = 3;

export class IndexConnection {
  readonly #options: IndexConnectionOptions;
  #database: Database.Database;
  #reader: IndexReader;
  #facts: IndexFacts;
  #thread: IndexThread | undefined;
  #progress: IndexProgress;
  #restart: NodeJS.Timeout | undefined;
  #restartMs = firstRestartMs;
  #closed = false;

  /** Throws IndexNotUsable. */
  constructor(options: IndexConnectionOptions) {
    this.#options = options;
    const { database, reader, facts } = openIndex(options);
    this.#database = database;
    this.#reader = reader;
    this.#facts = facts;
    // What is amiss is told of at each start.
    this.#progress = { ...this.#facts.counts(), ...nothingAmiss, building: true, isAway: false };
    this.#startThread();
  }

  /** Asks the index; one that is damaged is made anew, and the question asked again. */
  ask<Answer>(question: (reader: IndexReader, facts: IndexFacts) => Answer): Answer {
    try {
      return question(this.#reader, this.#facts);
    } catch (error) {
      this.#mend(error);
      return question(this.#reader, this.#facts);
    }
  }

  /** Asks what takes many steps, and lets others have their turn in between. */
  async askInSteps<Answer>(question: (reader: IndexReader) => Generator<void, Answer>): Promise<Answer> {
    for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
      const reader = this.#reader;
      const steps = question(reader);
      while (reader === this.#reader) {
        const answer = this.#take(steps);
        if (answer !== undefined) {
          return answer.value;
        }
        await setImmediate();
      }
    }
    throw new Error('The search index is made anew again and again');
  }

  #take<Answer>(steps: Generator<void, Answer>): { value: Answer } | undefined {
    try {
      return takeSlice(steps);
    } catch (error) {
      this.#mend(error);
      return undefined;
    }
  }

  /** Throws what is no damage. */
  #mend(error: unknown): void {
    if (this.#closed || !isDamage(error)) {
      throw error;
    }
    this.#rebuild(error);
    if (this.#options.host.isElsewhere) {
      throw error;
    }
  }

  /** Searches here, or in the other thread where it could hold this one for long. */
  async search(order: SearchOrder): Promise<SearchResult[]> {
    const plan = this.ask(({ search }) => search.plan(order, this.#progress.indexed));
    if (plan === undefined) {
      return [];
    }
    const found = plan.rows > mostRowsHere ? await this.#thread?.search(plan) : undefined;
    return found ?? this.ask(({ search }) => search.run(plan));
  }

  /**
   * Resolves when the index has this note as it is on disk now; after 2 s in any case: a thread that is busy or being
   * started again finds the change by itself.
   */
  async refresh(id: string): Promise<void> {
    await this.#thread?.refresh(id);
  }

  /** The same for a part of the folder, and what else is known to have changed; to false where that takes over 30 s. */
  async bringInStep(part: ChangedPart): Promise<boolean> {
    return (await this.#thread?.bringInStep(part)) ?? false;
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
    await this.#stopThread();
    this.#database.close();
  }

  #startThread(): void {
    const { host, root, indexPath, isPolling = false, hidden } = this.#options;
    const { patterns, filters, folders } = hidden;
    const thread = new IndexThread(
      host,
      { root, indexPath, isPolling, patterns, filters, folders },
      {
        onProgress: (progress): void => {
          this.#takeProgress(progress);
          this.#restartMs = firstRestartMs;
        },
        onError: (error): void => this.#recover(thread, error),
      },
    );
    this.#thread = thread;
  }

  #takeProgress(progress: IndexProgress): void {
    const before = this.#progress;
    this.#progress = progress;
    this.#options.onProgress?.(progress);
    if (progress.isAway !== before.isAway) {
      this.#options.onAway?.(progress.isAway);
    }
    if (progress.unread !== before.unread) {
      this.#options.onUnread?.(progress.unread);
    }
    if (progress.forms !== before.forms) {
      this.#options.onForms?.(progress.forms);
    }
    if (progress.conflicts !== before.conflicts) {
      this.#options.onConflicts?.(progress.conflicts);
    }
    if (progress.excludedFaults !== before.excludedFaults) {
      this.#options.onExcludedFaults?.(progress.excludedFaults);
    }
  }

  async #stopThread(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.stop();
  }

  #recover(thread: IndexThread, error: unknown): void {
    if (this.#closed || thread !== this.#thread) {
      return;
    }
    this.#thread = undefined;
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
    void this.#stopThread();
    this.#database.close();
    const { host, indexPath } = this.#options;
    host.discard(indexPath);
    if (host.isElsewhere) {
      this.#reopenLater();
    } else {
      this.#reopen();
    }
  }

  #reopenLater(): void {
    this.#restart = setTimeout(() => void this.#prepareAndReopen(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, lastRestartMs);
  }

  async #prepareAndReopen(): Promise<void> {
    const { host, reach } = this.#options;
    // What is wrong with the file, opening it says.
    await host.prepare(reach).catch(() => undefined);
    if (!this.#closed) {
      this.#reopen();
    }
  }

  // This thread's connection too: the file may be another one by now, and both have to have the same.
  #reopen(): void {
    this.#database.close();
    try {
      const { database, reader, facts } = openIndex(this.#options);
      this.#database = database;
      this.#reader = reader;
      this.#facts = facts;
    } catch (error) {
      this.#report(error, 'The search index can not be opened');
      this.#reopenLater();
      return;
    }
    this.#progress = { ...this.#progress, ...this.#facts.counts(), building: true };
    this.#startThread();
  }

  #report(cause: unknown, message: string): void {
    this.#options.onProblem?.(new Error(message, { cause }));
  }
}
