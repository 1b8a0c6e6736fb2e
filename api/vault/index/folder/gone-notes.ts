// Notes that were missed where they had been: they stay in the index for one more look, since a note that moves may be
// missed by one look and met by the next. A scan that goes on meanwhile shows it once, neither twice nor not at all.

interface GoneNote {
  number: number;
  file: string;
  revision: string;
}

export class GoneNotes {
  /** The look that missed each note first, by the note's number. */
  readonly #missed = new Map<number, GoneNote & { look: number }>();
  readonly #byFile = new Map<string, number>();
  /** Of many that have the same bytes, any one will do. */
  readonly #byRevision = new Map<string, Set<number>>();
  #look = 0;

  startLook(): void {
    this.#look += 1;
  }

  add({ number, file, revision }: GoneNote): void {
    if (!this.#missed.has(number)) {
      this.#missed.set(number, { number, file, revision, look: this.#look });
      this.#byFile.set(file, number);
      const same = this.#byRevision.get(revision) ?? new Set();
      this.#byRevision.set(revision, same.add(number));
    }
  }

  /** It was met again, or is not in the index any more; false where it had not been missed. */
  delete(number: number): boolean {
    const missed = this.#missed.get(number);
    if (missed === undefined) {
      return false;
    }
    if (this.#byFile.get(missed.file) === number) {
      this.#byFile.delete(missed.file);
    }
    const same = this.#byRevision.get(missed.revision);
    same?.delete(number);
    if (same?.size === 0) {
      this.#byRevision.delete(missed.revision);
    }
    return this.#missed.delete(number);
  }

  /** The number of the note that was this file, which is gone from where it was; '' is no file. */
  findFile(file: string): number | undefined {
    return file === '' ? undefined : this.#byFile.get(file);
  }

  /** The number of a note that had these very bytes, and is gone from where it was. */
  findRevision(revision: string): number | undefined {
    return this.#byRevision.get(revision)?.values().next().value;
  }

  /** Those that an earlier look than this one had missed already. */
  listSettled(): number[] {
    return [...this.#missed].filter(([, { look }]) => look < this.#look).map(([number]) => number);
  }

  get isEmpty(): boolean {
    return this.#missed.size === 0;
  }
}
