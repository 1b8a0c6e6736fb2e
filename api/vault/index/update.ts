// Reads what a look through the folder found into the index, a batch at a time, and forgets what is gone.
import { setImmediate } from 'node:timers/promises';
import { parseContent } from '../documents/content.ts';
import { kindOf, largestOf } from '../documents/kind.ts';
import type { NoteContent } from '../notes/content.ts';
import { createNamedFile, createNoteFile, createUnreadableNote, releaseBytes } from '../notes/file.ts';
import { isNoteName } from '../notes/path.ts';
import type { IndexProgress } from './answers.ts';
import type { IndexFacts } from './facts.ts';
import type { Vocabulary } from './finding/vocabulary.ts';
import type { ChangedNote, FolderComparison } from './folder/comparison.ts';
import type { GoneNotes } from './folder/gone-notes.ts';
import { type ListedNoteReading, readListedNote } from './folder/listed-note.ts';
import type { PdfTexts } from './pdf/texts.ts';
import { createIndexWords, type IndexWords } from './words.ts';
import type { IndexedNote, IndexWriter, KnownNote } from './writer.ts';

export interface IndexUpdateOptions {
  /** The vault's real path. */
  root: string;
  writer: IndexWriter;
  facts: IndexFacts;
  pdfTexts: PdfTexts;
  gone: GoneNotes;
  vocabulary: Vocabulary;
  inTransaction: (work: () => void) => void;
  onProgress: (progress: Omit<IndexProgress, 'isAway' | 'excludedFaults'>) => void;
}

const batchMs = 200;
/** So many new notes leave enough pieces in the index to be worth joining. */
const mergeAfter = 500;

export class IndexUpdate {
  readonly #options: IndexUpdateOptions;
  #stopped = false;
  /** Once nothing is in doubt after the start: what was removed meanwhile is forgotten by then. */
  #isSettled = false;
  /** The words of all notes were counted: those of one that changes can be added. */
  #isCounted = false;

  constructor(options: IndexUpdateOptions) {
    this.#options = options;
  }

  /** `run` ends after the batch that it is at. */
  stop(): void {
    this.#stopped = true;
  }

  async run(comparison: FolderComparison): Promise<void> {
    const { writer, facts, gone, inTransaction, onProgress } = this.#options;
    const { notes, indexed: _, ...counts } = facts.counts();
    const isBulk = comparison.changed.length >= mergeAfter;
    if (isBulk) {
      writer.startBulk();
    }
    while (comparison.changed.length > 0 && !this.#stopped) {
      const unknown = comparison.changed.filter(isNew).length;
      onProgress({ notes, indexed: notes - unknown, ...counts, building: true });
      inTransaction(() => this.#readBatch(comparison));
      await setImmediate();
    }
    if (this.#stopped) {
      return;
    }
    this.#removeGone();
    this.#isSettled ||= gone.isEmpty;
    this.report();
    if (isBulk) {
      await this.#merge();
    }
    await this.#countWords();
    if (isBulk) {
      await this.#shrink();
    }
  }

  /** Tells how far the index is, between two runs. */
  report(): void {
    const counts = this.#options.facts.counts();
    this.#options.onProgress({ ...counts, indexed: counts.notes, building: !this.#isSettled });
  }

  /** In a transaction of the caller's. */
  readNote(comparison: FolderComparison, changed: ChangedNote): void {
    const { root, writer, pdfTexts } = this.#options;
    const { note } = changed;
    const known = this.#findKnown(changed);
    const reading = readListedNote(root, note);
    if (reading.kind === 'failed') {
      return;
    }
    if (reading.kind === 'gone') {
      this.#miss(known);
      return;
    }
    if (reading.kind === 'read' && known?.revision === reading.bytes.revision) {
      writer.touchNote(known, reading.bytes.stats, reading.stamp);
      return;
    }
    const read = understand(note.named, reading);
    const number = known?.number ?? comparison.takeMoved(note.id, read);
    if (reading.kind === 'read' && kindOf(note.named) === 'pdf') {
      pdfTexts.put(number, note.id, read, reading.stamp);
    } else {
      writer.putNote(number, note.id, read, reading.stamp);
    }
    this.#learn(read.said.words);
  }

  // Since the look it may have been moved, and have another id by now, or have been changed, and be known with other bytes.
  #findKnown({ note }: ChangedNote): KnownNote | undefined {
    return this.#options.writer.findNote(note.id);
  }

  #miss(known: KnownNote | undefined): void {
    if (known !== undefined) {
      this.#options.gone.add(known);
    }
  }

  #learn({ title, aliases, headings, body }: IndexWords): void {
    if (this.#isCounted) {
      this.#options.vocabulary.addNote([title, aliases, headings, body]);
    }
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

  async #countWords(): Promise<void> {
    const { facts, vocabulary, inTransaction } = this.#options;
    const { indexed } = facts.counts();
    const steps = vocabulary.isOutgrown(indexed) ? vocabulary.count(indexed) : undefined;
    let isDone = steps === undefined;
    while (!isDone && !this.#stopped) {
      inTransaction(() => {
        isDone = steps?.next().done ?? true;
      });
      await setImmediate();
    }
    this.#isCounted = isDone;
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

  /** An eighth of the file is empty by now; what changes later uses what it leaves. */
  async #shrink(): Promise<void> {
    let more = !this.#stopped;
    while (more) {
      more = this.#options.writer.shrinkStep() && !this.#stopped;
      await setImmediate();
    }
  }
}

const isNew = ({ note, known }: ChangedNote): boolean => known === undefined && isNoteName(note.id);

function understand(
  named: string,
  reading: Exclude<ListedNoteReading, { kind: 'gone' } | { kind: 'failed' }>,
): IndexedNote {
  const use = (content: NoteContent): IndexedNote['said'] => ({
    content,
    words: createIndexWords(named, content),
  });
  if (reading.kind === 'forbidden') {
    return createUnreadableNote(named, reading.stats, use);
  }
  const file =
    largestOf(named) < 0
      ? createNamedFile(named, reading.bytes, use)
      : createNoteFile(named, reading.bytes, { parse: parseContent, use });
  releaseBytes(reading.bytes);
  return file;
}
