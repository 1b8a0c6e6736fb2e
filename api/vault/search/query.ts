// From what a person (or a model) types to an FTS5 expression that is always well-formed, and never a dear one.
import { filterWord, presenceWord, type QueryRun, segmentQuery } from './tokens.ts';

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
/** Of the words any one of which will do. */
const mostAlternatives = 24;

export interface SearchQuery {
  /** The FTS5 expression: every term must match. */
  match: string;
  /** Tried when nothing matches: filters and phrases as before, and any one of the words. */
  fallback: string | undefined;
  /** What to look for in a text to show it in a snippet. */
  words: string[];
  /** About how many single words would cost as much as the dearer of the two, where every note has them. */
  weight: number;
}

interface Expression {
  text: string;
  weight: number;
}

interface Piece extends Expression {
  kind: 'plain' | 'prefix' | 'single';
}

interface Term extends Piece {
  isExcluded: boolean;
  isQuoted: boolean;
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
  const wanted = terms.filter((term) => !term.isExcluded);
  if (wanted.length === 0) {
    return undefined;
  }
  const unwanted = terms.filter((term) => term.isExcluded);
  const required = wanted.filter((term) => term.isQuoted);
  const words = wanted.filter((term) => !term.isQuoted);
  const looser = [...new Set(words.flatMap((term) => loosen(term.runs)))].slice(0, mostAlternatives);
  const match = combine([...required, ...words], unwanted);
  const any = { text: `(${looser.join(' OR ')})`, weight: looser.length };
  const fallback = combine([...required, any], unwanted);
  return {
    match: match.text,
    fallback: looser.length === 0 ? undefined : fallback.text,
    words: wanted.flatMap((term) => readableWords(term.runs)),
    weight: Math.max(match.weight, fallback.weight),
  };
}

function combine(all: Expression[], unwanted: Expression[]): Expression {
  const wanted = all.map(({ text }) => text).join(' AND ');
  const not = unwanted.map(({ text }) => text).join(' OR ');
  const weight = [...all, ...unwanted].reduce((sum, term) => sum + term.weight, 0);
  return { text: not === '' ? wanted : `(${wanted}) NOT (${not})`, weight };
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
      terms.set(`${term.isExcluded} ${term.text}`, term);
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
  const isPrefix = match[5] === '*' || (word?.endsWith('*') ?? false);
  const isExcluded = minus !== undefined;
  if (name !== undefined && text.trim() !== '') {
    const filter = readFilter(name.toLowerCase(), text, isPrefix, isField);
    if (filter !== undefined) {
      return { ...filter, isExcluded, isQuoted: true, runs: [] };
    }
  }
  const runs = segmentQuery(name === undefined ? text : `${name} ${text}`);
  return runs.length === 0
    ? undefined
    : { ...writePhrase(runs, isPrefix), isExcluded, isQuoted: phrase !== undefined, runs };
}

function readFilter(
  name: string,
  text: string,
  isPrefix: boolean,
  isField: (name: string) => boolean,
): Piece | undefined {
  if (name === 'path') {
    const runs = segmentQuery(text);
    const phrase = runs.length === 0 ? undefined : writePhrase(runs, true);
    return phrase && { ...phrase, text: `path : ${phrase.text}` };
  }
  const isTag = name === 'tag' || name === 'tags';
  if (!isTag && !isField(name)) {
    return undefined;
  }
  const value = isTag ? text.replace(/^#/, '') : text;
  return { text: matchField(name, value, isPrefix), weight: 1, kind: isPrefix ? 'prefix' : 'plain' };
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

// One word or pair each: a particle after a Korean noun, or an English plural, must not hide a note.
function loosen(runs: QueryRun[]): string[] {
  return runs.flatMap((run) => {
    if (!run.isCjk) {
      return run.tokens.map((token) => (token.length < 4 ? `"${token}"` : `"${token.replace(/s$/i, '')}"*`));
    }
    return run.tokens.length === 1
      ? [writePhrase([run], false).text]
      : run.tokens.slice(0, -1).map((token) => `"${token}"`);
  });
}

function readableWords(runs: QueryRun[]): string[] {
  return runs.map((run) =>
    run.isCjk ? run.tokens.map((token) => Array.from(token)[0]).join('') : run.tokens.join(''),
  );
}
