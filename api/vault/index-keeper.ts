// Keeps the index in step with the folder: looks, reads what is new or changed, forgets what is gone, and waits.
import { setImmediate } from 'node:timers/promises';
import { type ChangedNote, FolderComparison } from './folder-comparison.ts';
import { createStamp, type ListedFolder, type ListedNote } from './folder-listing.ts';
import { FolderWatch } from './folder-watch.ts';
import type { IndexWriter } from './index-writer.ts';
import { createUnreadableNote, type NoteFile, readNoteFileSync } from './note-file.ts';

export interface IndexProgress {
  /** Notes in the folder, as far as it has been looked through. */
  notes: number;
  indexed: number;
  building: boolean;
}

export interface IndexKeeperOptions {
  /** The vault's real path. */
  root: string;
  /** Looks again and again even where the kernel would tell of changes. */
  isPolling: boolean;
  writer: IndexWriter;
  inTransaction: (work: () => void) => void;
  onProgress: (progress: IndexProgress) => void;
}

/** Editors write a file in several steps: what follows within this time is one change. */
const gatherMs = 100;
/** Without notices, changes are to be found within 2 s, reading included; a slow folder gets a quarter of the time. */
const pollMs = 1200;
const pollRest = 4;
/** With them, a look at everything now and then for a notice that got lost. */
const checkMs = 60_000;
const batchMs = 200;
const sliceMs = 10;
/** So many new notes leave enough pieces in the index to be worth joining. */
const mergeAfter = 500;

export class IndexKeeper {
  readonly #options: IndexKeeperOptions;
  readonly #root: ListedFolder;
  readonly #watch: FolderWatch;
  readonly #dirty = new Set<string>();
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: IndexKeeperOptions) {
    this.#options = options;
    this.#root = { path: '', diskPath: options.root };
    this.#watch = new FolderWatch({
      isPolling: options.isPolling,
      onChange: (path): void => this.#noteChange(path),
    });
  }

  /** Goes on until `close`; throws what SQLite throws. */
  run(): Promise<void> {
    this.#running = this.#keep();
    return this.#running;
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    await this.#running;
    this.#watch.remove('');
  }

  /** Looks at the note `id` at once, in the middle of whatever else is going on; what else is new has its turn later. */
  refresh(id: string): void {
    const { root, writer, inTransaction } = this.#options;
    let folder = parentOf(id);
    // A folder made for the note is found by the one above it.
    while (folder !== '' && this.#watch.find(folder) === undefined) {
      folder = parentOf(folder);
    }
    const comparison = new FolderComparison({ root, writer, watch: this.#watch, inTransaction });
    for (const _ of comparison.look(
      this.#root,
      this.#watch.find(folder) === undefined ? undefined : [folder],
    )) {
      // nothing else may come in between
    }
    inTransaction(() => {
      for (const changed of comparison.changed) {
        if (changed.note.id === id) {
          this.#readOne(comparison, changed);
        } else {
          this.#noteChange(parentOf(changed.note.id));
        }
      }
      this.#removeGone(comparison);
    });
  }

  #noteChange(path: string): void {
    if (this.#dirty.size === 0) {
      setTimeout(() => this.#wake?.(), gatherMs);
    }
    this.#dirty.add(path);
  }

  async #keep(): Promise<void> {
    let nextLookAt = 0;
    while (!this.#closed) {
      const startedAt = performance.now();
      const isFull = startedAt >= nextLookAt;
      const dirty = [...this.#dirty];
      this.#dirty.clear();
      const lookMs = await this.#bringInStep(isFull ? undefined : dirty);
      if (isFull) {
        const restMs = this.#watch.isReliable() ? checkMs : Math.max(pollMs, pollRest * lookMs);
        nextLookAt = performance.now() + restMs;
      }
      await this.#rest(nextLookAt - performance.now());
    }
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#dirty.size > 0 ? gatherMs : Math.max(0, ms));
      this.#wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#closed) {
        this.#wake();
      }
    });
  }

  /** Looks at the folders given, or at all; returns how long looking took. */
  async #bringInStep(dirty: string[] | undefined): Promise<number> {
    const { root, writer, inTransaction } = this.#options;
    const comparison = new FolderComparison({ root, writer, watch: this.#watch, inTransaction });
    const startedAt = performance.now();
    let pausedAt = startedAt;
    for (const _ of comparison.look(this.#root, dirty)) {
      if (performance.now() - pausedAt > sliceMs) {
        await setImmediate();
        pausedAt = performance.now();
      }
      if (this.#closed) {
        return 0;
      }
    }
    const lookMs = performance.now() - startedAt;
    await this.#readChanges(comparison);
    return lookMs;
  }

  async #readChanges(comparison: FolderComparison): Promise<void> {
    const { writer, onProgress } = this.#options;
    const notes = writer.countNotes();
    const isBulk = comparison.changed.length >= mergeAfter;
    if (isBulk) {
      writer.startBulk();
    }
    while (comparison.changed.length > 0 && !this.#closed) {
      const unknown = comparison.changed.filter(({ known }) => known === undefined).length;
      onProgress({ notes, indexed: notes - unknown, building: true });
      this.#options.inTransaction(() => this.#readBatch(comparison));
      await setImmediate();
    }
    if (this.#closed) {
      return;
    }
    if (comparison.gone.size > 0) {
      this.#options.inTransaction(() => this.#removeGone(comparison));
    }
    onProgress({ notes, indexed: notes, building: false });
    if (isBulk) {
      await this.#merge();
    }
  }

  #removeGone(comparison: FolderComparison): void {
    for (const number of comparison.gone.keys()) {
      this.#options.writer.removeNote(number);
    }
  }

  #readBatch(comparison: FolderComparison): void {
    const until = performance.now() + batchMs;
    let next = comparison.changed.pop();
    while (next !== undefined) {
      this.#readOne(comparison, next);
      next = performance.now() < until ? comparison.changed.pop() : undefined;
    }
  }

  #readOne(comparison: FolderComparison, { note, known }: ChangedNote): void {
    const { writer } = this.#options;
    const read = readListedNote(note);
    if (read === undefined) {
      if (known !== undefined) {
        comparison.gone.set(known.number, known);
      }
      return;
    }
    if (known?.revision === read.file.revision) {
      writer.touchNote(known, read.file, read.stamp);
      return;
    }
    writer.putNote(known ?? comparison.takeMoved(read.file.revision), note.id, read.file, read.stamp);
  }

  async #merge(): Promise<void> {
    const { writer } = this.#options;
    let more = writer.mergeStep(true);
    while (more && !this.#closed) {
      await setImmediate();
      more = writer.mergeStep(false);
    }
    writer.endBulk();
  }
}

function readListedNote(note: ListedNote): { file: NoteFile; stamp: string } | undefined {
  try {
    const read = readNoteFileSync(note.id, note.diskPath);
    return read && { file: read.note, stamp: createStamp(read.stats, Date.now()) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isGone = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP';
    return isGone ? undefined : { file: createUnreadableNote(note.id), stamp: note.stamp };
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
