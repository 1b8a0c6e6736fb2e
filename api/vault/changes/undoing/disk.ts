// What is in the vault, as who plans an undoing asks it: as it is, or as it will be once what was planned before is done.
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createRevision } from '../../notes/content.ts';
import { foldName } from '../../notes/name.ts';
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
  /** The paths of what lies in the same folder, and is called the same but for case or Unicode form. */
  listSpellings(path: string): Promise<string[]>;
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
    listSpellings: async (path) => {
      const names = await readdir(join(root, dirname(path))).catch((error: NodeJS.ErrnoException) => {
        if (['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) return [];
        throw error;
      });
      const [name, key] = [basename(path), foldName(basename(path))];
      const others = names.filter((one) => one !== name && foldName(one) === key);
      return others.map((one) => join(dirname(path), one));
    },
  };
}

/**
 * What is where `path` would come to lie, or a folder on the way, but for case or Unicode form: beside it, it would be one with
 * it on other disks. `own` may be it: what is to be moved.
 */
export async function findOtherSpelling(disk: Disk, path: string, own = ''): Promise<string | undefined> {
  const names = path.split('/');
  for (const [index] of names.entries()) {
    const way = names.slice(0, index + 1).join('/');
    if (!(await disk.isThere(way))) {
      return (await disk.listSpellings(way)).find((other) => !isWithin(own, other));
    }
  }
  return undefined;
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

  async listSpellings(path: string): Promise<string[]> {
    const [folder, key] = [dirname(path), foldName(basename(path))];
    const now = this.#find(folder);
    const there = typeof now === 'string' ? await this.#real.listSpellings(join(now, basename(path))) : [];
    const made = this.#steps.map((step) => (isMove(step) ? step.to : step.path));
    const ways = [...there.map((way) => join(folder, basename(way))), ...made].filter(
      (way) => way !== path && dirname(way) === folder && foldName(basename(way)) === key,
    );
    const isLeft = await Promise.all(ways.map((way) => this.isThere(way)));
    return ways.filter((_, index) => isLeft[index]);
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
