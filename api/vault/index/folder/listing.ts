// What one folder of the vault holds, as the disk has it now.
import type { Dirent, Stats } from 'node:fs';
import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { kindOf as kindOfFile } from '../../documents/kind.ts';
import type { HiddenFiles } from '../../hidden/hidden-files.ts';
import { compareForms, createTwinId } from '../../names/forms.ts';
import { inFolderSync } from '../../notes/opened-path.ts';
import { isNoteName, isVisibleInside, isVisibleName, wayTo } from '../../notes/path.ts';
import { normalizeText } from '../../unicode.ts';

export interface ListedNote {
  id: string;
  /** The vault path: the id, but for a file whose name another one has in another Unicode form. */
  named: string;
  /** Where its bytes are: a link's target, the name in the disk's Unicode form. */
  diskPath: string;
  /** Changes with every change of the file that the file system can tell: times and size. */
  stamp: string;
}

export interface ListedFolder {
  /** Vault path in NFC; the vault itself is ''. */
  path: string;
  /** More than one where the name is there in several Unicode forms: what they hold is one folder's. */
  diskPaths: readonly string[];
}

export interface FolderListing {
  notes: ListedNote[];
  folders: ListedFolder[];
  /** Vault paths of all other files. */
  files: string[];
  /** Those of them that can be searched and fetched. */
  documents: ListedNote[];
  /** Of notes and files, the ids of those that are not the first one of their path. */
  twins: Set<string>;
  /** One of the folder's forms could not be read: what is missing here may be there. */
  isPartial: boolean;
  /** A file here is hidden, though the folder is not. */
  hasHidden: boolean;
}

/** The vault that is listed. */
export interface ListedVault {
  /** A real path. */
  root: string;
  hidden: HiddenFiles;
}

/** Lists the visible part of one folder, sorted by name. Throws what reading it throws, where none of its forms can be read. */
export function listDiskFolder({ root, hidden }: ListedVault, folder: ListedFolder): FolderListing {
  const { entries, isPartial } = readForms(folder);
  const hiddenPaths = hidden.findHidden(pathsOfFiles(entries));
  // What lies beyond is not hidden in the folder but no part of it: the folder is shown as if that were not there.
  const hasHidden = [...hiddenPaths].some((path) => !hidden.isBeyond(path));
  const listing = { ...createListing(), isPartial, hasHidden };
  for (const [path, found] of entries) {
    const folders = found.filter(({ kind }) => kind === 'folder');
    if (folders.length > 0 && !hidden.isHiddenFolder(path)) {
      listing.folders.push({ path, diskPaths: folders.map(({ diskPath }) => diskPath) });
    }
    if (!hiddenPaths.has(path)) {
      addFiles(listing, { root, hidden, path, isTaken: (id) => entries.has(id) }, found);
    }
  }
  return listing;
}

function createListing(): FolderListing {
  const state = { twins: new Set<string>(), isPartial: false, hasHidden: false };
  return { notes: [], folders: [], files: [], documents: [], ...state };
}

function pathsOfFiles(entries: Map<string, FoundEntry[]>): string[] {
  const isFile = ({ kind }: FoundEntry): boolean => kind === 'file' || kind === 'link';
  return [...entries].filter(([, found]) => found.some(isFile)).map(([path]) => path);
}

interface FoundEntry {
  name: string;
  diskPath: string;
  kind: 'folder' | 'file' | 'link' | undefined;
}

