// Keeps the index in step with the folder: looks, reads what is new or changed, forgets what is gone, and waits.
// The room: keeping the index and asking it; folder/ looks at the disk. Not what a note is: notes/; not changes:
// writing/.
import { setImmediate } from 'node:timers/promises';
import type { HiddenFiles } from '../hidden/hidden-files.ts';
import type { IndexProgress } from './answers.ts';
import { AtOnce, type ChangedPart } from './at-once.ts';
import type { IndexFacts } from './facts.ts';
import type { Vocabulary } from './finding/vocabulary.ts';
import { FolderComparison } from './folder/comparison.ts';
import { GoneNotes } from './folder/gone-notes.ts';
import { findVaultHome } from './folder/home.ts';
import type { ListedFolder } from './folder/listing.ts';
import { SettingsWatch } from './folder/settings-watch.ts';
import { FolderWatch } from './folder/watch.ts';
import { PdfQueue } from './pdf/queue.ts';
import type { PdfTexts } from './pdf/texts.ts';
import { IndexUpdate } from './update.ts';
import type { IndexWriter } from './writer.ts';

export interface IndexKeeperOptions {
  /** The vault's real path. */
  root: string;
  /** Looks again and again even where the kernel would tell of changes. */
  isPolling: boolean;
  hidden: HiddenFiles;
  writer: IndexWriter;
  facts: IndexFacts;
  vocabulary: Vocabulary;
  pdfTexts: PdfTexts;
  inTransaction: (work: () => void) => void;
  onProgress: (progress: IndexProgress) => void;
}

/** Editors write a file in several steps: what follows within this time is one change. */
const gatherMs = 100;
/** Without notices, changes are to be found within 2 s, reading included; a slow folder gets a quarter of the time. */
const pollMs = 1200;
const pollRest = 4;
/** A share that goes away gives no notice. */
const homeMs = 2000;
/** With them, a look at everything now and then for a notice that got lost. */
const checkMs = 60_000;
/** What one look missed is looked for once more. */
const missedMs = 300;
const sliceMs = 10;

