// The changes that the journal has, newest first, and the bytes that are kept of each.
import { createRevision } from '../../notes/content.ts';
import { isMove } from '../change.ts';
import type { Entry } from '../entry.ts';
import { entryPath, inKnownJournal, listIds, type OpenedEntry, withEntry } from '../journal-folder.ts';

export interface KnownChange extends Entry {
  /** The id of the change by which it was undone, where that has not been undone itself. */
  undoneBy?: string | undefined;
}

export interface ChangeFilter {
  /** The name or the id of an app; in a name case is left aside. */
  app?: string | undefined;
  /** Epoch milliseconds: what was changed then or later. */
  sinceMs?: number | undefined;
  /** What else holds of it. */
  isMeant?: ((change: KnownChange) => boolean) | undefined;
}

export interface ChangePage {
  /** Newest first. */
  changes: KnownChange[];
  /** Gives what follows; undefined at the end. */
  nextCursor?: string | undefined;
}

const usualLimit = 100;
const mostAtOnce = 1000;

/** Keeps what it has read of entries: for one question, or a few of them. */
export class ChangeHistory {
  readonly #root: string;
  readonly #entries = new Map<string, Entry>();

  /** `root`: the vault's real path. */
  constructor(root: string) {
    this.#root = root;
  }

  /** A page of 100, or `limit` of them, 1000 at most; those that are still being made are left out. */
  async list(filter: ChangeFilter & { cursor?: string; limit?: number } = {}): Promise<ChangePage> {
    const limit = Math.min(Math.max(Math.trunc(filter.limit ?? usualLimit) || usualLimit, 1), mostAtOnce);
    const all = await this.findAll(filter);
    const left = all.filter(({ id }) => filter.cursor === undefined || id < filter.cursor);
    const changes = left.slice(0, limit);
    return { changes, ...(left.length > limit ? { nextCursor: changes.at(-1)?.id } : {}) };
  }

  async findAll({
    app,
    sinceMs = Number.NEGATIVE_INFINITY,
    isMeant,
  }: ChangeFilter = {}): Promise<KnownChange[]> {
    const isAsked = (change: KnownChange): boolean =>
      (app === undefined || isCalled(change.client, app)) &&
      Date.parse(change.time) >= sinceMs &&
      isMeant?.(change) !== false;
    return (await this.#readAll()).filter(isAsked);
  }

  /** With the changes after it, oldest first; undefined where the journal has none of this id (any more). */
  async find(id: string): Promise<{ change: KnownChange; later: KnownChange[] } | undefined> {
    const all = await this.#readAll();
    const at = all.findIndex((one) => one.id === id);
    const change = all[at];
    return change && { change, later: all.slice(0, at).reverse() };
  }

  /** Opens one, with the bytes that were there before. */
  async open<Result>(id: string, use: (opened: OpenedEntry) => Promise<Result>): Promise<Result | undefined> {
    return inKnownJournal(this.#root, (folder) => withEntry(entryPath(folder, id, 'change'), use));
  }

  /** The bytes of that revision, where a change has taken them away; undefined where none has. */
  async findBytes(revision: string): Promise<Buffer | undefined> {
    for (const { id, steps } of await this.#readAll()) {
      const step = steps.findIndex(({ before }) => before?.revision === revision);
      const bytes = step < 0 ? undefined : await this.open(id, ({ readBefore }) => readBefore(step));
      if (bytes !== undefined && createRevision(bytes) === revision) {
        return bytes;
      }
    }
    return undefined;
  }

  async #readAll(): Promise<KnownChange[]> {
    const found = await inKnownJournal(this.#root, async (folder) => {
      const entries: Entry[] = [];
      for (const id of (await listIds(folder, 'change')).reverse()) {
        const entry =
          this.#entries.get(id) ??
          (await withEntry(entryPath(folder, id, 'change'), async (opened) => opened.entry));
        if (entry?.id === id) {
          this.#entries.set(id, entry);
          entries.push(entry);
        }
      }
      return entries;
    });
    return markUndone(found ?? []);
  }
}

/** Newest first: whether an undoing holds is known before what it has undone is met. */
function markUndone(entries: readonly Entry[]): KnownChange[] {
  const undone = new Map<string, string>();
  return entries.map((entry) => {
    const undoneBy = undone.get(entry.id);
    if (entry.undoes !== undefined && undoneBy === undefined && !undone.has(entry.undoes)) {
      undone.set(entry.undoes, entry.id);
    }
    return { ...entry, undoneBy };
  });
}

function isCalled({ id, name }: Entry['client'], app: string): boolean {
  return id === app || name?.toLowerCase() === app.toLowerCase();
}

/**
 * Where what was at `path` after one change is after the `later` ones. `isGone`: nothing was there, so that only the folders
 * on the way count.
 */
export function followMoves(path: string, later: readonly Pick<Entry, 'steps'>[], isGone = false): string {
  let way = path;
  for (const { steps } of later) {
    for (const step of steps) {
      if (isMove(step) && (way.startsWith(`${step.from}/`) || (way === step.from && !isGone))) {
        way = step.to + way.slice(step.from.length);
      }
    }
  }
  return way;
}
