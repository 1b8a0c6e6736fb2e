// What of the vault is not shown: by the setting API_HIDDEN and by Obsidian's excluded files as they are now to nobody, and
// to whoever is given some folders alone, all the rest.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { foldName } from '../notes/name.ts';
import { findFilePlace, type NotePlace, parseVaultPath, wayTo } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';
import { ExcludedFiles, parseExcludedFiles } from './excluded-files.ts';
import { type HiddenPattern, isHiddenBy } from './patterns.ts';
import { Reach } from './reach.ts';

/** Bytes of app.json; Obsidian's own have some hundred. */
const largestSettings = 1024 * 1024;
/** Two changes within one tick of a file system's clock (2 s on FAT) leave the same time. */
const coarsestClockMs = 2000;

/** The key (HiddenFiles.key) of what hides nothing. */
export const nothingHidden = '[[],[]]';

/** Which of the two hides something: API_HIDDEN, or Obsidian's excluded files. */
export type HidingSetting = 'setting' | 'excluded';

export interface HiddenFilesOptions {
  /** The vault's real path. */
  root: string;
  patterns: readonly HiddenPattern[];
  /** Obsidian's, as last read. */
  filters?: readonly string[] | undefined;
  /** Paths of the only folders that are shown; all where it is undefined. */
  folders?: readonly string[] | undefined;
}

export class HiddenFiles {
  readonly patterns: readonly HiddenPattern[];
  readonly #root: string;
  readonly #reach: Reach | undefined;
  #filters: readonly string[] | undefined;
  #excluded: ExcludedFiles;
  #stamp: string | undefined;
  #isBroken = false;
  /** The refresh that goes on or is the last to begin, and one that has not begun. */
  #last: Promise<boolean> = Promise.resolve(false);
  #next: Promise<boolean> | undefined;

  constructor({ root, patterns, filters, folders }: HiddenFilesOptions) {
    this.#root = root;
    this.#reach = folders && new Reach(folders);
    this.patterns = patterns;
    this.#filters = filters;
    this.#excluded = new ExcludedFiles(filters ?? []);
  }

  /** Obsidian's filters; undefined where its settings could not be read yet. */
  get filters(): readonly string[] | undefined {
    return this.#filters;
  }

  /** The only folders that are shown; undefined: all. */
  get folders(): readonly string[] | undefined {
    return this.#reach?.folders;
  }

  /** The same for what hides the same. */
  get key(): string {
    return JSON.stringify([this.patterns, this.#filters ?? [], ...(this.folders ? [this.folders] : [])]);
  }

  /** How much of Obsidian's settings can't be used. */
  get faults(): number {
    return this.#excluded.faults + (this.#isBroken ? 1 : 0);
  }

  /**
   * Reads Obsidian's settings where they have changed; true where something else is hidden than before. While they can't be
   * read, as in the middle of a change, what they said last is hidden.
   */
  refresh(): Promise<boolean> {
    // One at a time: of two that overlap, the one that read first could end last. One that goes on may have read what was
    // there before its caller asked, so that he waits for the next, which is one for all who wait.
    this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      return this.#refresh();
    });
    this.#last = this.#next;
    return this.#next;
  }

  async #refresh(): Promise<boolean> {
    const before = this.key;
    try {
      await this.#read(join(this.#root, '.obsidian', 'app.json'));
    } catch (error) {
      const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
      this.#take(isMissing ? [] : undefined);
      this.#stamp = undefined;
    }
    return this.key !== before;
  }

  async #read(path: string): Promise<void> {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    const isYoung = Math.abs(Date.now() - mtimeMs) < coarsestClockMs;
    const stamp = isYoung ? undefined : `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
    if (stamp === undefined || stamp !== this.#stamp) {
      this.#take(size > largestSettings ? undefined : parseExcludedFiles(await readFile(path, 'utf8')));
      this.#stamp = stamp;
    }
  }

  #take(filters: string[] | undefined): void {
    this.#isBroken = filters === undefined;
    if (filters !== undefined && JSON.stringify(filters) !== JSON.stringify(this.#filters)) {
      this.#filters = filters;
      this.#excluded = new ExcludedFiles(filters);
    }
  }

  /** Where Obsidian's settings could never be read: what an earlier process read of them. */
  recall(filters: readonly string[]): void {
    if (this.#filters === undefined) {
      this.#filters = filters;
      this.#excluded = new ExcludedFiles(filters);
    }
  }

  /** True for a note or file that is hidden, whether or not it is there; its case is left aside. */
  isHidden(path: string): boolean {
    return this.findHidden([path]).size > 0;
  }

  /** By which setting a note or file is hidden. */
  findHiding(path: string): HidingSetting | undefined {
    // What lies outside of the shown folders is not hidden by a setting: it does not exist.
    if (this.isBeyond(path)) return undefined;
    if (this.#isHiddenByPattern(path)) return 'setting';
    return this.isHidden(path) ? 'excluded' : undefined;
  }

  /** Those of these notes and files, by their vault paths in NFC, that are hidden. */
  findHidden(paths: readonly string[]): Set<string> {
    const hidden = this.#excluded.findHidden(paths);
    for (const path of paths) {
      if (this.#isHiddenByPattern(path) || this.isBeyond(path)) {
        hidden.add(path);
      }
    }
    return hidden;
  }

  /** True for a note or file outside of the only folders that are shown. */
  isBeyond(path: string): boolean {
    return this.#reach?.includes(path) === false;
  }

  /** True for a folder that is hidden with all that is below it. */
  isHiddenFolder(path: string): boolean {
    return (
      this.#reach?.leadsTo(path) === false ||
      this.#isHiddenByPattern(path) ||
      this.#excluded.isHiddenFolder(path)
    );
  }

  #isHiddenByPattern(path: string): boolean {
    const folded = this.patterns.length === 0 ? '' : foldName(path);
    return this.patterns.some((pattern) => isHiddenBy(pattern, folded));
  }

  /** True where the file at this real path of the vault, to which a link leads, is hidden. */
  isHiddenTarget(target: string): boolean {
    return this.isHidden(normalizeText(wayTo(this.#root, target), 'NFC'));
  }
}

/** The note or other file that `id` names, as findFilePlace finds it; undefined too where it is hidden, or a link to what is. */
export async function findOpenPlace(
  root: string,
  id: string,
  hidden: HiddenFiles,
): Promise<NotePlace | undefined> {
  await hidden.refresh();
  // Before the disk is asked: how long that takes tells whether something is there.
  if (hidden.isBeyond(parseVaultPath(id)?.join('/') ?? '')) {
    return undefined;
  }
  const place = await findFilePlace(root, id);
  const isHidden =
    place !== undefined &&
    (hidden.isHidden(place.named) || (place.target !== place.path && hidden.isHiddenTarget(place.target)));
  return isHidden ? undefined : place;
}
