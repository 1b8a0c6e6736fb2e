// What a search will cost and look for, before it is made: the words of a query in the forms that the vault has, and of
// these the ones that say most. Words that nearly every note has are left to the order of what the rarer ones find.
import type Database from 'better-sqlite3';
import { type Expression, parseSearchQuery, type QueryWord, type SearchQuery } from '../../search/query.ts';
import type { RankedWord } from '../../search/ranking.ts';
import type { SearchOrder } from '../answers.ts';
import { prepareStatements, type Statements } from '../statements.ts';
import { type CountedWord, frequentPair, type Vocabulary } from './vocabulary.ts';

const sql = { field: 'SELECT 1 FROM fields WHERE name = ?' };

/** What a search will do, in the thread that has the time for it. */
export interface SearchPlan {
  /** FTS5, tried one after the other until there is a page of results: what a later one finds is lower down. */
  expressions: string[];
  /** Those of the notes that have any of several words in their names: one word weighs most there anyway. */
  named: string | undefined;
  /** The query as it was written, which may be the name of a note, where nothing narrows it. */
  name: string | undefined;
  /** Tried where nothing is left, without what must not match. */
  unnarrowed: string[];
  /** What longer words are looked up for where there are few results, lower down, and what narrows these. */
  wider: { words: string[] } & Pick<SearchQuery, 'required' | 'unwanted'>;
  ranked: RankedWord[];
  limit: number;
  /** About how many rows of the index it goes through. */
  rows: number;
}

interface WordGroup {
  terms: string[];
  ranked: RankedWord;
  rows: number;
}

/** Rows that bm25 may weigh, of an index of so many notes: some 5 ms at 10,000 notes, some 30 at 100,000. */
const mostRows = (notes: number): number => Math.max(4000, 2000 + 0.35 * notes);
/** Words of one query that are looked for under other spellings: each goes through many words of the vault. */
const mostMisspelt = 3;
/** Of the words and their forms, any of which will do. */
const mostTerms = 96;

export class SearchPlanner {
  readonly #statements: Statements<typeof sql>;
  readonly #vocabulary: Vocabulary;
  readonly #isField = (name: string): boolean => this.#statements.field.get(name) !== undefined;

  constructor(database: Database.Database, vocabulary: Vocabulary) {
    this.#statements = prepareStatements(database, sql);
    this.#vocabulary = vocabulary;
  }

  /** `notes` is how many the index has. Undefined where there is nothing to look for. */
  plan({ query, limit }: SearchOrder, notes: number): SearchPlan | undefined {
    const parsed = parseSearchQuery(query, this.#isField);
    if (parsed === undefined) {
      return undefined;
    }
    const groups = this.#createGroups(parsed.words, notes);
    const fixed = [...parsed.required, ...parsed.unwanted].reduce((sum, { weight }) => sum + weight, 0);
    const choice = chooseWords(groups, parsed.compounds, notes);
    return {
      expressions: choice.any.map((any) => combine(parsed, any)),
      name: parsed.required.length + parsed.unwanted.length > 0 ? undefined : query,
      named:
        groups.length < 2 || choice.any.includes('')
          ? undefined
          : combine(parsed, `{title aliases} : ${choice.any.at(-1)}`),
      unnarrowed:
        parsed.unwanted.length === 0
          ? []
          : choice.any.map((any) => combine({ ...parsed, unwanted: [] }, any)),
      wider: {
        words: parsed.words.flatMap(({ text, terms }) => (terms.length === 0 ? [text] : [])),
        required: parsed.required,
        unwanted: parsed.unwanted,
      },
      ranked: [
        ...groups.map(({ ranked }) => ranked),
        ...parsed.phrased.map((word) => ({ ...word, forms: [word.text] })),
      ],
      limit,
      rows: choice.rows + fixed * notes,
    };
  }

  /** The rarest first. */
  #createGroups(words: readonly QueryWord[], notes: number): WordGroup[] {
    let misspelt = 0;
    const groups = words.map((word) => {
      if (word.terms.length > 0) {
        return this.#createGivenGroup(word, notes);
      }
      const group = this.#lookUp(word, misspelt < mostMisspelt);
      misspelt += group.isKnown ? 0 : 1;
      return group;
    });
    return groups.sort((one, other) => frequencyOf(one) - frequencyOf(other));
  }

