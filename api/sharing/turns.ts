// Lets only so many at once do what takes much memory; the others wait in the order in which they came.

import type { NoteWriter } from '../vault/writing/writer.ts';

/**
 * A note of 5 MB takes some 20 MB while it is read. One is parsed while the next comes from the disk, so a turn costs next
 * to no time.
 */
export const mostNotesAtOnce = 2;
/** Twice as much as reading it: the text before and after. A turn is over when the change can be found. */
const mostChangesAtOnce = 2;

export class Turns {
  readonly #waiting: Array<() => void> = [];
  #free: number;

  constructor(places: number) {
    this.#free = places;
  }

  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

/** Those of all who write: what is narrowed has writers of its own, and no memory of its own. */
const changes = new Turns(mostChangesAtOnce);

/** The same writer, for as many changes at once as there is memory for. */
export function inTurn(writer: NoteWriter, turns = changes): NoteWriter {
  return {
    create: (...change) => turns.take(() => writer.create(...change)),
    append: (...change) => turns.take(() => writer.append(...change)),
    replace: (...change) => turns.take(() => writer.replace(...change)),
    edit: (...change) => turns.take(() => writer.edit(...change)),
    move: (...change) => turns.take(() => writer.move(...change)),
    remove: (...change) => turns.take(() => writer.remove(...change)),
  };
}
