// Putting bytes into files so that a crash at any moment leaves the old file or the new one, and nothing is overwritten
// that was not meant to be.
import { createHash, randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, renameSync, type Stats, unlinkSync } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { foldName } from '../notes/name.ts';
import { withFileLock } from './lock.ts';

/** File systems without hard links (FAT, many network folders), and kernels that forbid one (protected_hardlinks). */
const noLink = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'];
/** File systems that can't do this to a folder; their own order of writes has to do. */
const noFolderSync = ['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'EBADF', 'ENOTSUP', 'EOPNOTSUPP'];
/** Each time the file has been touched since it was verified. */
const mostAttempts = 10;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Makes sure that a file is the one that is meant to be replaced or moved, and returns its stats; throws otherwise. */
type Verify = () => Promise<Stats>;

/** Puts `bytes` in place of the file at `path`, whose mode and, where this process may, owner (`like`) are kept. */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  like: Stats,
  verify: Verify,
): Promise<void> {
  const temporary = await writeTemporary(dirname(path), bytes, like);
  try {
    await changeVerified(path, verify, () => renameSync(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

// Nobody can be kept from changing a file between two calls of ours, for there is no rename that compares. Other
// loop-apis are kept out by a lock; for all else what is left is the time between two system calls, since `change`
// follows the last look at once, in the same turn of this thread.
function changeVerified(path: string, verify: Verify, change: () => void): Promise<void> {
  return withFileLock(path, async (requireLock) => {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const verified = await verify();
      requireLock();
      if (isSameFile(verified, lstatSync(path))) {
        change();
        return;
      }
    }
    throw new Error('the file is being changed all the time');
  });
}

function isSameFile(a: Stats, b: Stats): boolean {
  return (['dev', 'ino', 'size', 'mtimeMs', 'ctimeMs'] as const).every((name) => a[name] === b[name]);
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

/** Moves the file at `from`; false where there is something at `to` already. */
export async function moveFile(from: string, to: string, verify: Verify): Promise<boolean> {
  if (await isOtherSpelling(from, to)) {
    await changeVerified(from, verify, () => respell(from, to));
    await syncFolder(dirname(to));
    return true;
  }
  if (!(await claim(to))) {
    return false;
  }
  try {
    await changeVerified(from, verify, () => renameSync(from, to)).catch(async (error: unknown) => {
      if (codeOf(error) !== 'EXDEV') {
        throw error;
      }
      await copyAcross(from, to, verify);
    });
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
  await syncFolder(dirname(to));
  await syncFolder(dirname(from));
  return true;
}

/** The same with a folder and all that is in it, which can't be verified. Throws EXDEV where it would go to another disk. */
export async function moveFolder(from: string, to: string): Promise<boolean> {
  if (await isOtherSpelling(from, to)) {
    respell(from, to);
    await syncFolder(dirname(to));
    return true;
  }
  if (!(await claimFolder(to))) {
    return false;
  }
  try {
    await rename(from, to);
  } catch (error) {
    await rmdir(to).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(to));
  await syncFolder(dirname(from));
  return true;
}

/** Removes the file at `path`. */
export async function removeFile(path: string, verify: Verify): Promise<void> {
  await changeVerified(path, verify, () => unlinkSync(path));
  await syncFolder(dirname(path));
}

// On a disk that leaves case or Unicode form aside, `to` is there already: it is `from`, and can be renamed to it.
async function isOtherSpelling(from: string, to: string): Promise<boolean> {
  const [one, other] = await Promise.all([from, to].map((path) => lstat(path).catch(() => undefined)));
  const isOne = one !== undefined && one.dev === other?.dev && one.ino === other.ino;
  return isOne && !(await readdir(dirname(to))).includes(basename(to));
}

// rename(2) does nothing where both are the same file, as on vfat and CIFS under Linux: then by a name in between, which
// whoever takes back a change knows.
function respell(from: string, to: string): void {
  renameSync(from, to);
  if (!readdirSync(dirname(to)).includes(basename(to))) {
    const between = join(dirname(to), betweenNameOf(basename(to)));
    renameSync(from, between);
    renameSync(between, to);
  }
}

/** What a file is called for a moment, while its name changes to another spelling of the same. */
export function betweenNameOf(name: string): string {
  const key = createHash('sha256').update(foldName(name)).digest('hex').slice(0, 16);
  return `.loop-${key}.moving`;
}

async function claimFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
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
async function claim(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

async function claimAndRename(from: string, to: string): Promise<boolean> {
  if (!(await claim(to))) {
    return false;
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
async function copyAcross(from: string, to: string, verify: Verify): Promise<void> {
  const temporary = join(dirname(to), `.loop-${randomUUID()}.tmp`);
  try {
    await changeVerified(
      from,
      async () => {
        const verified = await verify();
        await copyFile(from, temporary);
        const file = await open(temporary, 'r+');
        await file.sync().finally(() => file.close());
        return verified;
      },
      () => {
        renameSync(temporary, to);
        unlinkSync(from);
      },
    );
  } finally {
    await rm(temporary, { force: true });
  }
}