  #createGivenGroup({ text, isCjk, terms }: QueryWord, notes: number): WordGroup {
    const rowsOf = (term: Expression): number =>
      term.weight > 1
        ? term.weight * notes
        : (this.#vocabulary.countNotes(term.text.slice(1, -1)) ?? frequentPair);
    return {
      terms: terms.map((term) => term.text),
      ranked: { text, isCjk, forms: [text] },
      rows: terms.reduce((sum, term) => sum + Math.min(notes * term.weight, rowsOf(term)), 0),
    };
  }

  // A word that no note has as it stands may be a part of a longer one, or misspelt.
  #findOther(text: string, mayBeMisspelt: boolean): CountedWord[] {
    const holding = this.#vocabulary.findHolding(text);
    return holding.length > 0 || !mayBeMisspelt ? holding : this.#vocabulary.findNear(text);
  }

  #lookUp({ text, isCjk }: QueryWord, mayBeMisspelt: boolean): WordGroup & { isKnown: boolean } {
    const known = this.#vocabulary.findForms(text);
    const isKnown = known.length > 0;
    const forms = isKnown ? known : this.#findOther(text, mayBeMisspelt);
    const all = [...new Set([text, ...forms.map(({ word }) => word)])];
    return {
      // Until its words are counted an index knows none.
      terms: [...all.map(quote), ...(forms.length === 0 && text.length > 3 ? [`${quote(text)}*`] : [])],
      ranked: { text, isCjk, forms: all },
      rows: forms.reduce((sum, { notes }) => sum + notes, forms.length < all.length ? 1 : 0),
      isKnown,
    };
  }
}

/** How many notes have a word: a longer one of Korean, Japanese or Chinese is not the more frequent for having more pairs. */
const frequencyOf = ({ rows, terms, ranked }: WordGroup): number =>
  ranked.isCjk ? rows / terms.length : rows;

const quote = (word: string): string => `"${word.replaceAll('"', ' ')}"`;

const join = (expressions: readonly string[], operator: 'AND' | 'OR'): string =>
  expressions.length === 1 ? (expressions[0] ?? '') : `(${expressions.join(` ${operator} `)})`;

/** Any of the words, as many as one expression may have. */
export function joinWords(words: readonly string[]): string {
  return join(words.slice(0, mostTerms).map(quote), 'OR');
}

// What FTS5 keeps as it stands here: nothing that it would split, or put into another form.
const plainTerm = /^"(?:[a-z0-9]+|[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]+)"$/;

/** The words, where an expression is any of some words and nothing else. */
export function readAlternatives(expression: string): string[] | undefined {
  const isList = expression.startsWith('(') && expression.endsWith(')');
  const terms = (isList ? expression.slice(1, -1) : expression).split(' OR ');
  return terms.every((term) => plainTerm.test(term)) ? terms.map((term) => term.slice(1, -1)) : undefined;
}

/**
 * The rarest words, as many as may be gone through: any will do. Where even the rarest is frequent, the two rarest
 * together come first.
 */
function chooseWords(
  groups: readonly WordGroup[],
  compounds: readonly Expression[],
  notes: number,
): { any: string[]; rows: number } {
  const [first, second] = groups;
  if (first === undefined) {
    return { any: [''], rows: 0 };
  }
  let rows = 0;
  const chosen = groups.filter((group, index) => {
    rows += group.rows;
    return index === 0 || rows <= mostRows(notes);
  });
  const terms = new Set([...chosen.flatMap((group) => group.terms), ...compounds.map(({ text }) => text)]);
  const any = join([...terms].slice(0, mostTerms), 'OR');
  const both = second === undefined || chosen.length > 1 ? [] : [join([first, second].map(termsOf), 'AND')];
  return { any: [...both, any], rows: chosen.reduce((sum, group) => sum + group.rows, 0) };
}

const termsOf = ({ terms }: WordGroup): string => join(terms, 'OR');

/** With what must match, and without what must not. */
export function combine(
  { required, unwanted }: Pick<SearchQuery, 'required' | 'unwanted'>,
  any: string,
): string {
  const wanted = join([...required.map(({ text }) => text), ...(any === '' ? [] : [any])], 'AND');
  const not = unwanted.map(({ text }) => text);
  return not.length === 0 ? wanted : `(${wanted}) NOT ${join(not, 'OR')}`;
}
