// Which note a link means, by Obsidian's rules: the end of a path is enough, and the nearest note wins. However many
// notes have one name, each link is a few look-ups; a note with many links is gone through in steps.
import type Database from 'better-sqlite3';
import { folderOf, foldName, withoutExtension } from '../notes/name.ts';
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
  linksTo: `SELECT l.note AS number, n.id, n.folder FROM links l JOIN notes n ON n.number = l.note
    WHERE l.target = ? AND l.note > ? ORDER BY l.note LIMIT ${rowsPerStep}`,
};

interface Link {
  number: number;
  id: string;
  folder: string;
}

/** What fits a target, and which of it is meant where nothing nearer is. */
interface Meaning {
  range: { upward: string; end: string };
  id: string | undefined;
  /** The only one that fits, or a whole path: it is meant from every folder. */
  isFixed: boolean;
}

/**
 * A path from its end, so that all notes that the end of a path may mean lie together: `A/B/Note` is `note/b/a/`.
 */
export function upwardKey(path: string): string {
  return `${foldName(path).split('/').reverse().join('/')}/`;
}

export class LinkReader {
  readonly #statements: Statements<typeof sql>;

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database, sql);
  }

  /** The ids of the notes that the links of the note `id` lead to, a step a link; links to nothing are left out. */
  *resolve(id: string, targets: string[]): Generator<void, string[]> {
    const found = new Set<string>();
    const folder = folderOf(id);
    for (const target of new Set(targets.map(foldName))) {
      const meant = this.#resolveFrom(folder, this.#findMeaning(target));
      if (meant !== undefined) {
        found.add(meant);
      }
      yield;
    }
    return [...found];
  }

  /** The ids of the notes that link to the note `id`, in order, a step some hundred links. */
  *findBacklinks(id: string): Generator<void, string[]> {
    const found = new Set<string>();
    for (const target of targetsOf(id)) {
      const isMeant = this.#createCheck(id, this.#findMeaning(target));
      let page = isMeant === undefined ? [] : this.#linksTo(target, 0);
      while (page.length > 0 && found.size < mostBacklinks) {
        for (const link of page.filter((one) => one.id !== id && isMeant?.(one.folder))) {
          found.add(link.id);
        }
        yield;
        page = this.#linksTo(target, page.at(-1)?.number ?? 0);
      }
    }
    return [...found].sort();
  }

  /** Whether a link in a note of that folder leads to the note `id`; undefined where none of that target does. */
  #createCheck(id: string, meaning: Meaning): ((folder: string) => boolean) | undefined {
    if (meaning.isFixed) {
      return meaning.id === id ? (): boolean => true : undefined;
    }
    const known = new Map<string, boolean>();
    return (folder) => {
      const isMeant = known.get(folder) ?? this.#resolveFrom(folder, meaning) === id;
      known.set(folder, isMeant);
      return isMeant;
    };
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
    return { range, id: first?.id, isFixed: isWhole || second === undefined };
  }

  #resolveFrom(folder: string, { range, id, isFixed }: Meaning): string | undefined {
    if (isFixed) {
      return id;
    }
    const near = this.#statements.inFolder.get({ folder, ...range }) as { id: string } | undefined;
    return near?.id ?? id;
  }

  #linksTo(target: string, after: number): Link[] {
    return this.#statements.linksTo.all(target, after) as Link[];
  }
}

/** Every way to write a link that may mean the note `id`. */
function targetsOf(id: string): string[] {
  const path = foldName(withoutExtension(id));
  const ends = [...path.matchAll(/\//g)].map(({ index }) => path.slice(index + 1));
  return [`/${path}`, path, ...ends];
}