/** What is visible by its vault path; of one path, in the order of compareForms from the first folder on. */
function readForms({ path, diskPaths }: ListedFolder): {
  entries: Map<string, FoundEntry[]>;
  isPartial: boolean;
} {
  const all = new Map<string, FoundEntry[]>();
  const failures: unknown[] = [];
  for (const diskPath of diskPaths) {
    try {
      for (const [name, forms] of readEntries(diskPath)) {
        const entryPath = path === '' ? name : `${path}/${name}`;
        all.set(entryPath, [...(all.get(entryPath) ?? []), ...forms]);
      }
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === diskPaths.length) {
    throw failures[0];
  }
  const entries = new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { entries, isPartial: failures.length > 0 };
}

/** By their names in NFC. */
function readEntries(diskPath: string): Map<string, FoundEntry[]> {
  const entries = new Map<string, FoundEntry[]>();
  for (const entry of inFolderSync(diskPath, ({ path }) => readdirSync(path, { withFileTypes: true }))) {
    const name = normalizeText(entry.name, 'NFC');
    if (isVisibleName(name)) {
      const entryDiskPath = join(diskPath, entry.name);
      const found = { name: entry.name, diskPath: entryDiskPath, kind: kindOf(entry, entryDiskPath) };
      const forms = [...(entries.get(name) ?? []), found];
      entries.set(name, forms.length === 1 ? forms : forms.sort((a, b) => compareForms(a.name, b.name)));
    }
  }
  return entries;
}

type UnreadFile = Omit<ListedNote, 'stamp'> & { stamp: string | undefined };

interface FilePlace extends ListedVault {
  path: string;
  isTaken: (id: string) => boolean;
}

function addFiles(listing: FolderListing, place: FilePlace, found: FoundEntry[]): void {
  const { root, path, isTaken } = place;
  let isFirst = true;
  for (const entry of found) {
    const file = findFile(place, entry);
    if (file === undefined) {
      continue;
    }
    const id = isFirst ? path : createTwinId(path, wayTo(root, entry.diskPath), isTaken);
    if (!isFirst) {
      listing.twins.add(id);
    }
    isFirst = false;
    addFile(listing, { id, named: path, diskPath: file.target, stamp: file.stamp });
  }
}

function addFile(listing: FolderListing, { stamp, ...file }: UnreadFile): void {
  const isNote = isNoteName(file.named);
  if (!isNote) {
    listing.files.push(file.id);
  }
  if (stamp !== undefined) {
    (isNote ? listing.notes : listing.documents).push({ ...file, stamp });
  }
}

/** Undefined for what is no file of the vault; only what the index reads has a stamp. */
function findFile(
  { path, ...vault }: FilePlace,
  { kind, diskPath }: FoundEntry,
): { target: string; stamp: string | undefined } | undefined {
  const target = kind === 'link' ? findLinkedFile(vault, diskPath) : diskPath;
  if (kind === undefined || kind === 'folder' || target === undefined) {
    return undefined;
  }
  if (kindOfFile(path) === undefined) {
    return { target, stamp: undefined };
  }
  const stats = findStats(target, statSync);
  if (stats === 'unknown') {
    return { target, stamp: stats };
  }
  return stats?.isFile() ? { target, stamp: createStamp(stats) } : undefined;
}

// One entry that the disk can't tell about must not hide its whole folder.
function findStats(path: string, ask: typeof statSync): Stats | 'unknown' | undefined {
  try {
    return ask(path, { throwIfNoEntry: false });
  } catch {
    return 'unknown';
  }
}

function kindOf(entry: Dirent, diskPath: string): FoundEntry['kind'] {
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

function findLinkedFile({ root, hidden }: ListedVault, diskPath: string): string | undefined {
  try {
    const target = realpathSync(diskPath);
    const isVisible = isVisibleInside(root, target) && !hidden.isHiddenTarget(target);
    return isVisible && lstatSync(target).isFile() ? target : undefined;
  } catch {
    return undefined;
  }
}

/** Two changes within one tick of a file system's clock (2 s on FAT) leave the same time. */
const coarsestClockMs = 2000;

/**
 * With `readAt` (epoch ms), the stamp of a file read so soon after its change that a second one might not show:
 * it matches no later stamp, so the file is read once more. The time of change alone may have been set back since.
 */
export function createStamp({ mtimeMs, ctimeMs, size }: Stats, readAt = Number.NEGATIVE_INFINITY): string {
  const isYoung = [mtimeMs, ctimeMs].some((time) => Math.abs(readAt - time) < coarsestClockMs);
  return `${mtimeMs} ${ctimeMs} ${size}${isYoung ? ' young' : ''}`;
}
