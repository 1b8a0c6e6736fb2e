// A part of the vault, by its folders: what lies elsewhere is not there for whoever is given that part alone.

/** Folders as paths in NFC, with all that lies in them; undefined: all of the vault. */
export interface VaultReach {
  readable: readonly string[] | undefined;
  /** What of that may be changed. */
  writable: readonly string[] | undefined;
}

export class Reach {
  /** Paths in NFC. */
  readonly folders: readonly string[];
  readonly #folders: ReadonlySet<string>;
  readonly #above: ReadonlySet<string>;

  constructor(folders: readonly string[]) {
    this.folders = folders;
    this.#folders = new Set(folders);
    this.#above = new Set(folders.flatMap(listParents));
  }

  /** True for a note or file, there or not, that lies in one of the folders at any depth. `path` is a vault path in NFC. */
  includes(path: string): boolean {
    return listParents(path).some((parent) => this.#folders.has(parent));
  }

  /** True for one of the folders, what lies in them, and the way to them. */
  leadsTo(folder: string): boolean {
    return this.#above.has(folder) || this.#folders.has(folder) || this.includes(folder);
  }
}

/** From the top down. */
function listParents(path: string): string[] {
  const parents: string[] = [];
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    parents.push(path.slice(0, slash));
  }
  return parents;
}
