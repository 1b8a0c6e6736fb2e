// How many notes are hidden and by which setting, by going through the folder: the index knows nothing of them.
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HiddenFiles, HidingSetting } from '../hidden/hidden-files.ts';
import { foldName, withoutExtension } from '../notes/name.ts';
import { isNoteName, isVisibleName } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';

export type { HidingSetting };

export interface HiddenCount {
  setting: number;
  excluded: number;
  /** False where the folder has more than was looked at. */
  isWhole: boolean;
}

interface Taken {
  count: HiddenCount;
  /** By the folded path without extension, and the folded name. */
  byName: Map<string, HidingSetting>;
}

const mostEntries = 100_000;
const mostNames = 20_000;
const keptMs = 60_000;

export class HiddenCensus {
  readonly #root: string;
  readonly #hidden: HiddenFiles;
  #last: { key: string; at: number; taken: Promise<Taken> } | undefined;

  constructor(root: string, hidden: HiddenFiles) {
    this.#root = root;
    this.#hidden = hidden;
  }

  async take(): Promise<Taken> {
    await this.#hidden.refresh();
    const { key } = this.#hidden;
    if (this.#last?.key !== key || Date.now() - this.#last.at > keptMs) {
      this.#last = { key, at: Date.now(), taken: this.#count() };
    }
    return this.#last.taken;
  }

  async findHiding(name: string): Promise<HidingSetting | undefined> {
    const { byName } = await this.take();
    return byName.get(foldName(withoutExtension(name.trim().replace(/^\/+/, ''))));
  }

  async #count(): Promise<Taken> {
    const taken: Taken = { count: { setting: 0, excluded: 0, isWhole: true }, byName: new Map() };
    const folders = [''];
    let entries = 0;
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const found = await readdir(join(this.#root, folder), { withFileTypes: true }).catch(() => []);
      entries += found.length;
      if (entries > mostEntries) {
        taken.count.isWhole = false;
        break;
      }
      for (const one of this.#look(folder, found, taken)) folders.push(one);
    }
    return taken;
  }

  /** Counts what is hidden in one folder, and gives the folders in it. */
  #look(folder: string, found: readonly Dirent[], taken: Taken): string[] {
    const visible = found.filter(({ name }) => isVisibleName(name));
    const pathOf = ({ name }: Dirent): string => (folder === '' ? name : `${folder}/${name}`);
    for (const entry of visible) {
      if (entry.isFile() && isNoteName(entry.name)) this.#add(taken, normalizeText(pathOf(entry), 'NFC'));
    }
    return visible.filter((entry) => entry.isDirectory()).map(pathOf);
  }

  #add({ count, byName }: Taken, path: string): void {
    const setting = this.#hidden.findHiding(path);
    if (setting === undefined) return;
    count[setting] += 1;
    if (byName.size >= mostNames) return;
    const folded = foldName(withoutExtension(path));
    byName.set(folded, setting);
    byName.set(folded.slice(folded.lastIndexOf('/') + 1), setting);
  }
}
