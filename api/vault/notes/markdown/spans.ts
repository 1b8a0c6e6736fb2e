// Where code and math in a text end (CommonMark, section 6.1; Obsidian's `$…$` and `$$…$$`). All that could end one is
// listed once, when the first one is asked for: whatever a text holds, none of it is gone through again.

export class Spans {
  readonly #text: string;
  #code: Map<number, number[]> | undefined;
  #math: { single: number[]; double: number[] } | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where to go on after the run of backticks at `at`: after its code, or after the run where that opens none. */
  findCodeEnd(at: number): number {
    this.#code ??= Map.groupBy(
      Array.from(this.#text.matchAll(/`+/g), ({ index }) => index),
      (start) => endOfRun(this.#text, start) - start,
    );
    const end = endOfRun(this.#text, at);
    const closing = firstFrom(this.#code.get(end - at), end);
    return closing === undefined ? end : closing + end - at;
  }

  /** The same for a `$`. */
  findMathEnd(at: number): number {
    const isDouble = this.#text.startsWith('$$', at);
    const from = at + (isDouble ? 2 : 1);
    // A sum of money is followed by a space where it could end.
    if (!isDouble && !/\S/.test(this.#text.charAt(from))) {
      return from;
    }
    this.#math ??= listMathEnds(this.#text);
    const closing = firstFrom(isDouble ? this.#math.double : this.#math.single, from + (isDouble ? 0 : 1));
    const isOnLine = closing !== undefined && (isDouble || closing < this.#endOfLine(at));
    return isOnLine ? closing + from - at : from;
  }

  #lineEnd = -1;

  #endOfLine(at: number): number {
    if (this.#lineEnd < at) {
      const found = this.#text.indexOf('\n', at);
      this.#lineEnd = found < 0 ? this.#text.length : found;
    }
    return this.#lineEnd;
  }
}

function listMathEnds(text: string): { single: number[]; double: number[] } {
  const all = Array.from(text.matchAll(/\$\$|(?<![\s\\])\$(?!\d)/g));
  const starts = (sign: string): number[] =>
    all.filter(([found]) => found === sign).map(({ index }) => index);
  return { single: starts('$'), double: starts('$$') };
}

function endOfRun(text: string, start: number): number {
  let end = start;
  while (text.charCodeAt(end) === 96) {
    end += 1;
  }
  return end;
}

/** The first of `places`, which are in order, that is not before `from`. */
function firstFrom(places: number[] | undefined, from: number): number | undefined {
  let low = 0;
  let high = places?.length ?? 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places?.[middle] ?? 0) < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return places?.[low];
}
