// How text becomes the words that FTS5 stores: one folding and one segmentation, the same for notes and queries.
// FTS5's own tokenizer (unicode61) still splits at punctuation, folds case and drops diacritics.
import { normalizeText } from '../unicode.ts';

// The scripts written without spaces between words, of the first plane; planes 2 and 3 hold Han only.
const cjk = String.raw`(?:[[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\u30fc]&&[\u{1100}-\u{ffff}]]|[\u{20000}-\u{3ffff}])`;
const runs = new RegExp(String.raw`(${cjk}+)|(?:(?!${cjk})[\p{L}\p{N}\p{M}])+`, 'gv');
const mayHoldCjk = /[\u1100-\uffff]/;

// Written inside words and not seen: soft hyphen, zero-width space and joiners, variation selectors.
const invisible = /\u00ad|[\u200b-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/g;
const mayHoldInvisible = /[\u00ad\u200b-\ufeff]/;

/** UTF-16 units: nearly every note fits. */
const usualLength = 32 * 1024;
/** UTF-16 units: more than the largest note has before it is folded. */
const longestFolded = 6 * 1024 * 1024;

const isAscii = /^[\0-\u007f]*$/;

// Two private-use characters keep filter words apart from all text: unicode61 takes them for letters.
const separator = '\ue000';
const filler = '\ue001';
const emoji = /[\p{Extended_Pictographic}\p{RI}]/u;
const reserved = /[\0\ue000\ue001]/g;

/** NFKC (full-width letters, decomposed Hangul), without invisible characters. Case is left to FTS5. */
function fold(text: string): string {
  const folded = normalizeText(text, 'NFKC').replace(reserved, ' ');
  return mayHoldInvisible.test(folded) ? folded.replace(invisible, '') : folded;
}

function splitRun(run: string): string[] {
  const characters = Array.from(run);
  return characters.map((character, index) => character + (characters[index + 1] ?? ''));
}

/** The pairs of characters that a run of Korean, Japanese or Chinese is found by; of a single character that itself. */
export function listPairs(run: string): string[] {
  const pairs = splitRun(run);
  return pairs.length > 1 ? pairs.slice(0, -1) : pairs;
}

/**
 * Text for the index. Korean, Japanese and Chinese are written without the spaces a search would need, so each
 * run of their characters becomes overlapping pairs and its last character: 인증서 is stored as ` 인증  증서  서 `. A word
 * starts at every character, one after the other, so that any part of a run is found as a phrase of pairs.
 */
export function segmentText(text: string): string {
  const folded = text.length <= usualLength ? fold(text) : foldLongText(text);
  return mayHoldCjk.test(folded) ? writePairs(folded) : folded;
}

// Piece by piece, since NFKC makes 18 letters of one: of a text that is full of such the rest is left out.
function foldLongText(text: string): string {
  const pieces: string[] = [];
  let length = 0;
  let start = 0;
  while (start < text.length && length < longestFolded) {
    const end = findCut(text, start + usualLength);
    const piece = fold(text.slice(start, end));
    pieces.push(piece);
    length += piece.length;
    start = end;
  }
  return pieces.join('');
}

// After a space, so that no word is cut; where none is near, before a character that is no second half.
function findCut(text: string, from: number): number {
  const near = text.slice(from, from + usualLength);
  const space = near.search(/\s/);
  if (space >= 0 || near.length < usualLength) {
    return from + (space < 0 ? near.length : space + 1);
  }
  const isSecondHalf = /^[\udc00-\udfff]/.test(near);
  return from + (isSecondHalf ? 1 : 0);
}

// One entry for each UTF-16 unit: 1 for a CJK character, 2 for the first half of one from planes 2 and 3.
let unitsOfCjk: Uint8Array | undefined;

// When it is needed: making it is a tenth of a start.
function makeUnitsOfCjk(): Uint8Array {
  const table = new Uint8Array(0x10000).fill(2, 0xd840, 0xd8c0);
  const all = Array.from({ length: 0x10000 - 0x1100 }, (_, at) => String.fromCharCode(0x1100 + at)).join('');
  for (const [run] of all.matchAll(new RegExp(cjk, 'gv'))) {
    table[run.charCodeAt(0)] = 1;
  }
  return table;
}

const usualSpace = new Uint16Array(4 * usualLength);

function cjkUnitsAt(table: Uint8Array, text: string, at: number): number {
  const units = table[text.charCodeAt(at)] ?? 0;
  return at + units <= text.length ? units : 0;
}

// By hand, unit by unit: with a regular expression and strings it took longer than FTS5 took to store the result.
function writePairs(text: string): string {
  // A pair between two spaces: four units at most for each unit of the text.
  unitsOfCjk ??= makeUnitsOfCjk();
  const table = unitsOfCjk;
  const mostUnits = text.length + 3 * countCjk(table, text);
  const space = mostUnits <= usualSpace.length ? usualSpace : new Uint16Array(mostUnits);
  let length = 0;
  let at = 0;
  while (at < text.length) {
    const units = cjkUnitsAt(table, text, at);
    if (units === 0) {
      space[length++] = text.charCodeAt(at);
      at += 1;
      continue;
    }
    space[length++] = 32;
    const end = at + units + cjkUnitsAt(table, text, at + units);
    for (let unit = at; unit < end; unit += 1) {
      space[length++] = text.charCodeAt(unit);
    }
    space[length++] = 32;
    at += units;
  }
  return Buffer.from(space.buffer, 0, length * 2).toString('utf16le');
}

function countCjk(table: Uint8Array, text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    count += table[text.charCodeAt(at)] ?? 0;
  }
  return count;
}

