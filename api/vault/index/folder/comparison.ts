// One look through the folder beside what the index knows of it: what is new, changed, moved or gone.
// The room: looking at the disk for the index. Not what is written into it: index/; not one note for a client: notes/.
import type { HiddenFiles } from '../../hidden/hidden-files.ts';
import { type EntryRow, type IndexWriter, type KnownNote, ranks } from '../writer.ts';
import type { GoneNotes } from './gone-notes.ts';
import { isOnDisk } from './listed-note.ts';
import { type FolderListing, type ListedFolder, type ListedNote, listDiskFolder } from './listing.ts';
import type { FolderWatch } from './watch.ts';

export interface ChangedNote {
  note: ListedNote;
  /** Undefined for a note at a path that the index does not know. */
  known: KnownNote | undefined;
}

export interface FolderComparisonOptions {
  root: string;
  hidden: HiddenFiles;
  writer: IndexWriter;
  watch: FolderWatch;
  gone: GoneNotes;
  inTransaction: (work: () => void) => void;
  /** Of notes that are known to have been moved, by the new id the one that each had. */
  moved?: ReadonlyMap<string, string> | undefined;
}

export class FolderComparison {
  readonly changed: ChangedNote[] = [];
  /** Where what the disk has is not known: nothing below these is gone. */
  readonly #unlisted: string[] = [];
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
        for (const found of this.#compare(folder, listing, isNew || paths === undefined)) {
          waiting.push(found);
        }
      }
      yield;
    }
    // Popped from the end while reading: in order of paths again.
    this.changed.sort((a, b) => (a.note.id < b.note.id ? 1 : -1));
  }

  /**
   * The number of the note that was elsewhere until now, with these bytes or in this very file: it keeps its number,
   * so that a scan shows it once.
   */
  takeMoved(id: string, note: { revision: string; file: string }): number | undefined {
    const moved = this.#findKnownMove(id) ?? this.#findGone(note) ?? this.#findNotMissedYet(note);
    if (moved !== undefined) {
      this.#options.gone.delete(moved);
    }
    return moved;
  }

  #findKnownMove(id: string): number | undefined {
    const before = this.#options.moved?.get(id);
    return before === undefined ? undefined : this.#options.writer.findNumber(before);
  }

  #findGone({ revision, file }: { revision: string; file: string }): number | undefined {
    const { gone } = this.#options;
    return gone.findFile(file) ?? gone.findRevision(revision);
  }

  // Met in its new folder before the old one was looked at. A file may have two names, though.
  #findNotMissedYet({ revision, file }: { revision: string; file: string }): number | undefined {
    const { root, writer } = this.#options;
    const note = file === '' ? undefined : writer.findFile(revision, file);
    return note === undefined || isOnDisk(root, note.id) ? undefined : note.number;
  }

  /**
   * After a look at everything: notes of folders that no look met. A process that ended between forgetting a folder
   * and forgetting its notes leaves such.
   */
  missStrays(): void {
    const { writer, watch } = this.#options;
    for (const folder of writer.noteFolders()) {
      const isUnlisted = this.#unlisted.some((path) => isAtOrBelow(folder, path));
      if (watch.find(folder) === undefined && !isUnlisted) {
        this.#addGone(writer.notesIn(folder));
      }
    }
  }

  // A folder that can't be listed just now keeps its notes: a network folder that is away is not an empty vault.
  // One that is gone is found by its parent.
  #list(folder: ListedFolder): FolderListing | undefined {
    try {
      return listDiskFolder(this.#options, folder);
    } catch {
      this.#options.watch.remove(folder.path);
      this.#unlisted.push(folder.path);
      return undefined;
    }
  }

  #compare(folder: ListedFolder, listing: FolderListing | undefined, isDeep: boolean): ListedFolder[] {
    if (listing === undefined) {
      return [];
    }
    this.#compareNotes(folder.path, [...listing.notes, ...listing.documents], listing.isPartial);
    const before = this.#options.writer.entriesIn(folder.path);
    const after = entriesOf(folder.path, listing, listing.isPartial ? before : []);
    if (!isSame(before, after)) {
      this.#options.inTransaction(() => {
        this.#options.writer.putEntries(folder.path, after);
        this.#forgetFolders(before, after);
      });
    }
    const { watch } = this.#options;
    return listing.folders.filter(
      ({ path, diskPaths }) => isDeep || !isSameList(watch.find(path)?.diskPaths, diskPaths),
    );
  }

  #compareNotes(folder: string, notes: ListedNote[], isPartial: boolean): void {
    const known = new Map(this.#options.writer.notesIn(folder).map((note) => [note.id, note]));
    for (const note of notes) {
      const before = known.get(note.id);
      known.delete(note.id);
      if (before !== undefined) {
        this.#options.gone.delete(before.number);
      }
      if (before?.stamp !== note.stamp) {
        this.changed.push({ note, known: before });
      }
    }
    this.#addGone(isPartial ? [] : known.values());
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
      this.#options.gone.add(note);
    }
  }
}

function isAtOrBelow(folder: string, path: string): boolean {
  return path === '' || folder === path || folder.startsWith(`${path}/`);
}

/** In the index's order. `kept` are those that stay in any case. */
function entriesOf(
  folder: string,
  { folders, notes, files, twins, hasHidden }: FolderListing,
  kept: EntryRow[],
): EntryRow[] {
  const found = [
    ...folders.map(({ path, diskPaths }) => createRow(ranks.folder, path, diskPaths.length > 1)),
    ...notes.map(({ id }) => createRow(ranks.note, id, twins.has(id))),
    ...files.map((path) => createRow(ranks.file, path, twins.has(path))),
    ...(hasHidden ? [createRow(ranks.hidden, folder, false)] : []),
  ];
  const missing = kept.filter(
    (row) => !found.some(({ rank, path }) => rank === row.rank && path === row.path),
  );
  return [...found, ...missing].sort((a, b) => a.rank - b.rank || (a.path < b.path ? -1 : 1));
}

function createRow(rank: number, path: string, hasForms: boolean): EntryRow {
  return { rank, path, hasForms: hasForms ? 1 : 0 };
}

function isSame(before: EntryRow[], after: EntryRow[]): boolean {
  const textOf = ({ rank, path, hasForms }: EntryRow): string => `${rank} ${hasForms} ${path}`;
  return isSameList(before.map(textOf), after.map(textOf));
}

function isSameList(before: readonly string[] | undefined, after: readonly string[]): boolean {
  return before?.length === after.length && after.every((item, index) => item === before[index]);
}
