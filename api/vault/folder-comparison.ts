// One look through the folder beside what the index knows of it: what is new, changed, moved or gone.
import { type FolderListing, type ListedFolder, type ListedNote, listDiskFolder } from './folder-listing.ts';
import type { FolderWatch } from './folder-watch.ts';
import { type EntryRow, type IndexWriter, type KnownNote, ranks } from './index-writer.ts';

export interface ChangedNote {
  note: ListedNote;
  /** Undefined for a note at a path that the index does not know. */
  known: KnownNote | undefined;
}

export interface FolderComparisonOptions {
  root: string;
  writer: IndexWriter;
  watch: FolderWatch;
  inTransaction: (work: () => void) => void;
}

export class FolderComparison {
  readonly changed: ChangedNote[] = [];
  readonly gone = new Map<number, KnownNote>();
  readonly #options: FolderComparisonOptions;

  constructor(options: FolderComparisonOptions) {
    this.#options = options;
  }

  /**
   * Looks at `top` and all below it, or only at the folders of these paths and at what is new below them. Folder
   * entries are written at once; notes are collected. Yields after each folder, so that the caller can pause.
   */
  *look(top: ListedFolder, paths: string[] | undefined): Generator<void> {
    const waiting = paths === undefined ? [top] : paths.map((path) => this.#options.watch.find(path));
    for (let folder = waiting.pop(); waiting.length > 0 || folder !== undefined; folder = waiting.pop()) {
      if (folder !== undefined) {
        const isNew = this.#options.watch.add(folder);
        const listing = this.#list(folder);
        waiting.push(...this.#compare(folder, listing, isNew || paths === undefined));
      }
      yield;
    }
    // Popped from the end while reading: in order of paths again.
    this.changed.sort((a, b) => (a.note.id < b.note.id ? 1 : -1));
  }

  /** The note with these bytes that is gone from where it was: it keeps its number, so that a scan shows it once. */
  takeMoved(revision: string): KnownNote | undefined {
    const moved =
      this.gone.size === 0
        ? undefined
        : this.#options.writer.notesWith(revision).find((note) => this.gone.has(note.number));
    if (moved !== undefined) {
      this.gone.delete(moved.number);
    }
    return moved;
  }

  // A folder that can't be listed just now keeps its notes: a network folder that is away is not an empty vault.
  // One that is gone is found by its parent.
  #list(folder: ListedFolder): FolderListing | undefined {
    try {
      return listDiskFolder(this.#options.root, folder);
    } catch {
      this.#options.watch.remove(folder.path);
      return undefined;
    }
  }

  #compare(folder: ListedFolder, listing: FolderListing | undefined, isDeep: boolean): ListedFolder[] {
    if (listing === undefined) {
      return [];
    }
    this.#compareNotes(folder.path, listing.notes);
    const before = this.#options.writer.entriesIn(folder.path);
    const after = entriesOf(listing);
    if (!isSame(before, after)) {
      this.#options.inTransaction(() => {
        this.#options.writer.putEntries(folder.path, after);
        this.#forgetFolders(before, after);
      });
    }
    const { watch } = this.#options;
    return listing.folders.filter(({ path, diskPath }) => isDeep || watch.find(path)?.diskPath !== diskPath);
  }

  #compareNotes(folder: string, notes: ListedNote[]): void {
    const known = new Map(this.#options.writer.notesIn(folder).map((note) => [note.id, note]));
    for (const note of notes) {
      const before = known.get(note.id);
      known.delete(note.id);
      if (before?.stamp !== note.stamp) {
        this.changed.push({ note, known: before });
      }
    }
    this.#addGone(known.values());
  }

  #forgetFolders(before: EntryRow[], after: EntryRow[]): void {
    const kept = new Set(after.filter((entry) => entry.rank === ranks.folder).map((entry) => entry.path));
    for (const { rank, path } of before) {
      if (rank === ranks.folder && !kept.has(path)) {
        this.#forgetFolder(path);
      }
    }
  }

  #forgetFolder(path: string): void {
    const { writer, watch } = this.#options;
    watch.remove(path);
    for (const folder of writer.foldersBelow(path)) {
      this.#addGone(writer.notesIn(folder));
      writer.putEntries(folder, []);
    }
  }

  #addGone(notes: Iterable<KnownNote>): void {
    for (const note of notes) {
      this.gone.set(note.number, note);
    }
  }
}

function entriesOf(listing: FolderListing): EntryRow[] {
  return [
    ...listing.folders.map(({ path }) => ({ rank: ranks.folder, path })),
    ...listing.notes.map(({ id }) => ({ rank: ranks.note, path: id })),
    ...listing.files.map((path) => ({ rank: ranks.file, path })),
  ];
}

function isSame(before: EntryRow[], after: EntryRow[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ rank, path }, index) => rank === after[index]?.rank && path === after[index]?.path)
  );
}
