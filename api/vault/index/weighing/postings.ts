// Which notes have a word, and how often in which column: read from where FTS5 keeps it, in the form that SQLite's
// fts5_index.c describes at its beginning. FTS5 itself takes several times as long to say the same, one note at a time. Its own
// answers are what the test holds this against.
import type Database from 'better-sqlite3';
import { prepareStatements, type Statements } from '../statements.ts';
import { readVarints, VarintReader } from './varints.ts';

const sql = {
  structure: 'SELECT block FROM words_data WHERE id = 10',
  averages: 'SELECT block FROM words_data WHERE id = 1',
  page: 'SELECT pgno FROM words_idx WHERE segid = ? AND term <= ? ORDER BY term DESC LIMIT 1',
  // A number is bound as REAL, in which the ids of tombstones have no room.
  leaf: 'SELECT block FROM words_data WHERE id = (CAST(? AS INTEGER) << 37) + CAST(? AS INTEGER)',
};

/** What stands at the beginning of a structure record that knows of tombstones. */
const structureV2 = Buffer.from([0xff, 0, 0, 1]);
const pageHeader = 4;
const tombstoneSegments = 1 << 16;
const tombstoneHeader = 8;
/** The number of the last column that has names: titles and aliases. */
const lastName = 1;
/** Before a word of the table itself, where a table may have indexes of beginnings too. */
const mainIndex = '0';

interface Segment {
  id: number;
  firstPage: number;
  lastPage: number;
  tombstonePages: number;
}

/** One word's notes in one segment. */
interface Doclist {
  bytes: Uint8Array;
  /** Where in it a number stands that is not the distance from the one before. */
  restarts: number[];
}

/** Notes and, at the same place, how much each has of the word. */
export interface Frequencies {
  notes: number[];
  frequencies: number[];
}

export interface WordPostings extends Frequencies {
  /** How much of it some have in their names alone. */
  named: Frequencies;
}

export class Postings {
  readonly #statements: Statements<typeof sql>;
  readonly #weights: readonly number[];

  /** `weights`: what one occurrence in each column is worth. */
  constructor(database: Database.Database, weights: readonly number[]) {
    this.#statements = prepareStatements(database, sql);
    this.#weights = weights;
  }

