// A search as planned: the notes that may answer, by the index's words, and their order, by what they are called and say.
import type Database from 'better-sqlite3';
import { rangeOf } from '../../naming/link-meaning.ts';
import { foldName } from '../../notes/name.ts';
import { Ranking } from '../../search/ranking.ts';
import { createSnippetMaker } from '../../search/snippet.ts';
import { describeCopy, type SearchOrder, type SearchResult } from '../answers.ts';
import { prepareStatements, type Statements } from '../statements.ts';
import { BestNotes, type RankedNote, weights } from '../weighing/best-notes.ts';
import { combine, joinWords, readAlternatives, type SearchPlan, SearchPlanner } from './plan.ts';
import { Vocabulary } from './vocabulary.ts';

/** More than any score. */
const stepDown = 10;
/** What is looked at closer than bm25 does, beyond the results that are asked for. */
const mostJudged = 8;
/** What is looked at for its name alone, beyond these: each takes a hundredth of the time of a search. */
const mostNamed = 4;
/** Of those, how many are judged by their text too, and characters of each. A text of no more bytes is short. */
const mostTextsJudged = 10;
const longestJudged = 16 * 1024;
/** Rows, up to which FTS5 has weighed its few matches before we have read how long the notes are. */
const fewRows = 4000;
/** UTF-16 units: where a snippet may come from. */
const longestShown = 256 * 1024;

// bm25() and not FTS5's column `rank`: that one prepares a statement of its own for each query and sorts every match,
// where SQLite keeps the best few. All in one statement, since each takes and gives back the lock of the file.
// Copies that a sync program made come last: they say what another note says better.
const isCopy = 'rowid IN (SELECT number FROM notes WHERE conflict_of IS NOT NULL)';
// Texts are taken as bytes: Node makes a string of UTF-8 in a third of the time that better-sqlite3 takes.
const columns = `n.id, n.title, n.modified_at, n.conflict_of, t.names, t.headings,
    CASE WHEN octet_length(t.text) <= ${longestJudged} THEN CAST(t.text AS BLOB) END AS short`;
// The limit is a sum, since SQLite (from 3.48 on) prepares a statement anew for each value that is bound to a bare LIMIT.
const find = (order: string): string => `SELECT f.number, f.rank, ${columns}
  FROM (SELECT rowid AS number, bm25(words, ${weights.join(', ')}) AS rank FROM words WHERE words MATCH ? ORDER BY ${order} LIMIT ? + 0) f
  JOIN notes n ON n.number = f.number JOIN texts t ON t.note = f.number`;

const sql = {
  find: find('rank'),
  findCopiesLast: find(`${isCopy}, rank`),
  named: `SELECT rowid AS number FROM words WHERE words MATCH ? ORDER BY bm25(words, ${weights.join(', ')}) LIMIT ? + 0`,
  row: `SELECT ${columns} FROM notes n JOIN texts t ON t.note = n.number WHERE n.number = ?`,
  called: 'SELECT number FROM notes WHERE upward >= ? AND upward < ? ORDER BY length(upward) LIMIT 4',
  copies: 'SELECT number FROM notes WHERE conflict_of IS NOT NULL',
  text: 'SELECT CAST(substr(text, 1, ?) AS BLOB) AS bytes FROM texts WHERE note = ?',
};

/** What is looked for, and the notes whose names have any of it (SearchPlan). */
interface Wanted {
  expression: string | undefined;
  named?: string | undefined;
  name?: string | undefined;
}

interface FoundRow extends RankedNote {
  id: string;
  title: string;
  modified_at: number;
  conflict_of: string | null;
  names: string;
  headings: string;
  /** The text in UTF-8, where it is short: most are. */
  short: Buffer | null;
}

interface Candidates {
  best: FoundRow[];
  /** The numbers of the best by their names alone. */
  others: number[];
}

interface RankedRow extends FoundRow {
  score: number;
  /** Only where it was judged, and all of it where it is short. */
  text?: string;
}

const numbersOf = (rows: unknown[]): number[] =>
  (rows as Array<{ number: number }>).map(({ number }) => number);

export class IndexSearch {
  readonly #statements: Statements<typeof sql>;
  readonly #vocabulary: Vocabulary;
  readonly #planner: SearchPlanner;
  readonly #best: BestNotes;
  /** Of one state of the index, whatever the other thread writes meanwhile. */
  readonly #inTransaction: (wanted: Wanted, limit: number, rows: number) => FoundRow[];

  constructor(database: Database.Database) {
    this.#best = new BestNotes(database);
    this.#inTransaction = database.transaction((wanted, limit, rows) => this.#find(wanted, limit, rows));
    this.#statements = prepareStatements(database, sql);
    this.#vocabulary = new Vocabulary(database);
    this.#planner = new SearchPlanner(database, this.#vocabulary);
  }

  /** `notes` is how many the index has. Undefined where there is nothing to look for. */
  plan(order: SearchOrder, notes: number): SearchPlan | undefined {
    return this.#planner.plan(order, notes);
  }

