// Which folders changed: the kernel's notices where they can be trusted, and otherwise the word that they can't.
import { type FSWatcher, statfsSync, statSync, watch } from 'node:fs';
import type { ListedFolder } from './listing.ts';

// statfs(2) types of file systems that this kernel alone writes to: ext4, xfs, btrfs, tmpfs, overlay, zfs, f2fs.
// Everything else (NFS, SMB, FUSE, 9p, a Mac's folder in a container) may change without a notice.
const localTypes = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010]);

interface Watched {
  folder: ListedFolder;
  /** A folder that was removed and made again has the same path, and its watcher is deaf. */
  identity: string;
  /** One for each of the folder's forms; undefined where notices can't be had. */
  watchers: FSWatcher[] | undefined;
}

export interface FolderWatchOptions {
  /** Trusts no notice at all. */
  isPolling: boolean;
  /** Gets the vault path of a folder in which something changed, maybe often. */
  onChange: (path: string) => void;
}

export class FolderWatch {
  readonly #watched = new Map<string, Watched>();
  readonly #options: FolderWatchOptions;
  #unwatched = 0;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
  }

  /** Starts to watch a folder; true where that is new. To be called before listing it: nothing falls between. */
  add(folder: ListedFolder): boolean {
    const identity = JSON.stringify(folder.diskPaths.map((diskPath) => [diskPath, findInode(diskPath)]));
    if (this.#watched.get(folder.path)?.identity === identity) {
      return false;
    }
    this.#stop(folder.path);
    const watchers = this.#start(folder);
    this.#watched.set(folder.path, { folder, identity, watchers });
    this.#unwatched += watchers === undefined ? 1 : 0;
    return true;
  }

  find(path: string): ListedFolder | undefined {
    return this.#watched.get(path)?.folder;
  }

  /** Forgets the folder and all below it. */
  remove(path: string): void {
    for (const watched of [...this.#watched.keys()]) {
      if (watched === path || path === '' || watched.startsWith(`${path}/`)) {
        this.#stop(watched);
      }
    }
  }

  /** False where some folder can only be followed by looking again. */
  isReliable(): boolean {
    return this.#watched.size > 0 && this.#unwatched === 0;
  }

  #start({ path, diskPaths }: ListedFolder): FSWatcher[] | undefined {
    if (this.#options.isPolling || !diskPaths.every(isLocal)) {
      return undefined;
    }
    const watchers: FSWatcher[] = [];
    try {
      for (const diskPath of diskPaths) {
        const watcher = watch(diskPath, () => this.#options.onChange(path));
        watcher.on('error', () => this.#giveUp(path));
        watchers.push(watcher);
      }
      return watchers;
    } catch {
      // The limit on watches (ENOSPC, EMFILE), or the folder has just gone.
      closeAll(watchers);
      return undefined;
    }
  }

  #giveUp(path: string): void {
    const watched = this.#watched.get(path);
    if (watched?.watchers !== undefined) {
      closeAll(watched.watchers);
      watched.watchers = undefined;
      this.#unwatched += 1;
    }
    this.#options.onChange(path);
  }

  #stop(path: string): void {
    const watched = this.#watched.get(path);
    if (watched !== undefined) {
      this.#unwatched -= watched.watchers === undefined ? 1 : 0;
      closeAll(watched.watchers ?? []);
      this.#watched.delete(path);
    }
  }
}

function closeAll(watchers: readonly FSWatcher[]): void {
  for (const watcher of watchers) {
    watcher.close();
  }
}

function findInode(diskPath: string): number {
  try {
    return statSync(diskPath).ino;
  } catch {
    return 0;
  }
}

function isLocal(diskPath: string): boolean {
  try {
    return localTypes.has(statfsSync(diskPath).type);
  } catch {
    return false;
  }
}
