// Which note a link means, by Obsidian's rules: the end of a path is enough, and the nearest note wins. Over whatever knows
// the names: the index as it is, or as it will be after a move.
import type { NoteLink } from '../notes/markdown/link-target.ts';
import { folderOf, foldName, withoutExtension } from '../notes/name.ts';

/** What fits a target: the keys (upwardKey) from `upward` on, up to but without `end`. */
export interface UpwardRange {
  upward: string;
  end: string;
}

export interface FittingNote {
  id: string;
  /** Its whole path is what was asked for. */
  isExact: boolean;
}

/** What is known of the names in a vault. Of several that fit: whole paths, then short ones, then in the order of ids. */
export interface LinkNames {
  /** The first two notes or other indexed files that fit. */
  inVault(range: UpwardRange): FittingNote[];
  /** The id of the first of them that lies in the folder itself. */
  inFolder(folder: string, range: UpwardRange): string | undefined;
  /** The path of the first file that fits, beside the notes. */
  otherFile(range: UpwardRange): string | undefined;
  /** Those of all of them. */
  otherFiles(range: UpwardRange): string[];
}

/** What is kept of a link: the key of its target, and whether it is first looked for below the note's own folder. */
export interface LinkKey {
  target: string;
  near: number;
}

/** What fits a target, and which of it is meant where nothing nearer is. */
export interface LinkMeaning {
  target: string;
  range: UpwardRange;
  id: string | undefined;
  /** The only one that fits: it is meant from every folder. */
  isOnly: boolean;
  /** The target is the whole path of it. */
  isWhole: boolean;
}

/**
 * A path from its end, so that all notes that the end of a path may mean lie together: `A/B/Note` is `note/b/a/`.
 */
export function upwardKey(path: string): string {
  return `${foldName(path).split('/').reverse().join('/')}/`;
}

export function keyOfLink({ target }: Pick<NoteLink, 'target'>): LinkKey {
  const isNear = target.startsWith('./');
  return { target: foldName(isNear ? target.slice(2) : target), near: isNear ? 1 : 0 };
}

/** The key of every link that may mean the note or file `id`: with its whole path, or with an end of it. */
export function targetsOf(id: string): string[] {
  const path = foldName(withoutExtension(id));
  const ends = [...path.matchAll(/\//g)].map(({ index }) => path.slice(index + 1));
  return [`/${path}`, path, ...ends];
}

/** What fits the key of a target. */
export function rangeOf(target: string): UpwardRange {
  const isAbsolute = target.startsWith('/');
  const upward = upwardKey(isAbsolute ? target.slice(1) : target);
  // What begins with the key is a range, since '0' follows '/'; nothing that goes on is meant by an absolute path.
  return { upward, end: isAbsolute ? `${upward}\u0001` : `${upward.slice(0, -1)}0` };
}

export class LinkMeanings {
  readonly #names: LinkNames;

  constructor(names: LinkNames) {
    this.#names = names;
  }

  /** The id of what a link in a note of `folder` means. */
  follow(folder: string, { target, near }: LinkKey): string | undefined {
    return this.resolveFrom(folder, this.findMeaning(target), near === 1);
  }

  /** The same, or the path of a file that is only listed. */
  followToFile(folder: string, key: LinkKey): string | undefined {
    return this.follow(folder, key) ?? this.#followToOther(folder, key);
  }

  #followToOther(folder: string, { target, near }: LinkKey): string | undefined {
    const files = this.#names.otherFiles(rangeOf(target));
    const whole = target.replace(/^\//, '');
    const below = near === 1 && folder !== '' ? `${foldName(folder)}/${whole}` : whole;
    const find = (path: string): string | undefined => files.find((file) => foldName(file) === path);
    return find(below) ?? find(whole) ?? files.find((file) => folderOf(file) === folder) ?? files[0];
  }

  /** Whether nothing in the vault fits the key of a target, from whatever folder. */
  isMissing(target: string): boolean {
    const { id, range } = this.findMeaning(target);
    return id === undefined && this.#names.otherFile(range) === undefined;
  }

  // A whole path first, then a note in the same folder, then the one with the shortest path.
  findMeaning(target: string): LinkMeaning {
    const range = rangeOf(target);
    const [first, second] = this.#names.inVault(range);
    const isWhole = first?.isExact === true && !target.startsWith('/');
    return { target, range, id: first?.id, isWhole, isOnly: second === undefined };
  }

  resolveFrom(folder: string, meaning: LinkMeaning, isNear: boolean): string | undefined {
    const { id, isOnly, isWhole, range } = meaning;
    if (isOnly) {
      return id;
    }
    const below = isNear ? this.#findBelow(folder, meaning.target) : undefined;
    if (below !== undefined || isWhole) {
      return below ?? id;
    }
    return this.#names.inFolder(folder, range) ?? id;
  }

  #findBelow(folder: string, target: string): string | undefined {
    const path = folder === '' ? target : `${foldName(folder)}/${target}`;
    return this.resolveFrom(folder, this.findMeaning(`/${path}`), false);
  }
}
