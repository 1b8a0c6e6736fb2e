// The notes that FTS5's bm25() puts first among those that have any of some words, in a fourth of its
// time: a frequent word's notes are gone through as numbers, without a look-up for each.
import type Database from 'better-sqlite3';
import { NoteLengths, notesPerBlock } from './lengths.ts';
import { type Frequencies, Postings } from './postings.ts';

/** title, aliases, tags, headings, path, body, filters */
export const weights = [10, 8, 5, 4, 2, 1, 0] as const;
/** FTS5's own (section 5.1.1 of its documentation). */
const k1 = 1.2;
const b = 0.75;
const leastIdf = 1e-6;

export interface RankedNote {
  number: number;
  /** As bm25() gives it: negative, the better the smaller. */
  rank: number;
}

/** Of so many notes one after the other: 0 where one has none of the words. */
interface Block {
  lengths: Uint32Array;
  scores: Float64Array;
  /** The same of those that have them in their names, by these alone. */
  names: Float64Array;
}

export interface FoundNotes {
  best: RankedNote[];
  /** Those of names that have any, by their names alone. */
  named: RankedNote[];
}

export class BestNotes {
  readonly #postings: Postings;
  readonly #lengths: NoteLengths;

  constructor(database: Database.Database) {
    this.#postings = new Postings(database, weights);
    this.#lengths = new NoteLengths(database);
  }

  /**
   * As many as `limit` of those that have any of the words; those in `last` after all others. In a transaction of the caller's.
   * Undefined where FTS5 has to be asked.
   */
  find(words: readonly string[], limit: number, last: ReadonlySet<number>): FoundNotes | undefined {
    const postings = this.#postings.find(words);
    if (postings === undefined) {
      return undefined;
    }
    const blocks: Block[] = [];
    const totals = this.#postings.readTotals();
    for (const one of postings) {
      this.#addScores(blocks, 'scores', one, totals);
      this.#addScores(blocks, 'names', one.named, totals);
    }
    return {
      best: chooseBest(blocks, 'scores', limit, last),
      named: chooseBest(blocks, 'names', limit, new Set()),
    };
  }

  // As bm25() computes it, in this order, so that equal ranks stay equal. A logarithm may differ in its last bit.
  #addScores(
    blocks: Block[],
    kind: 'scores' | 'names',
    { notes, frequencies }: Frequencies,
    totals: { notes: number; words: number },
  ): void {
    const log = Math.log((totals.notes - notes.length + 0.5) / (notes.length + 0.5));
    const idf = log <= 0 ? leastIdf : log;
    const average = totals.words / totals.notes;
    for (let index = 0; index < notes.length; index += 1) {
      const note = notes[index] ?? 0;
      const frequency = frequencies[index] ?? 0;
      const { lengths, [kind]: scores } = this.#block(blocks, Math.floor(note / notesPerBlock));
      const place = note % notesPerBlock;
      const length = lengths[place] ?? 0;
      const score = (frequency * (k1 + 1)) / (frequency + k1 * (1 - b + (b * length) / average));
      scores[place] = (scores[place] ?? 0) + idf * score;
    }
  }

  #block(blocks: Block[], number: number): Block {
    const known = blocks[number];
    if (known !== undefined) {
      return known;
    }
    const block = {
      lengths: this.#lengths.read(number),
      scores: new Float64Array(notesPerBlock),
      names: new Float64Array(notesPerBlock),
    };
    blocks[number] = block;
    return block;
  }
}

// Of equal ones the first comes first, as SQLite sorts them.
function chooseBest(
  blocks: readonly Block[],
  kind: 'scores' | 'names',
  limit: number,
  last: ReadonlySet<number>,
): RankedNote[] {
  const best = new Best(limit);
  const bestOfLast = new Best(limit);
  blocks.forEach(({ [kind]: scores }, block) => {
    for (let place = 0; place < notesPerBlock; place += 1) {
      const score = scores[place] ?? 0;
      if (score > 0) {
        const number = block * notesPerBlock + place;
        const target = last.has(number) ? bestOfLast : best;
        target.offer(number, -score);
      }
    }
  });
  return [...best.notes, ...bestOfLast.notes].slice(0, limit);
}

class Best {
  readonly notes: RankedNote[] = [];
  readonly #limit: number;
  #worst = Number.POSITIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(number: number, rank: number): void {
    if (rank >= this.#worst) {
      return;
    }
    const place = this.notes.findLastIndex((other) => other.rank <= rank) + 1;
    this.notes.splice(place, 0, { number, rank });
    if (this.notes.length > this.#limit) {
      this.notes.pop();
    }
    if (this.notes.length === this.#limit) {
      this.#worst = this.notes.at(-1)?.rank ?? this.#worst;
    }
  }
}