  /** How many notes the index has, and how many words all of them. */
  readTotals(): { notes: number; words: number } {
    const [notes = 0, ...columns] = readVarints(this.#block('averages'));
    return { notes, words: columns.reduce((sum, words) => sum + words, 0) };
  }

  /**
   * The notes that have each word, as FTS5 keeps it (in lower case, without diacritics). All in one transaction of the
   * caller's. Undefined where the index is written in another form.
   */
  find(words: readonly string[]): WordPostings[] | undefined {
    const segments = readSegments(this.#block('structure'));
    const all = segments?.map((segment) => ({ segment, gone: this.#readTombstones(segment) }));
    return all && words.map((word) => this.#findWord(word, all));
  }

  #findWord(word: string, segments: Array<{ segment: Segment; gone: ReadonlySet<number> }>): WordPostings {
    const found: WordPostings = { notes: [], frequencies: [], named: { notes: [], frequencies: [] } };
    const term = Buffer.from(mainIndex + word);
    for (const { segment, gone } of segments) {
      const doclist = this.#readDoclist(segment, term);
      if (doclist !== undefined) {
        readPositions(doclist, { gone, weights: this.#weights, found });
      }
    }
    return found;
  }

  #readDoclist(segment: Segment, term: Buffer): Doclist | undefined {
    const row = this.#statements.page.get(segment.id, term) as { pgno: number } | undefined;
    // Its last bit says something else; what was merged away leaves its pages behind in the list.
    let page = Math.max(Math.floor((row?.pgno ?? 2) / 2), segment.firstPage);
    const leaf = this.#leaf(segment.id, page);
    const place = findTerm(leaf, term);
    if (place === undefined) {
      return undefined;
    }
    const parts = [leaf.subarray(place.start, place.end)];
    const restarts: number[] = [];
    let length = place.end - place.start;
    let goesOn = place.isLast;
    while (goesOn && page < segment.lastPage) {
      page += 1;
      const next = this.#leaf(segment.id, page);
      const restart = next.readUInt16BE(0);
      const footer = next.readUInt16BE(2);
      const end = footer < next.length ? new VarintReader(next, footer).next() : footer;
      if (restart > 0 && restart < end) {
        restarts.push(length + restart - pageHeader);
      }
      parts.push(next.subarray(pageHeader, end));
      length += end - pageHeader;
      goesOn = footer === next.length;
    }
    return { bytes: Buffer.concat(parts, length), restarts };
  }

  #readTombstones({ id, tombstonePages }: Segment): ReadonlySet<number> {
    const gone = new Set<number>();
    for (let page = 0; page < tombstonePages; page += 1) {
      const bytes = this.#leaf(id + tombstoneSegments, page);
      const size = bytes[0] === 4 ? 4 : 8;
      for (let at = tombstoneHeader; at + size <= bytes.length; at += size) {
        gone.add(bytes.readUIntBE(at + size - 4, 4) + (size === 4 ? 0 : bytes.readUInt32BE(at) * 2 ** 32));
      }
    }
    return gone;
  }

  #leaf(segment: number, page: number): Buffer {
    return this.#block('leaf', segment, page);
  }

  #block(statement: 'structure' | 'averages' | 'leaf', ...key: number[]): Buffer {
    const row = this.#statements[statement].get(...key) as { block: Buffer } | undefined;
    if (row === undefined) {
      throw Object.assign(new Error('A part of the search index is missing'), {
        code: 'SQLITE_CORRUPT_VTAB',
      });
    }
    return row.block;
  }
}

function readSegments(structure: Buffer): Segment[] | undefined {
  if (!structure.subarray(4, 8).equals(structureV2)) {
    return undefined;
  }
  const reader = new VarintReader(structure, 8);
  const levels = reader.next();
  // how many segments there are, and how often was written
  reader.next();
  reader.next();
  const segments: Segment[] = [];
  for (let level = 0; level < levels; level += 1) {
    // how many of them are being merged
    reader.next();
    for (let left = reader.next(); left > 0; left -= 1) {
      const [id = 0, firstPage = 0, lastPage = 0, , , tombstonePages = 0] = takeVarints(reader, 8);
      segments.push({ id, firstPage, lastPage, tombstonePages });
    }
  }
  // All of it was merged into another one.
  return segments.filter(({ lastPage }) => lastPage > 0);
}

const takeVarints = (reader: VarintReader, count: number): number[] =>
  Array.from({ length: count }, () => reader.next());

/** Where the notes of `term` stand on a page, and whether they may go on on the next one. */
function findTerm(leaf: Buffer, term: Buffer): { start: number; end: number; isLast: boolean } | undefined {
  const terms = listTerms(leaf);
  // How much of it is the beginning of the term before, which stands in order before it.
  let matched = 0;
  for (const [index, at] of terms.entries()) {
    const { common, added, start } = readTerm(leaf, at, index === 0);
    if (common < matched) {
      return undefined;
    }
    matched += common === matched ? countEqual(added, term.subarray(matched)) : 0;
    if (matched === term.length && common + added.length === matched) {
      const next = terms[index + 1];
      return { start, end: next ?? leaf.readUInt16BE(2), isLast: next === undefined };
    }
  }
  return undefined;
}

/** `common`: of how much of the term before it is the beginning too. */
function readTerm(
  leaf: Buffer,
  at: number,
  isFirst: boolean,
): { common: number; added: Buffer; start: number } {
  const reader = new VarintReader(leaf, at);
  const common = isFirst ? 0 : reader.next();
  const length = reader.next();
  const start = reader.at + length;
  return { common, added: leaf.subarray(reader.at, start), start };
}

/** Where each begins; after the first one they are written as what they add to the one before. */
function listTerms(leaf: Buffer): number[] {
  let at = 0;
  return readVarints(leaf.subarray(leaf.readUInt16BE(2))).map((distance) => {
    at += distance;
    return at;
  });
}

function countEqual(one: Uint8Array, other: Uint8Array): number {
  const most = Math.min(one.length, other.length);
  let equal = 0;
  while (equal < most && one[equal] === other[equal]) {
    equal += 1;
  }
  return equal;
}

interface Reading {
  gone: ReadonlySet<number>;
  weights: readonly number[];
  found: WordPostings;
}

// By hand and in one: there are hundreds of thousands of bytes.
function readPositions({ bytes, restarts }: Doclist, { gone, weights, found }: Reading): void {
  const nameWeights = weights.map((weight, column) => (column <= lastName ? weight : 0));
  const reader = new VarintReader(bytes);
  let restart = 0;
  let note = 0;
  while (!reader.isAtEnd) {
    const isRestart = reader.at === restarts[restart];
    restart += isRestart ? 1 : 0;
    note = (isRestart ? 0 : note) + reader.next();
    const end = Math.floor(reader.next() / 2) + reader.at;
    const start = reader.at;
    reader.at = end;
    if (gone.has(note)) {
      continue;
    }
    found.notes.push(note);
    found.frequencies.push(weighPositions(bytes, weights, start, end));
    if (isInNames(bytes, start)) {
      found.named.notes.push(note);
      found.named.frequencies.push(weighPositions(bytes, nameWeights, start, end));
    }
  }
}

// Names are the first columns, so that theirs come before all other places.
const isInNames = (bytes: Uint8Array, start: number): boolean =>
  bytes[start] !== 1 || (bytes[start + 1] ?? 0) <= lastName;

/** One byte 1, and the number of a column, stand before the places in that column; other numbers are places. */
function weighPositions(bytes: Uint8Array, weights: readonly number[], from: number, to: number): number {
  let weight = weights[0] ?? 1;
  let frequency = 0;
  let isInNumber = false;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 1 && !isInNumber) {
      at += 1;
      weight = weights[bytes[at] ?? 0] ?? 1;
      continue;
    }
    isInNumber = byte >= 128;
    frequency += isInNumber ? 0 : weight;
  }
  return frequency;
}
