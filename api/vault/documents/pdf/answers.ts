// What is asked of the program that reads PDFs (program.ts), and what it answers.

export interface PdfOrder {
  /** The vault's real path, and that of the file. */
  root: string;
  path: string;
  /**
   * Of the processor, since on a busy machine this is the last to have its turn. What is read by then is given; what does
   * not come to the end of a page is given up after twice as long, or ten times by the clock.
   */
  longestMs: number;
}

/** `ended`: the program was gone before it answered, which says nothing of the file yet. */
export type PdfFailure = 'gone' | 'large' | 'password' | 'damaged' | 'memory' | 'time' | 'ended';

/** Characters: a book of a thousand pages. What is longer is cut. */
export const longestPdfText = 2_000_000;

export type PdfAnswer =
  | {
      kind: 'text';
      /** Each page begins with a line `[page 3]`. */
      text: string;
      pages: number;
      /** As many as there was time and room for. */
      readPages: number;
    }
  | { kind: 'failed'; why: PdfFailure };
