// Where the parts of a text stand in the source that it was taken from.

export interface Place {
  start: number;
  end: number;
}

interface Stretch {
  /** In the text. */
  at: number;
  /** In the source. */
  start: number;
  /** Of one character that takes so much of the source, as an escape does. */
  width?: number;
}

/** Stretches of a text that stand in the source as they are, and escapes between them. */
export class Places {
  readonly #stretches: Stretch[] = [];

  /** From `at` on, up to the next stretch, the text is what the source has from `start` on. To be told in order. */
  add(at: number, start: number): this {
    this.#stretches.push({ at, start });
    return this;
  }

  /** What is at `at` is written in the source with the `width` characters from `start` on. */
  addEscape(at: number, start: number, width: number): void {
    this.#stretches.push({ at, start, width });
  }

  /** Those of a text that this one goes on with at `at`. */
  addAll(places: Places, at: number): void {
    for (const stretch of places.#stretches) {
      this.#stretches.push({ ...stretch, at: stretch.at + at });
    }
  }

  /** Those of the text without what is before `from`. */
  after(from: number): Places {
    const places = new Places();
    const first = this.#indexOf(from);
    for (const { at, start, ...rest } of this.#stretches.slice(Math.max(first, 0))) {
      const skipped = Math.max(from - at, 0);
      places.#stretches.push({ at: Math.max(at - from, 0), start: start + skipped, ...rest });
    }
    return places;
  }

  /** Where `from` to `to` of the text stand; undefined where the source has something else in between. */
  find(from: number, to: number): Place | undefined {
    const first = this.#indexOf(from);
    const last = this.#indexOf(Math.max(to - 1, from));
    const [begin, end] = [this.#stretches[first], this.#stretches[last]];
    if (begin === undefined || end === undefined) {
      return undefined;
    }
    for (let index = first; index < last; index += 1) {
      const [one, next] = [this.#stretches[index], this.#stretches[index + 1]];
      if (one === undefined || next === undefined || endOf(one, next.at) !== next.start) {
        return undefined;
      }
    }
    return { start: begin.start + (begin.width === undefined ? from - begin.at : 0), end: endOf(end, to) };
  }

  #indexOf(at: number): number {
    let [low, high] = [0, this.#stretches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#stretches[middle]?.at ?? 0) <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}

const endOf = ({ at, start, width }: Stretch, to: number): number => start + (width ?? to - at);
