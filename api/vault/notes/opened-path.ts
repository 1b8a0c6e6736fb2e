// Where a file or folder that was opened really is: any folder on the way may be swapped for a link at any moment.
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isVisibleInside } from './path.ts';

/** Linux writes this after the path of what has been removed or replaced since it was opened. */
const removed = ' (deleted)';

/** True where what was opened at the real path `path` as `descriptor` lies in the vault at `root`, and is not hidden. */
export function isOpenedInside(root: string, path: string, descriptor: number): boolean {
  const opened = findOpenedPath(path, descriptor);
  return opened !== undefined && isVisibleInside(root, opened);
}

function findOpenedPath(path: string, descriptor: number): string | undefined {
  const opened = readDescriptor(descriptor);
  if (opened === undefined) {
    return isStillThere(path, descriptor) ? path : undefined;
  }
  return opened.endsWith(removed) ? opened.slice(0, -removed.length) : opened;
}

// proc(5): the kernel's own word for it, which no change of names can deceive. Undefined on other systems.
function readDescriptor(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

// Where nothing better is to be had: a folder that was swapped and swapped back in between goes unseen.
function isStillThere(path: string, descriptor: number): boolean {
  try {
    const opened = fstatSync(descriptor);
    const named = lstatSync(path);
    return realpathSync(path) === path && opened.dev === named.dev && opened.ino === named.ino;
  } catch {
    return false;
  }
}

/** A folder of the vault is not, or no longer, where it was found. */
export class FolderMoved extends Error {
  override readonly name = 'FolderMoved';
}

/** A folder held open: what is done below `path` is done in this very folder, whatever its name leads to by then. */
export interface HeldFolder {
  path: string;
  /** Where it was found. */
  realPath: string;
}

interface ReleasableFolder extends HeldFolder {
  release(): Promise<void>;
}

const folderFlags = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Holds the folder at the real path `realPath`; its caller releases it. Throws FolderMoved, and what opening throws. */
export function holdFolder(realPath: string): Promise<ReleasableFolder> {
  return hold(realPath, realPath);
}

/** The same with the folder `name` of `parent`, which is no link. */
export function holdFolderOf(parent: HeldFolder, name: string): Promise<ReleasableFolder> {
  return hold(join(parent.path, name), join(parent.realPath, name));
}

async function hold(path: string, realPath: string): Promise<ReleasableFolder> {
  const handle = await open(path, folderFlags);
  try {
    return { ...createHeldFolder(realPath, handle.fd), release: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Runs `work` in the folder at the real path `realPath`. Throws what holdFolder throws. */
export async function inFolder<Result>(
  realPath: string,
  work: (folder: HeldFolder) => Promise<Result>,
): Promise<Result> {
  const folder = await holdFolder(realPath);
  try {
    return await work(folder);
  } finally {
    await folder.release();
  }
}

/** The same for the indexing thread. */
export function inFolderSync<Result>(realPath: string, work: (folder: HeldFolder) => Result): Result {
  const descriptor = openSync(realPath, folderFlags);
  try {
    return work(createHeldFolder(realPath, descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function createHeldFolder(realPath: string, descriptor: number): HeldFolder {
  if (findOpenedPath(realPath, descriptor) !== realPath) {
    throw new FolderMoved('a folder of the vault is not where it was');
  }
  const path = readDescriptor(descriptor) === undefined ? realPath : `/proc/self/fd/${descriptor}`;
  return { path, realPath };
}
