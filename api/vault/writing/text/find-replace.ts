// What a caller wants replaced, found in the text of a note: as it is written, but for the ends of lines and the Unicode
// form of letters, which nobody sees.
import { EditRefused } from '../../errors.ts';
import { parseFrontMatter } from '../../notes/front-matter.ts';
import { Pauses, type Steps } from '../../pace/steps.ts';
import { takeStretches } from '../../pace/stretches.ts';
import { normalizeText } from '../../unicode.ts';
import { lineEndingOf, withLineEnding } from './line-endings.ts';
import { requireSameHead } from './same-head.ts';

export interface Replacement {
  find: string;
  replace: string;
  /** Every place; otherwise there has to be exactly one. */
  all: boolean;
}

/** The note with `replace` in place of `find`, below the front matter. Throws EditRefused. */
export function* replaceFound(note: string, { find, replace, all }: Replacement): Steps<string> {
  const { textStart } = parseFrontMatter(note);
  const text = note.slice(textStart);
  const places = yield* findPlaces(text, find);
  if (places.length === 0) {
    throw new EditRefused(yield* describeMissing(note.slice(0, textStart), find));
  }
  if (places.length > 1 && !all) {
    throw new EditRefused(
      `The text to find is in this note ${places.length} times: give more of what stands around the one that is meant, or all: true.`,
    );
  }
  const content = yield* withLineEnding(replace, yield* lineEndingOf(note));
  const parts = [note.slice(0, textStart)];
  let at = 0;
  const pauses = new Pauses();
  for (const { start, end } of places) {
    // Places that overlap are one too many where one is meant, and for all of them the first goes.
    if (start >= at) {
      parts.push(text.slice(at, start), content);
      at = end;
    }
    if (pauses.isDue(start)) {
      yield;
    }
  }
  parts.push(text.slice(at));
  return requireSameHead(note, parts.join(''));
}

function* describeMissing(head: string, find: string): Steps<string> {
  return (yield* findPlaces(head, find)).length > 0
    ? 'The text to find stands in the front matter only: change that with field and value.'
    : 'The text to find is not in this note. Fetch the note, and give the text as it stands there.';
}

interface Place {
  start: number;
  end: number;
}

function* findPlaces(text: string, find: string): Steps<Place[]> {
  const folded = yield* fold(text);
  const wanted = (yield* fold(find)).text;
  const places: Place[] = [];
  yield* search(folded.text, wanted, (from) => {
    const start = folded.placeOf(from);
    const end = folded.placeOf(from + wanted.length);
    // Half of a letter is never what was meant: `cafe` is not in `café`, however that is written, nor one person in a family.
    if (start !== undefined && end !== undefined && !(isInSign(text, start) || isInSign(text, end))) {
      places.push({ start, end });
    }
  });
  return places;
}

/** What goes on with the sign before it: a joiner with what it joins, a tone of skin, the frame of a key. */
const goesOn = /^(?:\u200d|[\u{1f3fb}-\u{1f3ff}]|\ufe0f?\u20e3|\ufe0f\u200d)/u;
/** Two of these are a flag. */
const flagLetter = /^[\u{1f1e6}-\u{1f1ff}]/u;
/** As many in a row as are looked at. */
const mostFlagLetters = 64;

/** Whether one sign, which may be of several characters as many emoji are, stands on both sides of this place. */
function isInSign(text: string, at: number): boolean {
  const after = text.slice(at, at + 4);
  if (at === 0 || after === '') {
    return false;
  }
  const isInFlag = flagLetter.test(after) && countFlagLetters(text, at) % 2 === 1;
  return isInFlag || text.charAt(at - 1) === '\u200d' || goesOn.test(after);
}

/** Those before this place, each of which is two units. */
function countFlagLetters(text: string, at: number): number {
  let count = 0;
  while (count < mostFlagLetters && flagLetter.test(text.slice(Math.max(0, at - 2 * (count + 1)), at))) {
    count += 1;
  }
  return count;
}

/**
 * What makes one letter with what stands before it: marks, and the Korean letters that end a syllable. What only chooses how
 * a sign looks is no part of what somebody reads.
 */
const marks =
  /[^\p{M}\u1161-\u1175\u11a8-\u11c2](?:(?![\ufe00-\ufe0f])[\p{M}\u1161-\u1175\u11a8-\u11c2])+|\r\n/gu;

interface Folded {
  text: string;
  /** Where in the text what stands at `at` begins; undefined in the middle of a letter. */
  placeOf(at: number): number | undefined;
}

function* fold(text: string): Steps<Folded> {
  const parts: string[] = [];
  /** How much further on in the text what follows stands, from this place of the folded text on. */
  const shifts: Array<{ from: number; inside: number; by: number }> = [];
  let at = 0;
  let length = 0;
  yield* takeStretches(text, (stretch, start) => {
    for (const { 0: letter, index } of stretch.matchAll(marks)) {
      const written = letter === '\r\n' ? '\n' : normalizeText(letter, 'NFC');
      parts.push(text.slice(at, start + index), written);
      length += start + index - at;
      at = start + index + letter.length;
      shifts.push({ from: length + written.length, inside: length + 1, by: at - length - written.length });
      length += written.length;
    }
  });
  parts.push(text.slice(at));
  return { text: parts.join(''), placeOf: createPlaces(shifts) };
}

/** To be asked for places in rising order, or near each other. */
function createPlaces(
  shifts: ReadonlyArray<{ from: number; inside: number; by: number }>,
): (at: number) => number | undefined {
  return (at) => {
    let low = 0;
    let high = shifts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((shifts[middle]?.from ?? 0) <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const next = shifts[low];
    return next !== undefined && at >= next.inside ? undefined : at + (shifts[low - 1]?.by ?? 0);
  };
}

/**
 * Tells of every place of `wanted` in `text`, those that overlap too, by Knuth, Morris and Pratt: a search from each place anew
 * takes the product of both lengths where a text repeats itself.
 */
function* search(text: string, wanted: string, onFound: (from: number) => void): Steps<void> {
  const matcher = new Matcher(wanted);
  yield* matcher.prepare();
  const pauses = new Pauses();
  for (let at = 0; at < text.length; at += 1) {
    if (matcher.goOn(text.charCodeAt(at)) === wanted.length) {
      onFound(at + 1 - wanted.length);
    }
    if (pauses.isDue(at)) {
      yield;
    }
  }
}

class Matcher {
  readonly #wanted: string;
  /** For each length that matches: how much of it still does when what follows is something else. */
  readonly #back: Uint32Array;
  #matched = 0;

  constructor(wanted: string) {
    this.#wanted = wanted;
    this.#back = new Uint32Array(wanted.length);
  }

  *prepare(): Steps<void> {
    const pauses = new Pauses();
    for (let at = 1; at < this.#wanted.length; at += 1) {
      this.#back[at] = this.goOn(this.#wanted.charCodeAt(at));
      if (pauses.isDue(at)) {
        yield;
      }
    }
    this.#matched = 0;
  }

  /** How much matches with the next unit of the text. */
  goOn(unit: number): number {
    let matched = this.#matched === this.#wanted.length ? this.#backFrom(this.#matched) : this.#matched;
    while (matched > 0 && unit !== this.#wanted.charCodeAt(matched)) {
      matched = this.#backFrom(matched);
    }
    this.#matched = matched + (unit === this.#wanted.charCodeAt(matched) ? 1 : 0);
    return this.#matched;
  }

  #backFrom(matched: number): number {
    return this.#back[matched - 1] ?? 0;
  }
}
