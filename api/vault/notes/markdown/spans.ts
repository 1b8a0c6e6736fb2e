// Where code and math in a text end (CommonMark, section 6.1; Obsidian's `$…$` and `$$…$$`). What is looked for in vain is
// looked for once: whatever a text holds, no part of it is gone through again and again, and nothing is kept of it.

const [backtick, dollar] = [96, 36];

export class Spans {
  readonly #text: string;
  /** By length, where the last run of so many backticks starts; known once one has had no other. */
  #lastRuns: Map<number, number> | undefined;
  #hasDouble = true;
  /** Before here nothing ends math of one sign. */
  #endless = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where to go on after the run of backticks at `at`: after its code, or after the run where that opens none. */
  findCodeEnd(at: number): number {
    const end = this.#endOfRun(at);
    const length = end - at;
    if (this.#lastRuns !== undefined && (this.#lastRuns.get(length) ?? -1) < end) {
      return end;
    }
    const met = new Map<number, number>();
    for (let start = this.#text.indexOf('`', end); start >= 0; ) {
      const next = this.#endOfRun(start);
      if (next - start === length) {
        return next;
      }
      met.set(next - start, start);
      start = this.#text.indexOf('`', next);
    }
    this.#lastRuns = met;
    return end;
  }

  #endOfRun(start: number): number {
    let end = start;
    while (this.#text.charCodeAt(end) === backtick) {
      end += 1;
    }
    return end;
  }

  /** The same for a `$`. */
  findMathEnd(at: number): number {
    return this.#text.charCodeAt(at + 1) === dollar
      ? this.#findDoubleEnd(at + 2)
      : this.#findSingleEnd(at + 1);
  }

  #findDoubleEnd(from: number): number {
    const found = this.#hasDouble ? this.#text.indexOf('$$', from) : -1;
    this.#hasDouble = found >= 0;
    return found < 0 ? from : found + 2;
  }

  // On its line alone, and not before a digit: two sums of money are no math.
  #findSingleEnd(from: number): number {
    if (from <= this.#endless || !/\S/.test(this.#text.charAt(from))) {
      return from;
    }
    for (let at = from + 1; at < this.#text.length && this.#text.charAt(at) !== '\n'; at += 1) {
      if (this.#text.charCodeAt(at) === dollar && this.#endsMath(at)) {
        return at + 1;
      }
      this.#endless = at;
    }
    return from;
  }

  #endsMath(at: number): boolean {
    return !/[\s\\$]/.test(this.#text.charAt(at - 1)) && !/[\d$]/.test(this.#text.charAt(at + 1));
  }
}
