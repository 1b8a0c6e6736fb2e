// Which note a link means (naming/link-meaning.ts), and which links mean a note. However many notes have one name, each
// link is a few look-ups; a note with many links is gone through in steps.
import type Database from 'better-sqlite3';
import {
  keyOfLink,
  type LinkKey,
  type LinkMeaning,
  LinkMeanings,
  targetsOf,
} from '../naming/link-meaning.ts';
import type { NoteLink } from '../notes/markdown/link-target.ts';
import { folderOf } from '../notes/name.ts';
import { isNoteName } from '../notes/path.ts';
import { IndexNames } from './link-names.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** More than anybody reads, or an answer could hold. */
const mostBacklinks = 10_000;
const rowsPerStep = 500;

const sql = {
  linksTo: `SELECT l.note AS number, l.near AS isNear, n.id, n.folder FROM links l JOIN notes n ON n.number = l.note
    WHERE l.target = ? AND (l.note, l.near) > (?, ?) ORDER BY l.note, l.near LIMIT ${rowsPerStep}`,
  targetsFrom: 'SELECT target, near FROM links WHERE note = ?',
  unread: 'SELECT id FROM notes WHERE unread = 1 ORDER BY id',
  bases: "SELECT id FROM notes WHERE kind <> 'note' AND kind = 'base' ORDER BY id",
};

interface LinkRow {
  number: number;
  id: string;
  folder: string;
  isNear: number;
}

export class LinkReader {
  readonly #statements: Statements<typeof sql>;
  readonly #meanings: LinkMeanings;

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database, sql);
    this.#meanings = new LinkMeanings(new IndexNames(database));
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
      const meant = this.#meanings.follow(folderOf(id), key);
      if (meant !== undefined) {
        found.add(meant);
      } else if (!missing.has(key.target) && this.#meanings.isMissing(key.target)) {
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
      found.push(this.#meanings.followToFile(folderOf(id), key));
      yield;
    }
    return found;
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
      const meant = this.#meanings.follow(folderOf(id), link) ?? id;
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

  /** The notes that have a link with this target, whatever it means there; each once for each way. */
  *linksTo(target: string): Generator<{ id: string; near: number }> {
    for (let page = this.#linksTo(target, undefined); page.length > 0; ) {
      yield* page.map(({ id, isNear }) => ({ id, near: isNear }));
      page = this.#linksTo(target, page.at(-1));
    }
  }

  bases(): string[] {
    return (this.#statements.bases.all() as Array<{ id: string }>).map(({ id }) => id);
  }

  /** The ids of the notes and other files whose links are not known, as reading them took too long. */
  unread(): string[] {
    return (this.#statements.unread.all() as Array<{ id: string }>).map(({ id }) => id);
  }

  /** Whether nothing in the vault fits the key of a target, from whatever folder. */
  isMissing(target: string): boolean {
    return this.#meanings.isMissing(target);
  }

  /** The ids of other notes that link to the note `id`, some hundred links at a time. */
  *#walkLinksTo(id: string): Generator<string[]> {
    for (const target of targetsOf(id)) {
      const isMeant = this.#createCheck(id, this.#meanings.findMeaning(target));
      let page = isMeant === undefined ? [] : this.#linksTo(target, undefined);
      while (page.length > 0) {
        yield page.filter((link) => link.id !== id && isMeant?.(link)).map((link) => link.id);
        page = this.#linksTo(target, page.at(-1));
      }
    }
  }

  /** Whether a link leads to the note `id`; undefined where none of that target does. */
  #createCheck(id: string, meaning: LinkMeaning): ((link: LinkRow) => boolean) | undefined {
    if (meaning.isOnly) {
      return meaning.id === id ? (): boolean => true : undefined;
    }
    const known = new Map<string, boolean>();
    return ({ folder, isNear }) => {
      const key = `${isNear} ${folder}`;
      const isMeant = known.get(key) ?? this.#meanings.resolveFrom(folder, meaning, isNear === 1) === id;
      known.set(key, isMeant);
      return isMeant;
    };
  }

  #linksTo(target: string, after: LinkRow | undefined): LinkRow[] {
    return this.#statements.linksTo.all(target, after?.number ?? 0, after?.isNear ?? 0) as LinkRow[];
  }
}
