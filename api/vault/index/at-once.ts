// Bringing the index in step at once, in the middle of whatever else is going on: with one note, or with what a move has
// changed.
import { folderOf } from '../notes/name.ts';
import type { FolderComparison } from './folder/comparison.ts';
import type { GoneNotes } from './folder/gone-notes.ts';
import { isOnDisk } from './folder/listed-note.ts';
import type { ListedFolder } from './folder/listing.ts';
import type { FolderWatch } from './folder/watch.ts';
import type { IndexUpdate } from './update.ts';
import type { IndexWriter } from './writer.ts';

export interface AtOnceOptions {
  root: ListedFolder;
  watch: FolderWatch;
  gone: GoneNotes;
  update: IndexUpdate;
  writer: IndexWriter;
  inTransaction: (work: () => void) => void;
  /** `moved`: of each note its new id and the one that it had. */
  createComparison: (moved?: ReadonlyMap<string, string>) => FolderComparison;
  /** What else is new there has its turn later. */
  noteChange: (folder: string) => void;
}

/** Which part of the folder is to be looked at. */
export interface ChangedPart {
  /** Paths of folders, there or not; all that is new below them too. */
  folders: string[];
  /** Of each note that was moved its new id and the one that it had. */
  moved: [to: string, from: string][];
}

export class AtOnce {
  readonly #options: AtOnceOptions;

  constructor(options: AtOnceOptions) {
    this.#options = options;
  }

  /** Looks at the note `id`; true where something may still be missed that the next look finds. */
  refresh(id: string): boolean {
    const { gone, update, writer, inTransaction, createComparison, noteChange } = this.#options;
    const comparison = createComparison();
    this.#look(comparison, [folderOf(id)]);
    inTransaction(() => {
      for (const changed of comparison.changed) {
        if (changed.note.id === id) {
          update.readNote(comparison, changed);
        } else {
          noteChange(folderOf(changed.note.id));
        }
      }
      this.#forget(writer.findNumber(id));
    });
    return !gone.isEmpty;
  }

  /** The same for all of a part; `folders` are undefined for all of the vault. */
  bringInStep(folders: string[] | undefined, moved: ChangedPart['moved']): boolean {
    const { gone, update, writer, inTransaction, createComparison } = this.#options;
    const [root = ''] = this.#options.root.diskPaths;
    const comparison = createComparison(new Map(moved));
    this.#look(comparison, folders);
    inTransaction(() => {
      for (const changed of comparison.changed.toReversed()) {
        update.readNote(comparison, changed);
      }
      for (const [, from] of moved) {
        this.#forget(writer.findNumber(from), () => !isOnDisk(root, from));
      }
    });
    return !gone.isEmpty;
  }

  #look(comparison: FolderComparison, folders: string[] | undefined): void {
    const known = folders?.map((folder) => this.#findKnown(folder));
    const isAll = known === undefined || known.includes(undefined);
    const paths = isAll ? undefined : [...new Set(known.filter((folder) => folder !== undefined))];
    for (const _ of comparison.look(this.#options.root, paths)) {
      // nothing else may come in between
    }
  }

  // A new folder is found by the one above it.
  #findKnown(path: string): string | undefined {
    const { watch } = this.#options;
    let folder = path;
    while (folder !== '' && watch.find(folder) === undefined) {
      folder = folderOf(folder);
    }
    return watch.find(folder) === undefined ? undefined : folder;
  }

  /** Where it was missed, or is surely not there. */
  #forget(number: number | undefined, isGone = (): boolean => false): void {
    if (number !== undefined && (this.#options.gone.delete(number) || isGone())) {
      this.#options.writer.removeNote(number);
    }
  }
}
