// The notes and canvases that a move reads, as the disk has them.
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { RevisionStale } from '../errors.ts';
import { findOpenPlace, type HiddenFiles } from '../hidden/hidden-files.ts';
import { createRevision, largestNote } from '../notes/content.ts';
import { isOpenedInside } from '../notes/opened-path.ts';
import { wayTo } from '../notes/path.ts';
import type { AskLinks, MendedNote } from './move-plan.ts';

const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export class LinkedNotes {
  readonly #root: string;
  /** By their ids, the paths on the disk. */
  readonly #ways = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  readerOf({ ask, hidden }: { ask: AskLinks; hidden: HiddenFiles }): {
    ask: AskLinks;
    read: (id: string) => Promise<Buffer | undefined>;
  } {
    return { ask, read: (id) => this.#read(id, hidden) };
  }

  /** Where a note that was read stands on the disk, below the vault. */
  wayTo(id: string): string {
    return this.#ways.get(id) ?? id;
  }

  /**
   * The revision of the note at this path below the vault; undefined where it is too large to be read. Throws RevisionStale
   * where another one is wanted.
   */
  async readRevision(way: string, wanted: string | undefined): Promise<string | undefined> {
    const bytes = await this.readWay(way);
    if (bytes === undefined) {
      return undefined;
    }
    const revision = createRevision(bytes);
    if (wanted !== undefined && wanted !== revision) {
      throw new RevisionStale(revision);
    }
    return revision;
  }

  /** The bytes of the note at this path below the vault; undefined where there is none. */
  readWay(way: string): Promise<Buffer | undefined> {
    return this.#readBytes(join(this.#root, way), largestNote);
  }

  /** The ids of those that are not as they were read. */
  async listChanged(notes: readonly MendedNote[]): Promise<string[]> {
    const changed: string[] = [];
    for (const { id, before } of notes) {
      const bytes = await this.readWay(this.wayTo(id));
      if (bytes?.equals(before) !== true) {
        changed.push(id);
      }
    }
    return changed;
  }

  async #read(id: string, hidden: HiddenFiles): Promise<Buffer | undefined> {
    const path = await this.#findPath(id, hidden);
    if (path === undefined) {
      return undefined;
    }
    this.#ways.set(id, wayTo(this.#root, path));
    return this.#readBytes(path, largestNote);
  }

  // The path itself first: to look for it in other Unicode forms is to list every folder on the way.
  async #findPath(id: string, hidden: HiddenFiles): Promise<string | undefined> {
    const path = join(this.#root, id);
    const isThere = await realpath(path).then(
      (real) => real === path,
      () => false,
    );
    if (isThere) {
      return hidden.isHidden(id) ? undefined : path;
    }
    const place = await findOpenPlace(this.#root, id, hidden);
    // What a name that is a link leads to is a note too, and is read as that.
    return place?.path === place?.target ? place?.path : undefined;
  }

  async #readBytes(path: string, most: number): Promise<Buffer | undefined> {
    try {
      const file = await open(path, flags);
      try {
        const stats = await file.stat();
        const isReadable = stats.isFile() && stats.size <= most && isOpenedInside(this.#root, path, file.fd);
        return isReadable ? await file.readFile() : undefined;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) {
        return undefined;
      }
      throw error;
    }
  }
}
