// How well a note answers a query, among those that have its words: by its names and headings, and by how near to each
// other the words stand. bm25 knows nothing of the one that is called what is asked for.

import { isSmallWord } from './small-words.ts';
import { isPlain, listPairs, readWords, type Word } from './tokens.ts';

/** A word of a query with the forms in which the vault has it. */
export interface RankedWord extends Word {
  /** In lower case, without diacritics; the word itself among them. */
  forms: readonly string[];
}

/** What each is worth beside the best bm25 of all, which is 1. Found by trying, on `npm run retrieval`'s questions. */
const worth = { name: 1.2, veryName: 1.25, wholeName: 1, heading: 0.5, nearness: 0.1 };
/** What a word that is in no name weighs in a name beside one that is: most are of the question and not of what is asked for. */
const nowhereWeight = 0.4;
/** A name that says more than was asked for fits less: to this power of the part that was. */
const shareWeight = 0.7;
/** Characters: words so far apart stand together. */
const sight = 160;
/** Of one word in one text: a long note full of it is not gone through to its end. */
const mostPlaces = 100;
/** A character of Korean, Japanese or Chinese says as much as two letters. */
const cjkWeight = 2;
/** Letters that the forms of a word have in common. */
const shortestStart = 3;
/** UTF-16 units of one name or heading that are looked at. */
const longestName = 300;

export class Ranking {
  readonly #words: readonly RankedWord[];
  readonly #query: string;
  readonly #forms: ReadonlySet<string>;
  /** What stands in a name that has one of the words. */
  readonly #starts: readonly string[];
  /** All that was asked for in Korean, Japanese and Chinese, without spaces. */
  readonly #cjk: string;
  /** Those that are in no name of what is judged. */
  #nowhere: ReadonlySet<RankedWord> = new Set();

  /** `query` as it was written: a name may be nothing else, small words and signs included. */
  constructor(words: readonly RankedWord[], query = '') {
    this.#words = words;
    this.#query = query.trim().toLowerCase();
    this.#starts = words.flatMap(({ text, isCjk, forms }) => (isCjk ? listPairs(text) : forms));
    this.#forms = new Set(words.flatMap(({ forms }) => forms));
    this.#cjk = words.map(({ text, isCjk }) => (isCjk ? text : '')).join('');
  }

  /** `names` are those of all notes that are judged next. */
  regard(names: readonly string[]): void {
    const runs = names.flatMap((lines) => readWords(lines));
    const latin = new Set(runs.filter(({ isCjk }) => !isCjk).map(({ text }) => text));
    const pairs = new Set(runs.flatMap(({ isCjk, text }) => (isCjk ? listPairs(text) : [])));
    this.#nowhere = new Set(
      this.#words.filter(({ text, isCjk, forms }) =>
        isCjk ? !listPairs(text).some((pair) => pairs.has(pair)) : !forms.some((form) => latin.has(form)),
      ),
    );
  }

  /** What the best of the names and the best of the headings are worth; each has a line of its own. */
  judgeNames(names: string, headings: string): number {
    const isWhole = names.toLowerCase().split('\n').includes(this.#query);
    return (
      worth.name * this.#best(names) + worth.heading * this.#best(headings) + (isWhole ? worth.wholeName : 0)
    );
  }

  /** What it is worth how many of the words stand near to each other, and how near. */
  judgeText(text: string): number {
    if (this.#words.length < 2) {
      return 0;
    }
    const places = this.#findPlaces(text.toLowerCase());
    const last = new Map<number, number>();
    let best = 0;
    for (const { word, at } of places) {
      last.set(word, at);
      const inSight = [...last.values()].filter((place) => place >= at - sight);
      const span = at - inSight.reduce((first, place) => Math.min(first, place), at);
      const closeness = 1 - span / (2 * sight);
      best = Math.max(best, inSight.length < 2 ? 0 : (inSight.length / this.#words.length) * closeness);
    }
    return worth.nearness * best;
  }

  #findPlaces(text: string): Array<{ word: number; at: number }> {
    const places = this.#words.flatMap((word, number) => {
      const start = startOf(word);
      const found: Array<{ word: number; at: number }> = [];
      let at = text.indexOf(start);
      while (at >= 0 && found.length < mostPlaces) {
        found.push({ word: number, at });
        at = text.indexOf(start, at + start.length);
      }
      return found;
    });
    return places.sort((one, other) => one.at - other.at);
  }

  // Most names and headings have none of the words, and taking one apart is dear.
  #best(lines: string): number {
    const isAllPlain = isPlain.test(lines);
    const text = isAllPlain ? lines.toLowerCase() : lines;
    if (isAllPlain && !this.#holds(text)) {
      return 0;
    }
    const names = text.split('\n').filter((name) => (isAllPlain ? this.#holds(name) : this.#mayHold(name)));
    return names.reduce((best, name) => Math.max(best, this.#judgeName(name.slice(0, longestName))), 0);
  }

  // What is not plain letters may have other forms than it shows.
  #mayHold(name: string): boolean {
    return !isPlain.test(name) || this.#holds(name.toLowerCase());
  }

  #holds(lower: string): boolean {
    return this.#starts.some((start) => lower.includes(start));
  }

  // How much of the query is in the name, and how much of the name was asked for.
  #judgeName(name: string): number {
    const runs = readWords(name);
    const latin = new Set(runs.filter(({ isCjk }) => !isCjk).map(({ text }) => text));
    const cjk = runs.map(({ isCjk, text }) => (isCjk ? text : '')).join('');
    const covered = shareOf(
      this.#words,
      ({ text, isCjk, forms }) =>
        isCjk ? sharedPairs(text, cjk, 1) : Number(forms.some((form) => latin.has(form))),
      (word) => (this.#nowhere.has(word) ? nowhereWeight : 1),
    );
    if (covered === 0) {
      return 0;
    }
    const content = runs.filter(({ text }) => !isSmallWord(text));
    const asked = shareOf(content, ({ text, isCjk }) =>
      isCjk ? sharedPairs(text, this.#cjk, 0) : Number(this.#forms.has(text)),
    );
    const fit = covered * asked ** shareWeight;
    return fit > 0.99 ? worth.veryName : fit;
  }
}

/** The part of the words that `judge` finds, between 0 and 1, each as much as it is long. */
function shareOf<Kind extends Word>(
  words: readonly Kind[],
  judge: (word: Kind) => number,
  weigh: (word: Kind) => number = () => 1,
): number {
  let all = 0;
  let found = 0;
  for (const word of words) {
    const weight = word.text.length * (word.isCjk ? cjkWeight : 1) * weigh(word);
    all += weight;
    found += weight * judge(word);
  }
  return all === 0 ? 0 : found / all;
}

/** The part of the pairs of `text` that stand in `other`; `spare` of them may be a particle's. */
function sharedPairs(text: string, other: string, spare: number): number {
  const pairs = listPairs(text);
  const needed = pairs.length > 2 ? pairs.length - spare : pairs.length;
  return Math.min(1, pairs.filter((pair) => other.includes(pair)).length / needed);
}

// What its forms have in common, or a Korean noun without its particle.
function startOf({ text, isCjk, forms }: RankedWord): string {
  if (isCjk) {
    const characters = Array.from(text);
    return characters.length > 2 ? characters.slice(0, -1).join('') : text;
  }
  let length = text.length;
  while (length > shortestStart && !forms.every((form) => form.startsWith(text.slice(0, length)))) {
    length -= 1;
  }
  return text.slice(0, length);
}
