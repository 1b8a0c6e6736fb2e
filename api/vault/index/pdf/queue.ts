// Reads the PDFs that wait in the index, one after the other, while nothing else is to be done.
import { longestPdfText, type PdfAnswer, type PdfFailure } from '../../documents/pdf/answers.ts';
import { PdfReader } from '../../documents/pdf/reader.ts';
import { findFilePlace } from '../../notes/path.ts';
import type { PdfText, PdfTexts, WaitingPdf } from './texts.ts';

export interface PdfQueueOptions {
  /** The vault's real path. */
  root: string;
  texts: PdfTexts;
  inTransaction: (work: () => void) => void;
  /** One more can't be read. */
  onUnread: () => void;
}

/** Of a file, after which it is taken to be what ends the program that reads it. */
const mostTries = 3;
/** After the program was ended from outside: there may be no memory for it just now. */
const restMs = 30_000;

export class PdfQueue {
  readonly #options: PdfQueueOptions;
  readonly #reader = new PdfReader();
  #running: Promise<void> | undefined;
  #isHeld = false;
  #isClosed = false;
  #restUntil = 0;

  constructor(options: PdfQueueOptions) {
    this.#options = options;
  }

  /** Goes on with what waits; does nothing where it is at it. */
  start(): void {
    this.#isHeld = false;
    if (this.#mayGoOn()) {
      this.#running ??= this.#readAll().finally(() => {
        this.#running = undefined;
      });
    }
  }

  #mayGoOn(): boolean {
    return !this.#isHeld && !this.#isClosed && performance.now() >= this.#restUntil;
  }

  /** Begins with no further one. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#reader.end();
    await this.#running;
  }

  async #readAll(): Promise<void> {
    const { texts } = this.#options;
    const left = new Set<number>();
    let next = texts.findWaiting();
    // The least tried first: when it was left in this round, so were all.
    while (next !== undefined && !left.has(next.number)) {
      const isDone = await this.#read(next);
      if (!isDone) {
        left.add(next.number);
      }
      next = this.#mayGoOn() ? texts.findWaiting() : undefined;
    }
    this.#reader.end();
  }

  /** False where it still waits. */
  async #read(pdf: WaitingPdf): Promise<boolean> {
    const { root, texts, inTransaction, onUnread } = this.#options;
    texts.countTry(pdf, 1);
    const path = (await findFilePlace(root, pdf.id))?.target;
    const answer: PdfAnswer =
      path === undefined ? { kind: 'failed', why: 'gone' } : await this.#reader.read({ root, path });
    if (this.#isClosed) {
      texts.countTry(pdf, -1);
      return false;
    }
    const text = this.#judge(answer, pdf.tries);
    if (text === undefined) {
      return false;
    }
    let isUnread = false;
    inTransaction(() => {
      if (texts.isStill(pdf)) {
        isUnread = texts.setText(pdf, text);
      }
    });
    if (isUnread) {
      onUnread();
    }
    return true;
  }

  // A file that is gone is forgotten when its folder is looked at, if it is not only away.
  #judge(answer: PdfAnswer, tries: number): PdfText | undefined {
    if (answer.kind === 'text') {
      return describe(answer);
    }
    const { why } = answer;
    if (why === 'ended') {
      this.#restUntil = performance.now() + restMs;
    }
    const isLeft = why === 'gone' || (why === 'ended' && tries + 1 < mostTries);
    return isLeft ? undefined : { text: '', warnings: [reasons[why]], isUnread: true };
  }
}

const reasons: Record<PdfFailure, string> = {
  gone: 'The PDF is not there.',
  large: 'The PDF is larger than 256 MB, so its text is not read.',
  password: 'The PDF is locked with a password, so its text can not be read.',
  damaged: 'The PDF is damaged, or is none, so its text can not be read.',
  memory: 'The PDF takes too much memory to be read, so its text is not shown.',
  time: 'The PDF takes too long to be read, so its text is not shown.',
  ended: 'The PDF could not be read in several tries, so its text is not shown.',
};

function describe({ text, pages, readPages }: Extract<PdfAnswer, { kind: 'text' }>): PdfText {
  const isEmpty = !/^(?!\[page \d{1,9}\]$).*\S/m.test(text);
  // Each page has its mark as well.
  const isCut = readPages === pages && text.length >= longestPdfText;
  const warnings = [
    ...(isCut ? [`Only the first ${longestPdfText} characters are given.`] : []),
    ...(readPages < pages ? [`Only the first ${readPages} of ${pages} pages were read.`] : []),
    ...(isEmpty ? ['The PDF has no text: its pages may be images.'] : []),
  ];
  return { text: isEmpty ? '' : text, warnings, isUnread: false };
}
