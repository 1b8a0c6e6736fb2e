// The texts of PDFs in the index, and which of them are still to be read. Kept, since reading one takes long.
import type Database from 'better-sqlite3';
import { createEmptyContent, type NoteContent } from '../../notes/content.ts';
import { folderOf } from '../../notes/name.ts';
import { computeWithin } from '../../pace/time-limit.ts';
import type { Vocabulary } from '../finding/vocabulary.ts';
import { prepareStatements, type Statements } from '../statements.ts';
import { createIndexWords } from '../words.ts';
import type { IndexedNote, IndexWriter } from '../writer.ts';

interface KeptPdf {
  number: number;
  id: string;
  /** What it is called: the end of its id, but for what tells it from a file of the same name (names/forms.ts). */
  title: string;
}

export interface WaitingPdf extends KeptPdf {
  revision: string;
  tries: number;
}

export interface PdfText {
  /** With a mark before each page; empty where it could not be read. */
  text: string;
  /** Sentences. */
  warnings: string[];
  isUnread: boolean;
}

const sql = {
  wait: 'INSERT OR REPLACE INTO pdfs VALUES (?, 0, NULL, NULL)',
  next: `SELECT p.note AS number, n.id, n.title, n.revision, p.tries FROM pdfs p JOIN notes n ON n.number = p.note
    WHERE p.text IS NULL AND n.kind = 'pdf' ORDER BY p.tries, p.note LIMIT 1`,
  count: 'UPDATE pdfs SET tries = tries + ? WHERE note = ?',
  kept: `SELECT p.text, p.warnings, n.unread FROM pdfs p JOIN notes n ON n.number = p.note
    WHERE p.note = ? AND n.revision = ? AND p.text IS NOT NULL`,
  isStill: 'SELECT 1 FROM notes WHERE number = ? AND id = ? AND revision = ?',
  setText: 'UPDATE pdfs SET text = ?, warnings = ? WHERE note = ?',
};

/** Its caller wraps what belongs together in one transaction. */
export class PdfTexts {
  readonly #statements: Statements<typeof sql>;
  readonly #writer: IndexWriter;
  readonly #vocabulary: Vocabulary;

  constructor(
    database: Database.Database,
    { writer, vocabulary }: { writer: IndexWriter; vocabulary: Vocabulary },
  ) {
    this.#statements = prepareStatements(database, sql);
    this.#writer = writer;
    this.#vocabulary = vocabulary;
  }

  /**
   * Writes a PDF that is new or changed, as IndexWriter.putNote does: known by its name until it is read. One that only
   * moved keeps its text.
   */
  put(known: number | undefined, id: string, file: IndexedNote, stamp: string): void {
    const kept = known === undefined ? undefined : this.#findKept(known, file.revision);
    const number = this.#writer.putNote(known, id, file, stamp);
    if (kept !== undefined && number === known) {
      this.setText({ number, id, title: file.said.content.title }, kept);
    } else {
      this.#statements.wait.run(number);
    }
  }

  /** The one that was tried the fewest times. */
  findWaiting(): WaitingPdf | undefined {
    return this.#statements.next.get() as WaitingPdf | undefined;
  }

  /** Counted before it is read, so that one that ends loop-api is not tried at each start. */
  countTry({ number }: WaitingPdf, change: 1 | -1): void {
    this.#statements.count.run(change, number);
  }

  /** False where it was changed, moved or removed meanwhile. */
  isStill({ number, id, revision }: WaitingPdf): boolean {
    return this.#statements.isStill.get(number, id, revision) !== undefined;
  }

  /** True where the words of so much text could not be made in time, or there is none: it is known by its name alone. */
  setText(pdf: KeptPdf, given: PdfText): boolean {
    const said = given.isUnread
      ? undefined
      : computeWithin(longestReadingMs, () => understand(pdf, given.text));
    const isSlow = said === undefined && !given.isUnread;
    const { text, warnings } = isSlow ? { text: '', warnings: [tooLong] } : given;
    this.#statements.setText.run(text, JSON.stringify(warnings), pdf.number);
    this.#writer.putText(pdf, said ?? understand(pdf, ''), said === undefined);
    this.#vocabulary.addNote(said === undefined ? [] : [said.words.body]);
    return said === undefined;
  }

  #findKept(number: number, revision: string): PdfText | undefined {
    const row = this.#statements.kept.get(number, revision) as
      | { text: string; warnings: string; unread: number }
      | undefined;
    return row && { text: row.text, warnings: JSON.parse(row.warnings), isUnread: row.unread === 1 };
  }
}

/** Of a text that has 2,000,000 characters at most. */
const longestReadingMs = 2000;
const tooLong = 'Reading the file took too long, so its text is not shown.';

// The marks of pages are in every PDF: nothing is found by them.
function understand({ id, title }: KeptPdf, text: string): IndexedNote['said'] {
  const folder = folderOf(id);
  const named = folder === '' ? title : `${folder}/${title}`;
  const plain = text.replace(/^\[page \d{1,9}\]\n/gm, '');
  const content: NoteContent = { ...createEmptyContent(named, ''), text: plain, warnings: [] };
  return { content, words: createIndexWords(named, content) };
}
