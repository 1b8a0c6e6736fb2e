// What one folder of the vault holds, as the disk has it now.
import type { Dirent, Stats } from 'node:fs';
import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inFolderSync } from '../../notes/opened-path.ts';
import { isNoteName, isVisibleInside, isVisibleName } from '../../notes/path.ts';
import { normalizeText } from '../../unicode.ts';

export interface ListedNote {
  id: string;
  /** Where its bytes are: a link's target, the name in the disk's Unicode form. */
  diskPath: string;
  /** Changes with every change of the file that the file system can tell: times and size. */
  stamp: string;
}

export interface ListedFolder {
  /** Vault path in NFC; the vault itself is ''. */
  path: string;
  diskPath: string;
}

export interface FolderListing {
  notes: ListedNote[];
  folders: ListedFolder[];
  /** Vault paths of what is named and never read. */
  files: string[];
}

/** Lists the visible part of one folder, sorted by name. `root` is a real path. Throws what reading it throws. */
export function listDiskFolder(root: string, folder: ListedFolder): FolderListing {
  const listing: FolderListing = { notes: [], folders: [], files: [] };
  const entries = inFolderSync(folder.diskPath, ({ path }) => visibleEntries(path));
  for (const [name, entry] of entries) {
    const path = folder.path === '' ? name : `${folder.path}/${name}`;
    addEntry(listing, root, { path, diskPath: join(folder.diskPath, entry.name) }, entry);
  }
  return listing;
}

// Two names that differ only in their Unicode form are one id: the one that is NFC on disk wins.
function visibleEntries(diskPath: string): Map<string, Dirent> {
  const entries = new Map<string, Dirent>();
  for (const entry of readdirSync(diskPath, { withFileTypes: true })) {
    const name = normalizeText(entry.name, 'NFC');
    const other = entries.get(name);
    if (isVisibleName(name) && (other === undefined || entry.name === name)) {
      entries.set(name, entry);
    }
  }
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addEntry(
  listing: FolderListing,
  root: string,
  { path, diskPath }: ListedFolder,
  entry: Dirent,
): void {
  const kind = kindOf(entry, diskPath);
  if (kind === 'folder') {
    listing.folders.push({ path, diskPath });
    return;
  }
  const target = kind === 'link' ? findLinkedFile(root, diskPath) : diskPath;
  if (kind === undefined || target === undefined) {
    return;
  }
  if (!isNoteName(path)) {
    listing.files.push(path);
    return;
  }
  const stats = findStats(target, statSync);
  if (stats === 'unknown' || stats?.isFile()) {
    listing.notes.push({
      id: path,
      diskPath: target,
      stamp: stats === 'unknown' ? stats : createStamp(stats),
    });
  }
}

// One entry that the disk can't tell about must not hide its whole folder.
function findStats(path: string, ask: typeof statSync): Stats | 'unknown' | undefined {
  try {
    return ask(path, { throwIfNoEntry: false });
  } catch {
    return 'unknown';
  }
}

function kindOf(entry: Dirent, diskPath: string): 'folder' | 'file' | 'link' | undefined {
  // Some network file systems give no type with the name.
  const known = entry.isDirectory() || entry.isFile() || entry.isSymbolicLink();
  const type = known ? entry : findStats(diskPath, lstatSync);
  if (type === 'unknown') {
    return undefined;
  }
  if (type?.isDirectory()) {
    return 'folder';
  }
  if (type?.isFile()) {
    return 'file';
  }
  return type?.isSymbolicLink() ? 'link' : undefined;
}

function findLinkedFile(root: string, diskPath: string): string | undefined {
  try {
    const target = realpathSync(diskPath);
    return isVisibleInside(root, target) && lstatSync(target).isFile() ? target : undefined;
  } catch {
    return undefined;
  }
}

/** Two changes within one tick of a file system's clock (2 s on FAT) leave the same time. */
const coarsestClockMs = 2000;

/**
 * With `readAt` (epoch ms), the stamp of a file read so soon after its change that a second one might not show:
 * it matches no later stamp, so the file is read once more.
 */
export function createStamp(stats: Stats, readAt = 0): string {
  const isYoung = Math.abs(readAt - stats.mtimeMs) < coarsestClockMs;
  return `${stats.mtimeMs} ${stats.ctimeMs} ${stats.size}${isYoung ? ' young' : ''}`;
}
