// SQLite's integers of variable length, as FTS5 writes them: seven bits a byte, the highest first.

/** Reads one after the other. What would be larger than 2^53 is no number of a note's, and comes out wrong. */
export class VarintReader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  next(): number {
    let value = 0;
    for (let length = 1; ; length += 1) {
      const byte = this.#bytes[this.at] ?? 0;
      this.at += 1;
      // The ninth byte has eight bits.
      if (length === 9) {
        return value * 256 + byte;
      }
      value = value * 128 + (byte & 127);
      if (byte < 128) {
        return value;
      }
    }
  }
}

export function readVarints(bytes: Uint8Array): number[] {
  const reader = new VarintReader(bytes);
  const values: number[] = [];
  while (!reader.isAtEnd) {
    values.push(reader.next());
  }
  return values;
}
