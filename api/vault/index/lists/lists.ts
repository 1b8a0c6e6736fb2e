// Lists over the whole vault: tags, what changed last, links to nothing, notes without links. Each page ends with what
// it may hold, or with what may be looked at for it, and goes on from there; it is made in steps.
import type Database from 'better-sqlite3';
import { BadCursor } from '../../errors.ts';
import { createCursor, parseCursor } from '../cursor.ts';
import type { LinkReader } from '../links.ts';
import { prepareStatements, type Statements } from '../statements.ts';
import { type Found, inOneStep, type ListPage, Page, type Place, type Walk, walkRows } from './walk.ts';

export interface ListOptions {
  cursor?: string | undefined;
  limit: number;
}

/** Every list but that of a folder, by its name. Times in epoch seconds. */
export interface ListRows {
  tags: { tag: string; notes: number };
  recent: { id: string; title: string; modifiedAt: number };
  /** `from`: ids; where there are more than are named, `more` is how many. */
  missing: { target: string; from: string[]; more?: number };
  orphans: { id: string; title: string };
}

export type ListName = keyof ListRows;

const longestTitle = 300;
/** Notes or targets that are looked at for one page. */
const mostLookedAt = 20_000;
/** Of one target: the ids of notes that link to it, and their characters. */
const mostFrom = 100;
const longestFrom = 10_000;
const rowsPerStep = 100;

const sql = {
  nextTag: 'SELECT min(key) AS key FROM tags WHERE key > ?',
  tag: 'SELECT count(*) AS notes, (SELECT tag FROM tags WHERE key = :key ORDER BY note LIMIT 1) AS tag FROM tags WHERE key = :key',
  recent: `SELECT id, title, modified_at AS modifiedAt FROM notes WHERE kind = 'note' AND (modified_at, id) < (?, ?)
    ORDER BY modified_at DESC, id DESC LIMIT ${rowsPerStep}`,
  nextTarget: 'SELECT min(target) AS target FROM links WHERE target > ?',
  written: 'SELECT written FROM links WHERE target = ? ORDER BY note, near LIMIT 1',
  from: `SELECT DISTINCT n.id FROM links l JOIN notes n ON n.number = l.note WHERE l.target = ? ORDER BY l.note LIMIT ${mostFrom}`,
  countFrom: 'SELECT count(DISTINCT note) AS count FROM links WHERE target = ?',
  notes: `SELECT number, id, title FROM notes WHERE kind = 'note' AND id > ? ORDER BY id LIMIT ${rowsPerStep}`,
};

export class ListReader {
  readonly #statements: Statements<typeof sql>;
  readonly #links: LinkReader;
  readonly #walks: { [Name in ListName]: () => Walk<ListRows[Name]> } = {
    tags: () => ({ start: ['', ''], next: ([key]) => inOneStep(this.#nextTag(String(key))) }),
    recent: () => this.#walkRecent(),
    missing: () => ({ start: ['', ''], next: ([target]) => inOneStep(this.#nextMissing(String(target))) }),
    orphans: () => this.#walkOrphans(),
  };

  constructor(database: Database.Database, links: LinkReader) {
    this.#statements = prepareStatements(database, sql);
    this.#links = links;
  }

  /** Throws BadCursor. */
  *list<Name extends ListName>(
    name: Name,
    { cursor, limit }: ListOptions,
  ): Generator<void, ListPage<ListRows[Name]>> {
    const { start, next } = this.#walks[name]() as Walk<ListRows[Name]>;
    const page = new Page<ListRows[Name]>(limit);
    let place = cursor === undefined ? start : readCursor(cursor, name, start);
    for (let looked = 0; looked < mostLookedAt; looked += 1) {
      const found = yield* next(place);
      if (found === undefined) {
        return { entries: page.entries };
      }
      if (found.row !== undefined && !page.add(found.row)) {
        break;
      }
      place = found.place;
      yield;
    }
    return { entries: page.entries, nextCursor: createCursor([name, ...place]) };
  }

  #nextTag(after: string): Found<ListRows['tags']> {
    const { key } = this.#statements.nextTag.get(after) as { key: string | null };
    if (key === null) {
      return undefined;
    }
    return { row: this.#statements.tag.get({ key }) as ListRows['tags'], place: [key, ''] };
  }

  #walkRecent(): Walk<ListRows['recent']> {
    const read = (place: Place): ListRows['recent'][] =>
      this.#statements.recent.all(...place) as ListRows['recent'][];
    return walkRows([Number.MAX_SAFE_INTEGER, ''], read, {
      placeOf: ({ modifiedAt, id }) => [modifiedAt, id],
      createRow: (row) => inOneStep({ ...row, title: shorten(row.title) }),
    });
  }

  #nextMissing(after: string): Found<ListRows['missing']> {
    const { target } = this.#statements.nextTarget.get(after) as { target: string | null };
    if (target === null) {
      return undefined;
    }
    return {
      row: this.#links.isMissing(target) ? this.#createMissing(target) : undefined,
      place: [target, ''],
    };
  }

  #createMissing(target: string): ListRows['missing'] {
    const { written } = this.#statements.written.get(target) as { written: string };
    const from = takeFirst((this.#statements.from.all(target) as Array<{ id: string }>).map(({ id }) => id));
    const { count } = this.#statements.countFrom.get(target) as { count: number };
    return { target: written, from, ...(count > from.length ? { more: count - from.length } : {}) };
  }

  #walkOrphans(): Walk<ListRows['orphans']> {
    type Row = { number: number; id: string; title: string };
    const links = this.#links;
    return walkRows(['', ''], ([id]) => this.#statements.notes.all(id) as Row[], {
      placeOf: ({ id }) => [id, ''],
      *createRow({ number, id, title }) {
        return (yield* links.isLinked({ number, id })) ? undefined : { id, title: shorten(title) };
      },
    });
  }
}

function readCursor(cursor: string, name: string, like: Place): Place {
  const [of, ...place] = parseCursor(cursor, ['', ...like] as const);
  if (of !== name) {
    throw new BadCursor();
  }
  return place;
}

/** One id at least. */
function takeFirst(ids: string[]): string[] {
  let length = 0;
  const end = ids.findIndex((id, index) => {
    length += id.length;
    return index > 0 && length > longestFrom;
  });
  return end < 0 ? ids : ids.slice(0, end);
}

function shorten(title: string): string {
  return title.length > longestTitle ? `${title.slice(0, longestTitle - 1).toWellFormed()}…` : title;
}
