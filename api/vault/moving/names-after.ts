// The names of a vault as they will be after a move, from those that it has and what is moved where.
import { kindOf } from '../documents/kind.ts';
import { type FittingNote, type LinkNames, type UpwardRange, upwardKey } from '../naming/link-meaning.ts';
import { folderOf, withoutExtension } from '../notes/name.ts';
import { isNoteName } from '../notes/path.ts';

/** All that the index knows of names; in the order of LinkNames. */
export interface AllNames extends LinkNames {
  fitting(range: UpwardRange): FittingNote[];
}

/** The path of each note and file that is moved, and the path that it will have. */
export type Moved = ReadonlyMap<string, string>;

interface Arrival {
  id: string;
  upward: string;
}

/** Asked for the same target again and again: each is looked up once. */
export class NamesAfter implements LinkNames {
  readonly #names: AllNames;
  readonly #moved: Moved;
  readonly #arrivals = new Map<string, Arrival[]>();
  readonly #notes = new Map<string, FittingNote[]>();
  readonly #files = new Map<string, string[]>();

  constructor(names: AllNames, moved: Moved) {
    this.#names = names;
    this.#moved = moved;
    for (const id of moved.values()) {
      const upward = upwardKey(withoutExtension(id));
      const name = firstOf(upward);
      this.#arrivals.set(name, [...(this.#arrivals.get(name) ?? []), { id, upward }]);
    }
  }

  inVault(range: UpwardRange): FittingNote[] {
    return this.fitting(range).slice(0, 2);
  }

  inFolder(folder: string, range: UpwardRange): string | undefined {
    return this.fitting(range)
      .filter(({ id }) => folderOf(id) === folder)
      .sort((a, b) => compareIds(a.id, b.id))[0]?.id;
  }

  otherFile(range: UpwardRange): string | undefined {
    return this.otherFiles(range)[0];
  }

  otherFiles(range: UpwardRange): string[] {
    const known = this.#files.get(range.end);
    const isOther = (id: string): boolean => !isNoteName(id);
    const files = known ?? this.#merge(this.#names.otherFiles(range), range, isOther).sort(compareIds);
    this.#files.set(range.end, files);
    return files;
  }

  /** All notes and other indexed files that fit. */
  fitting(range: UpwardRange): FittingNote[] {
    const known = this.#notes.get(range.end);
    if (known !== undefined) {
      return known;
    }
    const before = this.#names.fitting(range);
    const exact = new Set(before.filter((note) => note.isExact).map(({ id }) => id));
    const ids = this.#merge(
      before.map(({ id }) => id),
      range,
      (id) => kindOf(id) !== undefined,
    );
    const isExact = (id: string): boolean =>
      exact.has(id) || upwardKey(withoutExtension(id)) === range.upward;
    const fitting = ids.map((id) => ({ id, isExact: isExact(id) }));
    fitting.sort((a, b) => Number(b.isExact) - Number(a.isExact) || compareIds(a.id, b.id));
    this.#notes.set(range.end, fitting);
    return fitting;
  }

  #merge(
    before: readonly string[],
    { upward, end }: UpwardRange,
    isMeant: (id: string) => boolean,
  ): string[] {
    const staying = before.filter((id) => !this.#moved.has(id));
    const arrived = (this.#arrivals.get(firstOf(upward)) ?? [])
      .filter((one) => one.upward >= upward && one.upward < end && isMeant(one.id))
      .map(({ id }) => id);
    return [...staying, ...arrived];
  }
}

const firstOf = (upward: string): string => upward.slice(0, upward.indexOf('/'));

const compareIds = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : Number(a > b));
