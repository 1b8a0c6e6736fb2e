// The names of notes and files as links ask for them (naming/link-meaning.ts).
import type Database from 'better-sqlite3';
import type { FittingNote, LinkNames, UpwardRange } from '../naming/link-meaning.ts';
import { prepareStatements, type Statements } from './statements.ts';

// What fits a target is a range of `upward`, since '0' follows '/'.
const fits = 'upward >= :upward AND upward < :end';
const nearest = 'ORDER BY length(id), id';

const sql = {
  inVault: `SELECT id, upward = :upward AS isExact FROM notes WHERE ${fits} ORDER BY isExact DESC, length(id), id LIMIT 2`,
  inFolder: `SELECT id FROM notes WHERE folder = :folder AND ${fits} ${nearest} LIMIT 1`,
  otherFile: `SELECT path FROM entries WHERE ${fits} ORDER BY length(path), path LIMIT 1`,
  fitting: `SELECT id, upward = :upward AS isExact FROM notes WHERE ${fits} ORDER BY isExact DESC, length(id), id LIMIT :most`,
  otherFiles: `SELECT path FROM entries WHERE ${fits} ORDER BY length(path), path LIMIT :most`,
};

/** Namesakes: more than anybody has. */
const mostFitting = 10_000;

interface FittingRow {
  id: string;
  isExact: number;
}

/** As they are now. */
export class IndexNames implements LinkNames {
  readonly #statements: Statements<typeof sql>;

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database, sql);
  }

  inVault(range: UpwardRange): FittingNote[] {
    return (this.#statements.inVault.all(range) as FittingRow[]).map(toNote);
  }

  inFolder(folder: string, range: UpwardRange): string | undefined {
    return (this.#statements.inFolder.get({ folder, ...range }) as { id: string } | undefined)?.id;
  }

  otherFile(range: UpwardRange): string | undefined {
    return (this.#statements.otherFile.get(range) as { path: string } | undefined)?.path;
  }

  /** All that `inVault` gives the first of. */
  fitting(range: UpwardRange): FittingNote[] {
    return (this.#statements.fitting.all({ ...range, most: mostFitting }) as FittingRow[]).map(toNote);
  }

  /** All that `otherFile` gives the first of. */
  otherFiles(range: UpwardRange): string[] {
    return pathsOf(this.#statements.otherFiles.all({ ...range, most: mostFitting }));
  }
}

const toNote = ({ id, isExact }: FittingRow): FittingNote => ({ id, isExact: isExact === 1 });
const pathsOf = (rows: unknown[]): string[] => (rows as Array<{ path: string }>).map(({ path }) => path);
