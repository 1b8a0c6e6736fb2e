// Putting bytes into files so that a crash at any moment leaves the old file or the new one, and nothing is overwritten
// that was not meant to be.
import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { copyFile, type FileHandle, link, open, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** File systems without hard links (FAT, many network folders), and kernels that forbid one (protected_hardlinks). */
const noLink = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'];
/** File systems that can't do this to a folder; their own order of writes has to do. */
const noFolderSync = ['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'EBADF', 'ENOTSUP', 'EOPNOTSUPP'];

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/**
 * Puts `bytes` in place of the file at `path`, whose mode and, where this process may, owner are kept. `before` runs
 * at the last moment: when it throws, nothing has happened.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  stats: Stats,
  before: () => Promise<void>,
): Promise<void> {
  const temporary = await writeTemporary(dirname(path), bytes, stats);
  try {
    await before();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the file at `path`; false where there is something already. */
export async function createFile(path: string, bytes: Uint8Array): Promise<boolean> {
  const temporary = await writeTemporary(dirname(path), bytes);
  try {
    return await moveWithoutOverwriting(temporary, path);
  } finally {
    await rm(temporary, { force: true });
    await syncFolder(dirname(path));
  }
}

/** Moves a file; false where there is something at `to` already. */
export async function moveFile(from: string, to: string): Promise<boolean> {
  const moved = await moveWithoutOverwriting(from, to).catch(async (error: unknown) => {
    if (codeOf(error) !== 'EXDEV') {
      throw error;
    }
    return copyAcross(from, to);
  });
  await syncFolder(dirname(to));
  await syncFolder(dirname(from));
  return moved;
}

/** A folder's new and gone names are on the disk after this. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (!noFolderSync.includes(codeOf(error))) {
      throw error;
    }
  } finally {
    await handle?.close();
  }
}

async function writeTemporary(folder: string, bytes: Uint8Array, like?: Stats): Promise<string> {
  // Hidden, so that neither the index nor Obsidian takes it for a note if a crash leaves it behind.
  const path = join(folder, `.loop-${randomUUID()}.tmp`);
  const file = await open(path, 'wx');
  try {
    if (like !== undefined) {
      await takeAfter(file, like);
    }
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return path;
}

// The owner first: changing it clears bits of the mode. Some network folders allow neither.
async function takeAfter(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  await file.chown(uid, gid).catch(() => undefined);
  await file.chmod(mode & 0o7777).catch(() => undefined);
}

// rename(2) overwrites; link(2) does not.
async function moveWithoutOverwriting(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return false;
    }
    if (!noLink.includes(codeOf(error))) {
      throw error;
    }
    return claimAndRename(from, to);
  }
  await unlink(from);
  return true;
}

// Only one can make the empty file, and then only overwrites its own.
async function claimAndRename(from: string, to: string): Promise<boolean> {
  try {
    await (await open(to, 'wx')).close();
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
  try {
    await rename(from, to);
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
  return true;
}

// A folder of the vault may be a mount of its own.
async function copyAcross(from: string, to: string): Promise<boolean> {
  const temporary = join(dirname(to), `.loop-${randomUUID()}.tmp`);
  try {
    await copyFile(from, temporary);
    const file = await open(temporary, 'r+');
    await file.sync().finally(() => file.close());
    const moved = await moveWithoutOverwriting(temporary, to);
    if (moved) {
      await unlink(from);
    }
    return moved;
  } finally {
    await rm(temporary, { force: true });
  }
}
