// The words that the vault's notes have, to find a word's other forms by: its inflections, longer words that hold it,
// and what is spelt nearly so. And how many notes have each: which words of a query say most.
import type Database from 'better-sqlite3';
import { distance } from 'fastest-levenshtein';
import { stemmer } from 'stemmer';
import { readWords } from '../../search/tokens.ts';
import { prepareStatements, type Statements } from '../statements.ts';

/** Characters. What is longer is no word of a language. */
const longestWord = 40;
/** Of fewer letters there are too many near spellings, and words that hold them. */
const shortestPart = 4;
/** Words that a query's word may stand for. */
const mostForms = 12;
/** UTF-16 units of a note that is read again: what goes beyond is taken in when all are counted. */
const longestSource = 100_000;
const wordsPerStep = 2000;
/** A pair of Korean, Japanese or Chinese characters is kept where so many notes have it. */
export const frequentPair = 200;
/** With so much more or fewer notes the counts are no longer true enough. */
const outgrown = 1.25;
/** Of the words that share three letters with a misspelt one. */
const mostNear = 200;

/** Neither a number nor a hash nor one of the words that stand for fields. */
const isKept = /^\p{L}(?!.*(?:\p{Nd}{4}|\p{Co})).{0,39}$/u;
/** Scripts without capitals: Korean, Japanese and Chinese pairs among them. */
const uncased = /\p{Lo}/u;

const sql = {
  add: 'INSERT INTO vocabulary(word, stem, notes) VALUES (?, ?, ?)',
  setNotes: 'UPDATE vocabulary SET notes = ? WHERE word = ?',
  addParts: 'INSERT INTO word_parts(rowid, word) VALUES (?, ?)',
  notes: 'SELECT notes AS value FROM vocabulary WHERE word = ?',
  stem: 'SELECT word, notes FROM vocabulary WHERE stem = ?',
  holding: `SELECT v.word, v.notes FROM word_parts p JOIN vocabulary v ON v.number = p.rowid
    WHERE p.word MATCH ? ORDER BY v.notes DESC LIMIT ${mostForms}`,
  near: `SELECT v.word, v.notes FROM (SELECT rowid AS number FROM word_parts WHERE word MATCH ? ORDER BY rank LIMIT ${mostNear}) p
    JOIN vocabulary v ON v.number = p.number`,
  page: `SELECT term, doc AS notes FROM index_words WHERE term > ? LIMIT ${wordsPerStep}`,
  countedAt: "SELECT value FROM facts WHERE name = 'vocabulary'",
  setCountedAt: "INSERT OR REPLACE INTO facts VALUES ('vocabulary', ?)",
};

/** A word, and how many notes have it, as last counted. */
export interface CountedWord {
  word: string;
  notes: number;
}

export class Vocabulary {
  readonly #statements: Statements<typeof sql>;

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database, sql);
  }

  /** How many notes have the word, as last counted; undefined where none is known. */
  countNotes(word: string): number | undefined {
    return (this.#statements.notes.get(word) as { value: number } | undefined)?.value;
  }

  /** The word as it stands in notes and its inflections, `categories` for `category`; empty where no note has any. */
  findForms(word: string): CountedWord[] {
    // Put in order here: a handful of words are not worth a sort of SQLite's, which takes longer than finding them.
    const words = this.#list('stem', stemmer(word)).sort(mostFrequent).slice(0, mostForms);
    const notes = words.some((one) => one.word === word) ? undefined : this.countNotes(word);
    return notes === undefined ? words : [{ word, notes }, ...words];
  }

  /** Longer words that have it in them, the most frequent first. */
  findHolding(word: string): CountedWord[] {
    return word.length < shortestPart
      ? []
      : this.#list('holding', `"${word}"`).filter((one) => one.word !== word);
  }

  /** What the word may have been meant to be: one letter wrong, or two of a long one; the nearest. */
  findNear(word: string): CountedWord[] {
    const letters = Array.from(word);
    if (letters.length < shortestPart || letters.length > longestWord) {
      return [];
    }
    const parts = letters.slice(2).map((_, index) => `"${letters.slice(index, index + 3).join('')}"`);
    const most = letters.length < 6 ? 1 : 2;
    const found = this.#list('near', parts.join(' OR '))
      .map((one) => ({ ...one, away: distance(word, one.word) }))
      .filter(({ away }) => away <= most);
    const near = [...this.#findSwapped(letters), ...found].sort(
      (one, other) => one.away - other.away || other.notes - one.notes,
    );
    const nearest = near.filter(({ away }) => away === near[0]?.away).map((one) => [one.word, one] as const);
    return [...new Map(nearest).values()].slice(0, mostForms);
  }

  // Two letters in each other's place, `zerba`, are two changes, and may leave no three letters together.
  #findSwapped(letters: readonly string[]): Array<CountedWord & { away: number }> {
    return letters.slice(1).flatMap((letter, index) => {
      const word = letters
        .with(index, letter)
        .with(index + 1, letters[index] ?? '')
        .join('');
      const notes = this.countNotes(word);
      return notes === undefined ? [] : [{ word, notes, away: 1 }];
    });
  }

  /** Whether all words have to be counted anew for an index of so many notes. */
  isOutgrown(notes: number): boolean {
    const { value = '0' } = (this.#statements.countedAt.get() ?? {}) as { value?: string };
    const counted = Number(value);
    return counted === 0 || notes > counted * outgrown || notes * outgrown < counted;
  }

  /** Takes in the words of a note that was read; how many notes have them is counted later. */
  addNote(texts: readonly string[]): void {
    const words = texts.flatMap((text) => readWords(text.slice(0, longestSource)));
    for (const word of new Set(words.filter(({ isCjk }) => !isCjk).map(({ text }) => text))) {
      this.#put(word, 1);
    }
  }

  /** Counts all words of the index of so many notes anew, some thousand a step. */
  *count(notes: number): Generator<void> {
    let last = '';
    let page = this.#page(last);
    while (page.length > 0) {
      for (const { term, notes: having } of page) {
        this.#put(term, having);
      }
      yield;
      last = page.at(-1)?.term ?? '';
      page = this.#page(last);
    }
    this.#statements.setCountedAt.run(String(notes));
  }

  #put(word: string, notes: number): void {
    const isCased = !uncased.test(word);
    if (!isKept.test(word) || !(isCased || notes >= frequentPair)) {
      return;
    }
    if (this.countNotes(word) === undefined) {
      const { lastInsertRowid } = this.#statements.add.run(word, isCased ? stemmer(word) : null, notes);
      if (isCased && word.length >= shortestPart) {
        this.#statements.addParts.run(lastInsertRowid, word);
      }
    } else if (notes > 1) {
      this.#statements.setNotes.run(notes, word);
    }
  }

  #page(after: string): Array<{ term: string; notes: number }> {
    return this.#statements.page.all(after) as Array<{ term: string; notes: number }>;
  }

  #list(statement: 'stem' | 'holding' | 'near', value: string): CountedWord[] {
    return this.#statements[statement].all(value) as CountedWord[];
  }
}

const mostFrequent = (one: CountedWord, other: CountedWord): number => other.notes - one.notes;
