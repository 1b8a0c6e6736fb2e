// Whether texts are the same but for how much space is in them, without writing any of them anew: they may have 5 MB.
import { Pauses, type Steps } from '../../pace/steps.ts';

/** One space goes between two of the pieces of a text. */
export function* areSameButForSpaces(some: readonly string[], others: readonly string[]): Steps<boolean> {
  const [one, other] = [new SpacelessReader(some), new SpacelessReader(others)];
  const pauses = new Pauses();
  for (let count = 0; ; count += 1) {
    const unit = one.next();
    if (unit !== other.next()) {
      return false;
    }
    if (unit === end) {
      return true;
    }
    if (pauses.isDue(count)) {
      yield;
    }
  }
}

const end = -1;
const space = 32;

/** Reads unit by unit: a run of spaces as one, and none at the ends. */
class SpacelessReader {
  readonly #pieces: readonly string[];
  #piece = 0;
  #at = 0;
  #hasBegun = false;

  constructor(pieces: readonly string[]) {
    this.#pieces = pieces;
  }

  next(): number {
    let unit = this.#read();
    if (!isSpace(unit)) {
      this.#hasBegun = true;
      return unit;
    }
    while (isSpace(unit)) {
      unit = this.#read();
    }
    if (unit === end || !this.#hasBegun) {
      this.#hasBegun = true;
      return unit;
    }
    this.#at -= 1;
    return space;
  }

  #read(): number {
    const piece = this.#pieces[this.#piece];
    if (piece === undefined) {
      return end;
    }
    this.#at += 1;
    if (this.#at <= piece.length) {
      return piece.charCodeAt(this.#at - 1);
    }
    this.#piece += 1;
    this.#at = 0;
    return this.#piece < this.#pieces.length ? space : end;
  }
}

const isSpace = (unit: number): boolean =>
  unit < 128 ? unit === space || (unit >= 9 && unit <= 13) : /\s/.test(String.fromCharCode(unit));