export class IndexKeeper {
  readonly #options: IndexKeeperOptions;
  readonly #root: ListedFolder;
  readonly #watch: FolderWatch;
  readonly #dirty = new Set<string>();
  /** What the look that is going on was begun for: it may wait for the disk, or for others to have their turn. */
  #underWay: string[] = [];
  readonly #gone = new GoneNotes();
  readonly #settings: SettingsWatch;
  readonly #update: IndexUpdate;
  readonly #pdfs: PdfQueue;
  readonly #atOnce: AtOnce;
  #hasLooked = false;
  #told: Omit<IndexProgress, 'excludedFaults'> | undefined;
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: IndexKeeperOptions) {
    this.#options = options;
    this.#root = { path: '', diskPaths: [options.root] };
    this.#watch = new FolderWatch({
      isPolling: options.isPolling,
      onChange: (path): void => this.#noteChange(path),
    });
    this.#settings = new SettingsWatch(options.root, () => this.#noteSettings());
    const { root, writer, facts, vocabulary, pdfTexts, inTransaction } = options;
    this.#update = new IndexUpdate({
      root,
      writer,
      facts,
      pdfTexts,
      gone: this.#gone,
      vocabulary,
      inTransaction,
      onProgress: (progress): void => this.#tell({ ...progress, isAway: false }),
    });
    this.#atOnce = new AtOnce({
      root: this.#root,
      watch: this.#watch,
      gone: this.#gone,
      update: this.#update,
      writer,
      inTransaction,
      createComparison: (moved) => this.#createComparison(moved),
      noteChange: (folder) => this.#noteChange(folder),
    });
    const onUnread = (): void => this.#update.report();
    this.#pdfs = new PdfQueue({ root, texts: pdfTexts, inTransaction, onUnread });
  }

  /** Goes on until `close`; throws what SQLite throws. */
  run(): Promise<void> {
    this.#running = this.#keep();
    return this.#running;
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#update.stop();
    this.#wake?.();
    await this.#pdfs.close();
    await this.#running;
    this.#watch.remove('');
    this.#settings.close();
  }

  /** Looks at the note `id` at once, in the middle of whatever else is going on; what else is new has its turn later. */
  refresh(id: string): void {
    this.#lookAgainIf(this.#atOnce.refresh(id));
  }

  /** Looks at once at all that is known to have changed, and at `part`. */
  bringInStep({ folders, moved }: ChangedPart): void {
    const isAll = !(this.#hasLooked && this.#watch.isReliable());
    const changed = [...this.#underWay, ...this.#dirty, ...folders];
    this.#dirty.clear();
    this.#lookAgainIf(this.#atOnce.bringInStep(isAll ? undefined : changed, moved));
    this.#update.report();
  }

  #lookAgainIf(isNeeded: boolean): void {
    if (isNeeded) {
      setTimeout(() => this.#wake?.(), missedMs);
    }
  }

  #createComparison(moved?: ReadonlyMap<string, string>): FolderComparison {
    const { root, hidden, writer, inTransaction } = this.#options;
    const { watch, gone } = { watch: this.#watch, gone: this.#gone };
    return new FolderComparison({ root, hidden, writer, watch, gone, inTransaction, moved });
  }

  #noteChange(path: string): void {
    if (this.#dirty.size === 0) {
      setTimeout(() => this.#wake?.(), gatherMs);
    }
    this.#dirty.add(path);
  }

  // A look at nothing but what is hidden.
  #noteSettings(): void {
    setTimeout(() => this.#wake?.(), gatherMs);
  }

  async #keep(): Promise<void> {
    let nextLookAt = 0;
    while (!this.#closed) {
      const isFull = this.#mustLookAtAll() || performance.now() >= nextLookAt;
      const lookMs = await this.#look(isFull);
      this.#underWay = [];
      if (isFull || lookMs === undefined) {
        nextLookAt = performance.now() + this.#restMs(lookMs ?? 0);
      }
      await this.#rest(Math.min(homeMs, nextLookAt - performance.now()));
    }
  }

  /** Looks at everything, or at what changed, if anything did; undefined while the folder is away. */
  async #look(isFull: boolean): Promise<number | undefined> {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    this.#underWay = dirty;
    if (!(await this.#isHome())) {
      return undefined;
    }
    if ((await this.#hide()) || isFull) {
      return this.#bringInStep(undefined);
    }
    return dirty.length > 0 || !this.#gone.isEmpty ? this.#bringInStep(dirty) : 0;
  }

  /** Takes out what is hidden from now on; true where a look at everything is needed, for what is not any more. */
  async #hide(): Promise<boolean> {
    const { hidden, writer, facts, inTransaction } = this.#options;
    const faults = hidden.faults;
    const hasChanged = await hidden.refresh();
    this.#settings.watch();
    if (hidden.faults !== faults && this.#told !== undefined) {
      this.#tell(this.#told);
    }
    if (hasChanged) {
      inTransaction(() => {
        writer.removeHidden(hidden);
        facts.setHidden(hidden.key);
      });
      this.#watch.remove('');
    }
    return hasChanged;
  }

  #tell(progress: Omit<IndexProgress, 'excludedFaults'>): void {
    const { hidden, onProgress } = this.#options;
    this.#told = progress;
    onProgress({ ...progress, excludedFaults: hidden.faults });
  }

  // Without notices only a look at everything can meet a note that was missed.
  #mustLookAtAll(): boolean {
    return !(this.#gone.isEmpty || this.#watch.isReliable());
  }

  #restMs(lookMs: number): number {
    return this.#watch.isReliable() ? checkMs : Math.max(pollMs, pollRest * lookMs);
  }

  async #isHome(): Promise<boolean> {
    const { root, facts } = this.#options;
    const known = facts.home();
    const home = await findVaultHome(root, known);
    if (home === undefined) {
      // Its watchers are deaf from now on; looking again finds out when it is back.
      this.#watch.remove('');
      this.#pdfs.hold();
      this.#tell({ ...facts.counts(), building: false, isAway: true });
      return false;
    }
    if (home.isNew) {
      facts.setHome(home.identity);
    }
    return true;
  }

  #rest(ms: number): Promise<void> {
    const longestMs = this.#gone.isEmpty ? ms : Math.min(ms, missedMs);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#dirty.size > 0 ? gatherMs : Math.max(0, longestMs));
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
    // Notes first.
    this.#pdfs.hold();
    const comparison = this.#createComparison();
    this.#gone.startLook();
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
    if (!this.#hasLooked) {
      comparison.missStrays();
      this.#hasLooked = true;
    }
    await this.#update.run(comparison);
    this.#pdfs.start();
    return lookMs;
  }
}
