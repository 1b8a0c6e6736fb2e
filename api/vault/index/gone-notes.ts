// Notes that were missed where they had been: they stay in the index for one more look, since a note that moves may be
// missed by one look and met by the next. A scan that goes on meanwhile shows it once, neither twice nor not at all.

interface GoneNote {
  number: number;
  file: string;
}

export class GoneNotes {
  /** The look that missed each note first, by the note's number. */
  readonly #missed = new Map<number, { file: string; look: number }>();
  readonly #byFile = new Map<string, number>();
  #look = 0;

  startLook(): void {
    this.#look += 1;
  }

  add({ number, file }: GoneNote): void {
    if (!this.#missed.has(number)) {
      this.#missed.set(number, { file, look: this.#look });
      this.#byFile.set(file, number);
    }
  }

  has(number: number): boolean {
    return this.#missed.has(number);
  }

  /** It was met again, or is not in the index any more; false where it had not been missed. */
  delete(number: number): boolean {
    const missed = this.#missed.get(number);
    if (missed !== undefined && this.#byFile.get(missed.file) === number) {
      this.#byFile.delete(missed.file);
    }
    return this.#missed.delete(number);
  }

  /** The number of the note that was this file, which is gone from where it was; '' is no file. */
  findFile(file: string): number | undefined {
    return file === '' ? undefined : this.#byFile.get(file);
  }

  /** Those that an earlier look than this one had missed already. */
  listSettled(): number[] {
    return [...this.#missed].filter(([, { look }]) => look < this.#look).map(([number]) => number);
  }

  get isEmpty(): boolean {
    return this.#missed.size === 0;
  }
}
