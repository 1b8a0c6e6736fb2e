// The folder `.loop/changes` of the vault: its files, and what of them is whole. What they say: entry.ts.
import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { chown, type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { VaultRefusal } from '../errors.ts';
import { createRevision } from '../notes/content.ts';
import { type HeldFolder, holdFolder, holdFolderOf } from '../notes/opened-path.ts';
import { syncFolder } from '../writing/atomic-file.ts';
import { type Entry, isChangeId, keptSizeOf, offsetsOf, parseEntry } from './entry.ts';

const journalPath = '.loop/changes';

export type EntryState = 'pending' | 'change';

/** Nothing can be kept of what would be changed, so nothing is changed. */
class JournalNotUsable extends VaultRefusal {
  override readonly name = 'JournalNotUsable';
  constructor(options?: ErrorOptions) {
    super(
      'read-only',
      `Nothing was changed, since what is there now could not be kept for undoing: the folder ${journalPath} of the vault can not be written. Its owner has to mend that.`,
      options,
    );
  }
}

const nameOf = (id: string, state: EntryState): string => `${id}.${state}`;
const notOurs = ['EACCES', 'EPERM', 'ENOTDIR', 'ELOOP', 'EEXIST'];

/** Runs `work` in the folder, which is made where it is not there. Throws JournalNotUsable. */
export async function inJournal<Result>(
  root: string,
  work: (folder: HeldFolder) => Promise<Result>,
): Promise<Result> {
  const folder = await enterJournal(root).catch((error: NodeJS.ErrnoException) => {
    throw notOurs.includes(error.code ?? '') ? new JournalNotUsable({ cause: error }) : error;
  });
  try {
    return await work(folder);
  } finally {
    await folder.release();
  }
}

/** The same where it is there already; undefined where it is not. */
export async function inKnownJournal<Result>(
  root: string,
  work: (folder: HeldFolder) => Promise<Result>,
): Promise<Result | undefined> {
  const isThere = await lstat(join(root, journalPath)).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) return false;
      throw error;
    },
  );
  return isThere ? inJournal(root, work) : undefined;
}

async function enterJournal(root: string): ReturnType<typeof holdFolder> {
  let folder = await holdFolder(root);
  try {
    const like = await lstat(root);
    for (const name of journalPath.split('/')) {
      await makePrivate(folder, name, like);
      const next = await holdFolderOf(folder, name);
      await folder.release();
      folder = next;
    }
    return folder;
  } catch (error) {
    await folder.release();
    throw error;
  }
}

// What is in there are texts of notes: nobody else's business, whatever the notes' own modes are.
async function makePrivate(parent: HeldFolder, name: string, { uid, gid }: Stats): Promise<void> {
  const path = join(parent.path, name);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return;
    }
    throw error;
  }
  await chown(path, uid, gid).catch(() => undefined);
  await syncFolder(parent.path);
}

/** Ids in order of time. */
export async function listIds(folder: HeldFolder, state: EntryState): Promise<string[]> {
  const ending = `.${state}`;
  const names = (await readdir(folder.path)).filter((name) => name.endsWith(ending));
  return names
    .map((name) => name.slice(0, -ending.length))
    .filter(isChangeId)
    .sort();
}

export const entryPath = (folder: HeldFolder, id: string, state: EntryState): string =>
  join(folder.path, nameOf(id, state));

/** On the disk when it resolves; where that fails, nothing is left of it. */
export async function writePending(folder: HeldFolder, id: string, bytes: Uint8Array): Promise<void> {
  const path = entryPath(folder, id, 'pending');
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      const { uid, gid } = await stat(folder.path);
      await file.chown(uid, gid).catch(() => undefined);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(folder.path);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** What was pending is done. It need not be on the disk at once: what is found pending and done is settled again. */
export async function settle(folder: HeldFolder, id: string): Promise<void> {
  await rename(entryPath(folder, id, 'pending'), entryPath(folder, id, 'change'));
}

export async function removeEntry(folder: HeldFolder, id: string, state: EntryState): Promise<void> {
  await rm(entryPath(folder, id, state), { force: true });
}

export interface OpenedEntry {
  entry: Entry;
  /** Of the file, bytes. */
  size: number;
  /** What was there before a step; undefined where that was nothing. Throws where it is not what it was. */
  readBefore(step: number): Promise<Buffer | undefined>;
}

const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Undefined where there is no such entry, or none that is whole. */
export async function withEntry<Result>(
  path: string,
  use: (opened: OpenedEntry) => Promise<Result>,
): Promise<Result | undefined> {
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) {
    return undefined;
  }
  try {
    const opened = await readEntry(file);
    return opened && (await use(opened));
  } finally {
    await file.close();
  }
}

async function readEntry(file: FileHandle): Promise<OpenedEntry | undefined> {
  const { size } = await file.stat();
  const line = await readLine(file, size);
  const entry = line && parseEntry(line.toString('utf8'));
  if (!(line && entry) || line.length + 1 + keptSizeOf(entry) !== size) {
    return undefined;
  }
  const offsets = offsetsOf(entry);
  return {
    entry,
    size,
    readBefore: async (step) => {
      const kept = entry.steps[step]?.before;
      if (kept === undefined) {
        return undefined;
      }
      const bytes = await readAt(file, line.length + 1 + (offsets[step] ?? 0), kept.size);
      if (createRevision(bytes) !== kept.revision) {
        throw new Error('an entry of the journal of changes is damaged');
      }
      return bytes;
    },
  };
}

const firstRead = 16 * 1024;
/** Bytes: a move that mends the links of some 50,000 notes. */
const longestLine = 16 * 1024 * 1024;

async function readLine(file: FileHandle, size: number): Promise<Buffer | undefined> {
  for (let length = Math.min(firstRead, size); ; length = Math.min(length * 8, size)) {
    const bytes = await readAt(file, 0, length);
    const end = bytes.indexOf('\n');
    if (end >= 0 || length === size || length > longestLine) {
      return end < 0 ? undefined : bytes.subarray(0, end);
    }
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, position + at);
    if (bytesRead === 0) {
      break;
    }
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
