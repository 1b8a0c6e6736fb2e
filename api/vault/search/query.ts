// What a person (or a model) types, read into what must match and what may: FTS5 expressions that are always
// well-formed, and never dear ones.
// The room: how text and queries become words, and how well a note answers. Not where words are kept: index/.
import { isSmallWord, withoutSmallWords } from './small-words.ts';
import { filterWord, presenceWord, type QueryRun, readWord, segmentQuery, type Word } from './tokens.ts';

/** FTS5 takes 256 levels and no such bound on width; 32 terms is more than anybody types and keeps a query cheap. */
const mostTerms = 32;
const longestQuery = 1000;
/**
 * What stands for many words of the index, whose lists FTS5 joins before it looks at one note: the beginning of a word,
 * and a single character of Korean, Japanese or Chinese, which is looked for as the beginning of a pair.
 */
const mostOfKind = { plain: Number.POSITIVE_INFINITY, prefix: 4, single: 8 };
const shortestPrefix = 2;
/** What one such weighs beside a word. */
const manyWords = 4;
/** Of the pairs of characters, any one of which will do. */
const mostPairs = 48;
/** A minus before fewer letters is an option of a command: `rm -rf`. */
const shortestExcluded = 3;

export interface SearchQuery {
  /** Filters and phrases: each must match. */
  required: Expression[];
  /** None of these may match. */
  unwanted: Expression[];
  /** Any may match, and the more the better. */
  words: QueryWord[];
  /** What is written as one, `better-sqlite3`, stands so in the note that is meant: any may match. */
  compounds: Expression[];
  /** What the phrases are made of. */
  phrased: Word[];
}

export interface Expression {
  /** FTS5. */
  text: string;
  /** About how many single words would cost as much, where every note has them. */
  weight: number;
}

export interface QueryWord extends Word {
  /** Any of them stands for the word; none for one whose forms are to be looked up. */
  terms: Expression[];
}

interface Piece extends Expression {
  kind: 'plain' | 'prefix' | 'single';
}

interface Term extends Piece {
  isExcluded: boolean;
  isRequired: boolean;
  isPrefix: boolean;
  runs: QueryRun[];
}

const item = /(-)?(?:([\p{L}_][\p{L}\p{N}_.-]*):(?=[^\s/:]))?(?:"([^"]*)"?|([^\s"]+))(\*)?/gu;

/**
 * Reads words, `"phrases"`, `prefix*`, `field:value`, `field:"a value"`, `path:folder` and a `-` before any of them.
 * `isField` says which names are fields of this vault: others (`https:`, `Re:`) are text. Undefined where nothing
 * is left to look for.
 */
export function parseSearchQuery(query: string, isField: (name: string) => boolean): SearchQuery | undefined {
  const terms = readTerms(query, isField);
  // An exclusion stands beside something that it is taken from.
  const areAllExcluded = terms.every((term) => term.isExcluded);
  const wanted = terms.filter((term) => areAllExcluded || !term.isExcluded);
  if (wanted.length === 0) {
    return undefined;
  }
  const free = wanted.filter((term) => !term.isRequired);
  return {
    required: wanted.filter((term) => term.isRequired),
    unwanted: areAllExcluded ? [] : terms.filter((term) => term.isExcluded),
    words: withoutSmall(boundPairs(free.flatMap(readWords))),
    compounds: free.filter(({ runs, isPrefix }) => runs.length > 1 && !isPrefix),
    phrased: wanted.flatMap(({ runs, isRequired }) => (isRequired ? runs : [])).map(readWord),
  };
}

// The same term twice costs twice and finds nothing more. What goes beyond a bound is left out.
function readTerms(query: string, isField: (name: string) => boolean): Term[] {
  const matches = query
    .slice(0, longestQuery)
    .replace(/[“”„«»]/g, '"')
    .matchAll(item);
  const terms = new Map<string, Term>();
  for (const match of matches) {
    const term = readTerm(match, isField);
    if (term !== undefined && hasRoom([...terms.values()], term)) {
      terms.set(`${term.isExcluded} ${term.isRequired} ${term.text}`, term);
    }
  }
  return [...terms.values()];
}

function hasRoom(terms: Term[], { kind }: Term): boolean {
  const alike = terms.filter((other) => other.kind === kind).length;
  return terms.length < mostTerms && alike < mostOfKind[kind];
}

function readTerm(match: RegExpMatchArray, isField: (name: string) => boolean): Term | undefined {
  const [, minus, name, phrase, word] = match;
  const text = phrase ?? word ?? '';
  const wantsPrefix = match[5] === '*' || (word?.endsWith('*') ?? false);
  const isTaken = minus !== undefined;
  const filter = readFilter(name?.toLowerCase(), text, wantsPrefix, isField);
  if (filter !== undefined) {
    return { ...filter, isExcluded: isTaken, isRequired: true, isPrefix: wantsPrefix, runs: [] };
  }
  const runs = segmentQuery(name === undefined ? text : `${name} ${text}`);
  if (runs.length === 0) {
    return undefined;
  }
  const piece = writePhrase(runs, wantsPrefix);
  const isRequired = phrase !== undefined;
  const isExcluded = isTaken && (isRequired || canBeExcluded(text, runs));
  return { ...piece, isExcluded, isRequired, isPrefix: piece.kind !== 'plain', runs };
}

