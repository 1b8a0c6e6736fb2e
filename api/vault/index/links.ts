// Which note a link means, by Obsidian's rules: the end of a path is enough, and the nearest note wins. However many
// notes have one name, each link is a few look-ups; a note with many links is gone through in steps.
import type Database from 'better-sqlite3';
import type { NoteLink } from '../notes/markdown/link-target.ts';
import { folderOf, foldName, withoutExtension } from '../notes/name.ts';
import { isNoteName } from '../notes/path.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** More than anybody reads, or an answer could hold. */
const mostBacklinks = 10_000;
const rowsPerStep = 500;

// What fits a target is a range of `upward`, since '0' follows '/'.
const fits = 'upward >= :upward AND upward < :end';
const nearest = 'ORDER BY length(id), id';

const sql = {
  inVault: `SELECT id, upward = :upward AS isExact FROM notes WHERE ${fits} ORDER BY isExact DESC, length(id), id LIMIT 2`,
  inFolder: `SELECT id FROM notes WHERE folder = :folder AND ${fits} ${nearest} LIMIT 1`,
  otherFile: `SELECT path FROM entries WHERE ${fits} ORDER BY length(path), path LIMIT 1`,
  linksTo: `SELECT l.note AS number, l.near AS isNear, n.id, n.folder FROM links l JOIN notes n ON n.number = l.note
    WHERE l.target = ? AND (l.note, l.near) > (?, ?) ORDER BY l.note, l.near LIMIT ${rowsPerStep}`,
  targetsFrom: 'SELECT target, near FROM links WHERE note = ?',
};

interface LinkRow {
  number: number;
  id: string;
  folder: string;
  isNear: number;
}

/** What is kept of a link: the key of its target, and whether it is first looked for below the note's own folder. */
export interface LinkKey {
  target: string;
  near: number;
}