  run({ expressions, name, named, unnarrowed, wider, ranked, limit, rows }: SearchPlan): SearchResult[] {
    const ranking = new Ranking(ranked, name);
    const bounds = { limit, rows };
    const found = new Map<number, RankedRow>();
    for (const expression of expressions) {
      this.#add(found, { expression, named, name }, ranking, bounds);
    }
    if (found.size < limit) {
      this.#add(found, { expression: this.#widen(wider) }, ranking, bounds);
    }
    for (const expression of found.size === 0 ? unnarrowed : []) {
      this.#add(found, { expression }, ranking, bounds);
    }
    const cut = createSnippetMaker(ranked.flatMap(({ text, forms }) => [text, ...forms]));
    const page = [...found.values()].sort(copiesLast).slice(0, limit);
    return page.map((row) => this.#createResult(row, cut));
  }

  // Below what is there, unless there is enough.
  #add(
    found: Map<number, RankedRow>,
    wanted: Wanted,
    ranking: Ranking,
    { limit, rows: weighed }: Pick<SearchPlan, 'limit' | 'rows'>,
  ): void {
    const rows = found.size < limit ? this.#inTransaction(wanted, limit + mostJudged, weighed) : [];
    const above =
      Math.min(0, ...Array.from(found.values(), ({ score }) => score)) - (found.size > 0 ? stepDown : 0);
    for (const row of this.#rank(rows, ranking)) {
      if (!found.has(row.number)) {
        found.set(row.number, { ...row, score: row.score + above });
      }
    }
  }

  // Any of some frequent words is found by ourselves; what narrows, phrases, beginnings of words and what few have, by FTS5.
  #find({ expression, named, name }: Wanted, limit: number, rows: number): FoundRow[] {
    if (expression === undefined) {
      return [];
    }
    const words = rows > fewRows ? readAlternatives(expression) : undefined;
    const { best, others } =
      (words && this.#findAny(words, limit, named !== undefined)) ?? this.#findAll(expression, limit, named);
    if (best.length < limit) {
      return best;
    }
    // What is called so may be one of many that have the words, and a short one: it is no better than the last of these.
    const rank = best.reduce((worst, row) => Math.max(worst, row.rank), Number.NEGATIVE_INFINITY);
    const known = new Set(best.map(({ number }) => number));
    const called = name === undefined ? [] : this.#findCalled(name);
    const isNew = (number: number): boolean => !known.has(number);
    const further = new Set([...others.filter(isNew).slice(0, mostNamed), ...called.filter(isNew)]);
    return [...best, ...this.#readRows([...further].map((number) => ({ number, rank })))];
  }

  #findCalled(name: string): number[] {
    const { upward, end } = rangeOf(foldName(name.trim()));
    return numbersOf(this.#statements.called.all(upward, end));
  }

  #findAny(words: readonly string[], limit: number, withNamed: boolean): Candidates | undefined {
    const found = this.#best.find(words, limit, new Set(this.#listCopies()));
    return (
      found && {
        best: this.#readRows(found.best),
        others: withNamed ? found.named.map(({ number }) => number) : [],
      }
    );
  }

  #readRows(notes: readonly RankedNote[]): FoundRow[] {
    return notes.flatMap((note) => {
      const row = this.#statements.row.get(note.number) as Omit<FoundRow, keyof RankedNote> | undefined;
      return row === undefined ? [] : [Object.assign(row, note)];
    });
  }

  #findAll(expression: string, limit: number, named: string | undefined): Candidates {
    // To look at each match for whether it is one costs a fifth of the search, and most vaults have none.
    const statement = this.#statements[this.#listCopies().length > 0 ? 'findCopiesLast' : 'find'];
    const best = statement.all(expression, limit) as FoundRow[];
    const isCut = best.length === limit && named !== undefined;
    return { best, others: isCut ? numbersOf(this.#statements.named.all(named, limit)) : [] };
  }

  #listCopies(): number[] {
    return numbersOf(this.#statements.copies.all());
  }

  #rank(rows: FoundRow[], ranking: Ranking): RankedRow[] {
    // bm25 is negative, the better the smaller; nearly 0 where most notes have the word.
    const first = Math.min(-1e-9, ...rows.map(({ rank }) => rank));
    ranking.regard(rows.map(({ names }) => names));
    const byName = rows
      .map((row): RankedRow => {
        const fit = ranking.judgeNames(row.names, row.headings);
        return Object.assign(row, { score: row.rank / first + fit });
      })
      .sort(byScore);
    for (const row of byName.slice(0, mostTextsJudged)) {
      row.text = this.#readText(row, longestJudged);
      row.score += ranking.judgeText(`${row.names}\n${row.text}`);
    }
    return byName.sort(byScore);
  }

  #createResult(row: RankedRow, cut: (text: string) => string): SearchResult {
    const { id, title, modified_at, conflict_of, score } = row;
    const isWhole = (row.text?.length ?? longestJudged) < longestJudged;
    const text = isWhole ? (row.text ?? '') : this.#readText(row, longestShown);
    return { id, title, modifiedAt: modified_at, score, snippet: cut(text), ...describeCopy(conflict_of) };
  }

  /** The first so many characters. */
  #readText({ number, short }: FoundRow, most: number): string {
    const row = short === null ? this.#statements.text.get(most, number) : { bytes: short };
    return (row as { bytes: Buffer } | undefined)?.bytes.toString() ?? '';
  }

  /** Words that hold those of the query. */
  #widen({ words, ...narrowed }: SearchPlan['wider']): string | undefined {
    const longer = words.flatMap((text) => this.#vocabulary.findHolding(text).map(({ word }) => word));
    return longer.length === 0 ? undefined : combine(narrowed, joinWords(longer));
  }
}

const copiesLast = (one: FoundRow, other: FoundRow): number =>
  Number(one.conflict_of !== null) - Number(other.conflict_of !== null);

const byScore = (one: RankedRow, other: RankedRow): number => other.score - one.score;
