// What is on the disk where a step was to be done, or was done.
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EditRefused, NoteNotFound } from '../errors.ts';
import { FolderMoved } from '../notes/opened-path.ts';
import { betweenNameOf } from '../writing/atomic-file.ts';
import { readCurrent } from './current.ts';
import type { RecordedMove } from './entry.ts';
import { hasName, inPlace } from './place.ts';

const gone = ['ENOENT', 'ENOTDIR', 'ELOOP'];

/** The place is not there, or is none of the vault's any more. */
export const isGone = (error: unknown): boolean =>
  error instanceof FolderMoved || gone.includes((error as NodeJS.ErrnoException).code ?? '');

function unlessGone<Result>(found: Promise<Result>): Promise<Result | undefined> {
  return found.catch((error: unknown) => {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  });
}

/** Undefined where there is nothing, '' where it is none that a change could have left. */
export function findRevision(root: string, path: string): Promise<string | undefined> {
  const read = inPlace(root, path, async (place) => (await readCurrent(place.path)).current);
  return unlessGone(
    read.catch((error: unknown) => {
      if (error instanceof EditRefused || error instanceof NoteNotFound) {
        return '';
      }
      throw error;
    }),
  );
}

/** `begun`: its new path is taken for it, and it is where it was; `between`: neither name is its own just now. */
export type MoveState = 'not' | 'begun' | 'between' | 'moved' | 'lost';

export async function findMoved(root: string, { from, to }: RecordedMove): Promise<MoveState> {
  const [isFrom, isTo] = await Promise.all([isThere(root, from), isThere(root, to)]);
  if (isFrom && isTo) {
    return (await isClaim(root, from, to)) ? 'begun' : 'not';
  }
  if (isFrom) {
    return 'not';
  }
  if (isTo) {
    return 'moved';
  }
  return (await isThere(root, betweenOf(to))) ? 'between' : 'lost';
}

/** Where a file is for a moment whose name changes to another spelling of the same (atomic-file.ts). */
export const betweenOf = (to: string): string => join(dirname(to), betweenNameOf(basename(to)));

async function isThere(root: string, path: string): Promise<boolean> {
  return (await unlessGone(inPlace(root, path, ({ folder, name }) => hasName(folder, name)))) ?? false;
}

// An empty file or folder, or where it went to another disk, a copy (atomic-file.ts).
async function isClaim(root: string, from: string, to: string): Promise<boolean> {
  const isEmpty = await inPlace(root, to, async ({ path }) => {
    const stats = await lstat(path);
    return stats.isDirectory() ? (await readdir(path)).length === 0 : stats.isFile() && stats.size === 0;
  });
  return isEmpty || ((await findRevision(root, to)) || 'none') === (await findRevision(root, from));
}
