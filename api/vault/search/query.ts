// From what a person (or a model) types to an FTS5 expression that is always well-formed.
import { filterWord, type QueryRun, segmentQuery } from './tokens.ts';

/** FTS5 takes 256 levels and no such bound on width; 32 terms is more than anybody types and keeps a query cheap. */
const mostTerms = 32;
const longestQuery = 1000;

export interface SearchQuery {
  /** The FTS5 expression: every term must match. */
  match: string;
  /** Tried when nothing matches: filters and phrases as before, and any one of the words. */
  fallback: string | undefined;
  /** What to look for in a text to show it in a snippet. */
  words: string[];
}

interface Term {
  excluded: boolean;
  quoted: boolean;
  expression: string;
  runs: QueryRun[];
}

const item = /(-)?(?:([\p{L}_][\p{L}\p{N}_.-]*):(?=[^\s/:]))?(?:"([^"]*)"?|([^\s"]+))(\*)?/gu;

/**
 * Reads words, `"phrases"`, `prefix*`, `field:value`, `field:"a value"`, `path:folder` and a `-` before any of them.
 * `isField` says which names are fields of this vault: others (`https:`, `Re:`) are text. Undefined where nothing
 * is left to look for.
 */
export function parseSearchQuery(query: string, isField: (name: string) => boolean): SearchQuery | undefined {
  const terms: Term[] = [];
  for (const match of query
    .slice(0, longestQuery)
    .replace(/[“”„«»]/g, '"')
    .matchAll(item)) {
    const term = readTerm(match, isField);
    if (term !== undefined && terms.length < mostTerms) {
      terms.push(term);
    }
  }
  const wanted = terms.filter((term) => !term.excluded);
  if (wanted.length === 0) {
    return undefined;
  }
  const unwanted = terms.filter((term) => term.excluded).map((term) => term.expression);
  const required = wanted.filter((term) => term.quoted).map((term) => term.expression);
  const words = wanted.filter((term) => !term.quoted);
  const all = [...required, ...words.map((term) => term.expression)];
  const looser = [...new Set(words.flatMap((term) => loosen(term.runs)))];
  const any = looser.length === 0 ? undefined : [...required, `(${looser.join(' OR ')})`];
  return {
    match: combine(all, unwanted),
    fallback: any === undefined ? undefined : combine(any, unwanted),
    words: wanted.flatMap((term) => readableWords(term.runs)),
  };
}

function combine(all: string[], unwanted: string[]): string {
  const wanted = all.join(' AND ');
  return unwanted.length === 0 ? wanted : `(${wanted}) NOT (${unwanted.join(' OR ')})`;
}

function readTerm(match: RegExpMatchArray, isField: (name: string) => boolean): Term | undefined {
  const [, minus, name, phrase, word] = match;
  const text = phrase ?? word ?? '';
  const prefix = match[5] === '*' || (word?.endsWith('*') ?? false);
  const excluded = minus !== undefined;
  if (name !== undefined && text.trim() !== '') {
    const filter = readFilter(name.toLowerCase(), text, prefix, isField);
    if (filter !== undefined) {
      return { excluded, quoted: true, expression: filter, runs: [] };
    }
  }
  const runs = segmentQuery(name === undefined ? text : `${name} ${text}`);
  if (runs.length === 0) {
    return undefined;
  }
  return { excluded, quoted: phrase !== undefined, expression: writePhrase(runs, prefix), runs };
}

function readFilter(
  name: string,
  text: string,
  prefix: boolean,
  isField: (name: string) => boolean,
): string | undefined {
  if (name === 'path') {
    const runs = segmentQuery(text);
    return runs.length === 0 ? undefined : `path : ${writePhrase(runs, true)}`;
  }
  if (name === 'tag' || name === 'tags') {
    return matchField(name, text.replace(/^#/, ''), prefix);
  }
  return isField(name) ? matchField(name, text, prefix) : undefined;
}

/** The FTS5 expression for notes whose property `name` is `value` (or, with `prefix`, starts with it). */
export function matchField(name: string, value: string, prefix: boolean): string {
  const text = prefix ? value.replace(/\*$/, '') : value;
  // Of front matter or of the text, in a list or on one line: tags are one property of a note.
  const property = name === 'tags' ? 'tag' : name;
  return `filters : "${filterWord(property, text)}"${prefix ? '*' : ''}`;
}

// The last run stands for any continuation, so its last character alone is left out; a single character has no
// pair and is looked for as the start of one.
function writePhrase(runs: QueryRun[], prefix: boolean): string {
  const last = runs.at(-1);
  const single = last?.isCjk === true && last.tokens.length === 1;
  const tokens = runs.flatMap((run, index) => {
    const isLast = index === runs.length - 1;
    return isLast && run.isCjk && !single ? run.tokens.slice(0, -1) : run.tokens;
  });
  return `"${tokens.join(' ')}"${prefix || single ? '*' : ''}`;
}

// One word or pair each: a particle after a Korean noun, or an English plural, must not hide a note.
function loosen(runs: QueryRun[]): string[] {
  return runs.flatMap((run) => {
    if (!run.isCjk) {
      return run.tokens.map((token) => (token.length < 4 ? `"${token}"` : `"${token.replace(/s$/i, '')}"*`));
    }
    return run.tokens.length === 1
      ? [writePhrase([run], false)]
      : run.tokens.slice(0, -1).map((token) => `"${token}"`);
  });
}

function readableWords(runs: QueryRun[]): string[] {
  return runs.map((run) =>
    run.isCjk ? run.tokens.map((token) => Array.from(token)[0]).join('') : run.tokens.join(''),
  );
}