/** What fits a target, and which of it is meant where nothing nearer is. */
interface Meaning {
  target: string;
  range: { upward: string; end: string };
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

export class LinkReader {
  readonly #statements: Statements<typeof sql>;

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database, sql);
  }

  /**
   * The ids of the notes and other indexed files that the links of the note `id` lead to, and as written those that lead
   * to nothing; a step a link. Links to files that the index only lists are neither.
   */
  *resolve(id: string, links: NoteLink[]): Generator<void, { links: string[]; missing: string[] }> {
    const found = new Set<string>();
    const missing = new Map<string, string>();
    for (const link of links) {
      const key = keyOfLink(link);
      const meant = this.#follow(folderOf(id), key);
      if (meant !== undefined) {
        found.add(meant);
      } else if (!missing.has(key.target) && this.isMissing(key.target)) {
        missing.set(key.target, link.written);
      }
      yield;
    }
    return { links: [...found], missing: [...missing.values()] };
  }

  /**
   * What each link of the note `id` leads to: the id of a note or other indexed file, the path of one that is only listed,
   * undefined where that is nothing; a step a link.
   */
  *follow(id: string, links: readonly NoteLink[]): Generator<void, Array<string | undefined>> {
    const found: Array<string | undefined> = [];
    for (const link of links) {
      const key = keyOfLink(link);
      found.push(this.#follow(folderOf(id), key) ?? this.#findOther(key.target));
      yield;
    }
    return found;
  }

  #findOther(target: string): string | undefined {
    const { range } = this.#findMeaning(target);
    return (this.#statements.otherFile.get(range) as { path: string } | undefined)?.path;
  }

  /** The ids of the notes that link to the note `id`, in order, a step some hundred links. */
  *findBacklinks(id: string): Generator<void, string[]> {
    const found = new Set<string>();
    for (const page of this.#walkLinksTo(id)) {
      for (const from of page) {
        found.add(from);
      }
      yield;
      if (found.size >= mostBacklinks) {
        break;
      }
    }
    return [...found].sort();
  }

  /** Whether a link leads from the note to another, or from another or a canvas to it; a step some links. */
  *isLinked({ number, id }: { number: number; id: string }): Generator<void, boolean> {
    for (const link of this.#statements.targetsFrom.all(number) as LinkKey[]) {
      const meant = this.#follow(folderOf(id), link) ?? id;
      // A picture in it connects a note with no other.
      if (meant !== id && isNoteName(meant)) {
        return true;
      }
      yield;
    }
    for (const page of this.#walkLinksTo(id)) {
      if (page.length > 0) {
        return true;
      }
      yield;
    }
    return false;
  }

  /** Whether nothing in the vault fits the key of a target, from whatever folder. */
  isMissing(target: string): boolean {
    const { id, range } = this.#findMeaning(target);
    return id === undefined && this.#statements.otherFile.get(range) === undefined;
  }

  /** The ids of other notes that link to the note `id`, some hundred links at a time. */
  *#walkLinksTo(id: string): Generator<string[]> {
    for (const target of targetsOf(id)) {
      const isMeant = this.#createCheck(id, this.#findMeaning(target));
      let page = isMeant === undefined ? [] : this.#linksTo(target, undefined);
      while (page.length > 0) {
        yield page.filter((link) => link.id !== id && isMeant?.(link)).map((link) => link.id);
        page = this.#linksTo(target, page.at(-1));
      }
    }
  }

  /** Whether a link leads to the note `id`; undefined where none of that target does. */
  #createCheck(id: string, meaning: Meaning): ((link: LinkRow) => boolean) | undefined {
    if (meaning.isOnly) {
      return meaning.id === id ? (): boolean => true : undefined;
    }
    const known = new Map<string, boolean>();
    return ({ folder, isNear }) => {
      const key = `${isNear} ${folder}`;
      const isMeant = known.get(key) ?? this.#resolveFrom(folder, meaning, isNear === 1) === id;
      known.set(key, isMeant);
      return isMeant;
    };
  }

  #follow(folder: string, { target, near }: LinkKey): string | undefined {
    return this.#resolveFrom(folder, this.#findMeaning(target), near === 1);
  }

  // A whole path first, then a note in the same folder, then the one with the shortest path.
  #findMeaning(target: string): Meaning {
    const isAbsolute = target.startsWith('/');
    const upward = upwardKey(isAbsolute ? target.slice(1) : target);
    // What begins with the key is a range, since '0' follows '/'; nothing that goes on is meant by an absolute path.
    const end = isAbsolute ? `${upward}\u0001` : `${upward.slice(0, -1)}0`;
    const range = { upward, end };
    const [first, second] = this.#statements.inVault.all(range) as Array<{ id: string; isExact: number }>;
    const isWhole = first?.isExact === 1 && !isAbsolute;
    return { target, range, id: first?.id, isWhole, isOnly: second === undefined };
  }

  #resolveFrom(folder: string, meaning: Meaning, isNear: boolean): string | undefined {
    const { id, isOnly, isWhole, range } = meaning;
    if (isOnly) {
      return id;
    }
    const below = isNear ? this.#findBelow(folder, meaning.target) : undefined;
    if (below !== undefined || isWhole) {
      return below ?? id;
    }
    const near = this.#statements.inFolder.get({ folder, ...range }) as { id: string } | undefined;
    return near?.id ?? id;
  }

  #findBelow(folder: string, target: string): string | undefined {
    const path = folder === '' ? target : `${foldName(folder)}/${target}`;
    return this.#resolveFrom(folder, this.#findMeaning(`/${path}`), false);
  }

  #linksTo(target: string, after: LinkRow | undefined): LinkRow[] {
    return this.#statements.linksTo.all(target, after?.number ?? 0, after?.isNear ?? 0) as LinkRow[];
  }
}

/** Every way to write a link that may mean the note `id`. */
function targetsOf(id: string): string[] {
  const path = foldName(withoutExtension(id));
  const ends = [...path.matchAll(/\//g)].map(({ index }) => path.slice(index + 1));
  return [`/${path}`, path, ...ends];
}
