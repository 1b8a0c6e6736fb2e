// What is in the vault, as who plans an undoing asks it: as it is, or as it will be once what was planned before is done.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { createRevision } from '../../notes/content.ts';
import { isMove, type Step } from '../change.ts';
import { readCurrent } from '../current.ts';
import { findRevision } from '../found.ts';
import { inPlace } from '../place.ts';

export interface FoundFile {
  /** Undefined where it is none that a change could have left: a folder, or far too large. */
  bytes: Buffer | undefined;
  current: string;
}

/** Paths are ways below the vault, as the disk has them. */
export interface Disk {
  /** Undefined where there is nothing. */
  read(path: string): Promise<FoundFile | undefined>;
  isThere(path: string): Promise<boolean>;
}

/** `root`: the vault's real path. */
export function createDisk(root: string): Disk {
  return {
    read: async (path) => {
      const revision = await findRevision(root, path);
      if (revision === undefined || revision === '') {
        return revision === '' ? { bytes: undefined, current: '' } : undefined;
      }
      return inPlace(root, path, (place) => readCurrent(place.path));
    },
    isThere: (path) =>
      lstat(join(root, path)).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) return false;
          throw error;
        },
      ),
  };
}

export class ForeseenDisk implements Disk {
  readonly #real: Disk;
  readonly #steps: Step[] = [];

  constructor(real: Disk) {
    this.#real = real;
  }

  /** From now on it is as if these had been done. */
  add(steps: readonly Step[]): void {
    for (const step of steps) this.#steps.push(step);
  }

  async read(path: string): Promise<FoundFile | undefined> {
    const found = this.#find(path);
    if (typeof found === 'string') {
      return this.#real.read(found);
    }
    return found && { bytes: found, current: createRevision(found) };
  }

  async isThere(path: string): Promise<boolean> {
    const found = this.#find(path);
    return typeof found === 'string' ? this.#real.isThere(found) : found !== undefined;
  }

  /** The bytes that will be there, or where now is what will be there; undefined for nothing. */
  #find(path: string): Buffer | string | undefined {
    let way = path;
    for (const step of this.#steps.toReversed()) {
      if (!isMove(step)) {
        if (step.path === way) {
          return step.after;
        }
      } else if (isWithin(way, step.to)) {
        way = step.from + way.slice(step.to.length);
      } else if (isWithin(way, step.from)) {
        return undefined;
      }
    }
    return way;
  }
}

const isWithin = (path: string, whole: string): boolean => path === whole || path.startsWith(`${whole}/`);