/** A word as FTS5 keeps it: in lower case, without diacritics. Not for Korean, which has no case and falls apart. */
function foldWord(word: string): string {
  const lower = word.toLowerCase();
  return isAscii.test(lower) ? lower : normalizeText(lower, 'NFD').replace(/\p{M}+/gu, '');
}

/** One stretch of a query: a word, or a run of CJK characters (`pairs`, without the last character alone). */
export interface QueryRun {
  isCjk: boolean;
  tokens: string[];
}

/** A query's text in the index's words; the empty list where it holds no letter or digit. */
export function segmentQuery(text: string): QueryRun[] {
  return Array.from(fold(text).matchAll(runs), ([run, isCjk]) => ({
    isCjk: isCjk !== undefined,
    tokens: isCjk === undefined ? [run] : splitRun(run),
  }));
}

/** What a run says, as it is compared: folded, in lower case. */
export interface Word {
  text: string;
  isCjk: boolean;
}

export function readWord({ isCjk, tokens }: QueryRun): Word {
  const text = isCjk ? tokens.map((token) => Array.from(token)[0]).join('') : foldWord(tokens.join(''));
  return { text, isCjk };
}

/** ASCII, and precomposed Korean, the most usual texts: folding them is putting them in lower case. */
export const isPlain = /^[\0-\u007f\uac00-\ud7a3]*$/;
const plainRuns = /[a-z0-9]+|[\uac00-\ud7a3]+/g;

/** The words that a text has, as `readWord` gives those of `segmentQuery`. */
export function readWords(text: string): Word[] {
  if (isPlain.test(text)) {
    const found = text.toLowerCase().match(plainRuns) ?? [];
    return found.map((run) => ({ text: run, isCjk: run >= '\uac00' }));
  }
  return Array.from(fold(text).matchAll(runs), ([run, cjkRun]) =>
    cjkRun === undefined ? { text: foldWord(run), isCjk: false } : { text: run, isCjk: true },
  );
}

/** The word under which a note's property is stored in the index's `filters` column. */
export function filterWord(name: string, value: string): string {
  return `${fillIn(name)}${separator}${fillIn(value)}`;
}

/** The word for a front-matter field that is there, whatever its value. */
export function presenceWord(name: string): string {
  return `${fillIn(name)}${separator}${separator}`;
}

// FTS5 takes emoji for signs between words: each becomes a word of its own, or two tags of one each would be the same.
function fillIn(text: string): string {
  return fold(text)
    .trim()
    .replace(/[^\p{L}\p{N}]/gu, (sign) => (emoji.test(sign) ? `${filler}${sign.codePointAt(0)}` : filler));
}
