// Follows the folder of Obsidian's settings, where there is one: what they hide may change at any moment.
import { type FSWatcher, statSync, watch } from 'node:fs';
import { join } from 'node:path';

export class SettingsWatch {
  readonly #folder: string;
  readonly #onChange: () => void;
  #watcher: FSWatcher | undefined;
  #inode: number | undefined;

  constructor(root: string, onChange: () => void) {
    this.#folder = join(root, '.obsidian');
    this.#onChange = onChange;
  }

  /** Starts to watch, or again where the folder is another one by now. That it is there is seen in the vault's own folder. */
  watch(): void {
    const inode = findInode(this.#folder);
    if (inode === this.#inode) {
      return;
    }
    this.close();
    if (inode === undefined) {
      return;
    }
    try {
      this.#watcher = watch(this.#folder, (_, name) => {
        if (name === null || name === 'app.json') {
          this.#onChange();
        }
      });
      this.#watcher.on('error', () => this.close());
      this.#inode = inode;
    } catch {
      // Without notices it is read with each look at the folder.
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#inode = undefined;
  }
}

function findInode(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
