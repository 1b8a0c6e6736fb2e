// Reads what a look through the folder found into the index, a batch at a time, and forgets what is gone.
import { setImmediate } from 'node:timers/promises';
import type { IndexFacts } from './facts.ts';
import type { ChangedNote, FolderComparison } from './folder/comparison.ts';
import { readListedNote } from './folder/listed-note.ts';
import type { GoneNotes } from './gone-notes.ts';
import type { IndexWriter } from './writer.ts';

export interface IndexUpdateOptions {
  writer: IndexWriter;
  facts: IndexFacts;
  gone: GoneNotes;
  inTransaction: (work: () => void) => void;
  onProgress: (progress: { notes: number; indexed: number; building: boolean }) => void;
}

const batchMs = 200;
/** So many new notes leave enough pieces in the index to be worth joining. */
const mergeAfter = 500;

export class IndexUpdate {
  readonly #options: IndexUpdateOptions;
  #stopped = false;
  /** Once nothing is in doubt after the start: what was removed meanwhile is forgotten by then. */
  #isSettled = false;

  constructor(options: IndexUpdateOptions) {
    this.#options = options;
  }

  /** `run` ends after the batch that it is at. */
  stop(): void {
    this.#stopped = true;
  }

  async run(comparison: FolderComparison): Promise<void> {
    const { writer, facts, gone, inTransaction, onProgress } = this.#options;
    const { notes } = facts.counts();
    const isBulk = comparison.changed.length >= mergeAfter;
    if (isBulk) {
      writer.startBulk();
    }
    while (comparison.changed.length > 0 && !this.#stopped) {
      const unknown = comparison.changed.filter(({ known }) => known === undefined).length;
      onProgress({ notes, indexed: notes - unknown, building: true });
      inTransaction(() => this.#readBatch(comparison));
      await setImmediate();
    }
    if (this.#stopped) {
      return;
    }
    this.#removeGone();
    this.#isSettled ||= gone.isEmpty;
    onProgress({ notes, indexed: notes, building: !this.#isSettled });
    if (isBulk) {
      await this.#merge();
    }
  }

  /** In a transaction of the caller's. */
  readNote(comparison: FolderComparison, { note, known }: ChangedNote): void {
    const { writer, gone } = this.#options;
    const read = readListedNote(note);
    if (read === 'failed') {
      return;
    }
    if (read === 'gone') {
      if (known !== undefined) {
        gone.add(known);
      }
      return;
    }
    if (known?.revision === read.file.revision) {
      writer.touchNote(known, read.file, read.stamp);
      return;
    }
    const number = known?.number ?? comparison.takeMoved(read.file);
    writer.putNote(number, note.id, read.file, read.stamp);
  }

  #readBatch(comparison: FolderComparison): void {
    const until = performance.now() + batchMs;
    let next = comparison.changed.pop();
    while (next !== undefined) {
      this.readNote(comparison, next);
      next = performance.now() < until ? comparison.changed.pop() : undefined;
    }
  }

  #removeGone(): void {
    const { writer, gone, inTransaction } = this.#options;
    const settled = gone.listSettled();
    if (settled.length === 0) {
      return;
    }
    inTransaction(() => {
      for (const number of settled) {
        writer.removeNote(number);
        gone.delete(number);
      }
    });
  }

  async #merge(): Promise<void> {
    const { writer } = this.#options;
    let more = writer.mergeStep(true);
    while (more && !this.#stopped) {
      await setImmediate();
      more = writer.mergeStep(false);
    }
    writer.endBulk();
  }
}