// `--amend` and `-d` are options. A word of Korean, Japanese or Chinese says in two characters what takes others three.
function canBeExcluded(text: string, runs: QueryRun[]): boolean {
  const [first] = runs;
  const shortest = first?.isCjk === true ? 2 : shortestExcluded;
  return !text.startsWith('-') && first !== undefined && readWord(first).text.length >= shortest;
}

function readFilter(
  name: string | undefined,
  text: string,
  isPrefix: boolean,
  isField: (name: string) => boolean,
): Piece | undefined {
  if (name === undefined || text.trim() === '') {
    return undefined;
  }
  if (name === 'path') {
    return readFolder(text);
  }
  const isTag = name === 'tag' || name === 'tags';
  if (!isTag && !isField(name)) {
    return undefined;
  }
  const value = isTag ? text.replace(/^#/, '') : text;
  return { text: matchField(name, value, isPrefix), weight: 1, kind: isPrefix ? 'prefix' : 'plain' };
}

function readFolder(text: string): Piece | undefined {
  const runs = segmentQuery(text);
  const phrase = runs.length === 0 ? undefined : writePhrase(runs, true);
  return phrase && { ...phrase, text: `path : ${phrase.text}` };
}

/**
 * The FTS5 expression for notes whose property `name` is `value` (or, with `isPrefix`, starts with it). Without a value:
 * that have the property.
 */
export function matchField(name: string, value: string | undefined, isPrefix = false): string {
  // Of front matter or of the text, in a list or on one line: tags are one property of a note.
  const property = name === 'tags' ? 'tag' : name;
  const start = isPrefix ? value?.replace(/\*$/, '') : value;
  if (start === undefined || (isPrefix && start === '')) {
    return `filters : "${presenceWord(property)}"`;
  }
  return `filters : "${filterWord(property, start)}"${isPrefix ? '*' : ''}`;
}

// The last run stands for any continuation, so its last character alone is left out; a single character has no
// pair and is looked for as the start of one.
function writePhrase(runs: QueryRun[], wantsPrefix: boolean): Piece {
  const last = runs.at(-1);
  const isSingle = last?.isCjk === true && last.tokens.length === 1;
  const isLong = last?.isCjk === true || (last?.tokens.at(-1) ?? '').length >= shortestPrefix;
  const isPrefix = wantsPrefix && !isSingle && isLong;
  const tokens = runs.flatMap((run, index) => {
    const isLast = index === runs.length - 1;
    return isLast && run.isCjk && !isSingle ? run.tokens.slice(0, -1) : run.tokens;
  });
  if (isSingle || isPrefix) {
    const text = `"${tokens.join(' ')}"*`;
    return { text, weight: tokens.length + manyWords, kind: isSingle ? 'single' : 'prefix' };
  }
  return { text: `"${tokens.join(' ')}"`, weight: tokens.length, kind: 'plain' };
}

function readWords({ runs, isPrefix }: Term): QueryWord[] {
  // The s of Goodhart's is found with the compound, and nobody means it alone.
  const long = runs.filter((run) => run.isCjk || readWord(run).text.length > 1);
  const meant = long.length > 0 ? long : runs;
  return meant.flatMap((run, index) => {
    if (isPrefix && index === meant.length - 1) {
      return [{ ...readWord(run), terms: [writePhrase([run], true)] }];
    }
    const word = readWord(run);
    return run.isCjk ? splitCjk(word) : [{ ...word, terms: [] }];
  });
}

// One pair of characters each: a particle after a Korean noun must not hide a note.
function splitCjk(word: Word): QueryWord[] {
  const pieces = withoutSmallWords(word.text);
  return (pieces.length === 0 ? [word.text] : pieces).map((text) => {
    const run = segmentQuery(text);
    const terms = run.flatMap(({ tokens }) =>
      tokens.length === 1
        ? [writePhrase(run, false)]
        : tokens.slice(0, -1).map((token) => ({ text: `"${token}"`, weight: 1 })),
    );
    return { text, isCjk: true, terms };
  });
}

function boundPairs(words: QueryWord[]): QueryWord[] {
  let pairs = 0;
  return words.filter(({ isCjk, terms }) => {
    pairs += isCjk ? terms.length : 0;
    return pairs <= mostPairs || pairs === terms.length;
  });
}

function withoutSmall(words: QueryWord[]): QueryWord[] {
  const content = words.filter(({ text }) => !isSmallWord(text));
  const different = new Map((content.length > 0 ? content : words).map((word) => [word.text, word]));
  return [...different.values()];
}
