// A paragraph while it is read, and the definitions that it may begin with (CommonMark, sections 4.7 and 4.8):
// `[label]: destination "title"`.
import { findTitleEnd, keyOfLabel, readDestination, readLabel, skipSpaces } from './link-parts.ts';

/** Where a link leads, by its label's key (keyOfLabel). The first of a label counts. */
export type Definitions = Map<string, string>;

const mostParts = 500;

/** Lines that follow each other in the note are kept as one piece of it: some 400,000 of them took 30 MB. */
export class Paragraph {
  readonly kind = 'paragraph';
  /** Nothing but blank lines stands before it. */
  readonly isFirst: boolean;
  readonly #note: string;
  #text: string | undefined;
  /** Some lines that are to come to the text together: one by one they took more room than all of the note. */
  #parts: string[] = [];
  /** Of the note, what is not among the parts yet. */
  #piece: { start: number; end: number } | undefined;

  constructor(note: string, isFirst: boolean) {
    this.#note = note;
    this.isFirst = isFirst;
  }

  /** `start`: where the line stands in the note, if all of it is text. */
  add(line: string, start?: number): void {
    const piece = this.#piece;
    if (piece !== undefined && start !== undefined && this.#isNext(piece.end, start)) {
      piece.end = start + line.length;
      return;
    }
    this.#endPiece();
    if (start === undefined) {
      this.#addPart(line);
    } else {
      this.#piece = { start, end: start + line.length };
    }
  }

  /** Its text without the definitions, which are put into `definitions`; it is empty then. */
  takeText(definitions: Definitions): string {
    this.#endPiece();
    this.#endParts();
    const text = (this.#text ?? '').trimEnd();
    this.#text = undefined;
    return text.startsWith('[') ? text.slice(takeDefinitions(text, definitions)) : text;
  }

  #isNext(end: number, start: number): boolean {
    return start === end + 1 || (start === end + 2 && this.#note.charAt(end) === '\r');
  }

  #endPiece(): void {
    if (this.#piece !== undefined) {
      const text = this.#note.slice(this.#piece.start, this.#piece.end);
      this.#addPart(text.includes('\r') ? text.replaceAll('\r\n', '\n') : text);
      this.#piece = undefined;
    }
  }

  #addPart(text: string): void {
    this.#parts.push(text);
    if (this.#parts.length === mostParts) {
      this.#endParts();
    }
  }

  #endParts(): void {
    const text = this.#parts.join('\n');
    if (this.#parts.length > 0) {
      this.#text = this.#text === undefined ? text : `${this.#text}\n${text}`;
      this.#parts = [];
    }
  }
}

const mostDefinitions = 20_000;
const restOfLine = /[ \t]*(?:\n|$)/y;

/** Takes the definitions at the beginning of a paragraph; where its text starts after them. */
function takeDefinitions(paragraph: string, definitions: Definitions): number {
  let at = 0;
  for (
    let found = readDefinition(paragraph, at);
    found !== undefined;
    found = readDefinition(paragraph, at)
  ) {
    if (!definitions.has(found.key) && definitions.size < mostDefinitions) {
      definitions.set(found.key, found.destination);
    }
    at = found.end;
  }
  return at;
}

function readDefinition(
  text: string,
  at: number,
): { key: string; destination: string; end: number } | undefined {
  const label = text.charAt(at) === '[' ? readLabel(text, at) : undefined;
  const key = label && keyOfLabel(label.value);
  // `[^1]:` is a footnote, whose text may hold links of its own.
  if (label === undefined || key === undefined || key.startsWith('^') || text.charAt(label.end) !== ':') {
    return undefined;
  }
  const start = skipSpaces(text, label.end + 1);
  const destination = start < text.length ? readDestination(text, start) : undefined;
  const end = destination === undefined || destination.end === start ? -1 : findEnd(text, destination.end);
  return destination === undefined || end < 0 ? undefined : { key, destination: destination.value, end };
}

// A title has the rest of its line for itself; on a line of its own it may also turn out to be no title.
function findEnd(text: string, destination: number): number {
  const start = skipSpaces(text, destination);
  const title = start > destination ? findTitleEnd(text, start) : -1;
  const end = title < 0 ? -1 : endOfLine(text, title);
  return end < 0 ? endOfLine(text, destination) : end;
}

function endOfLine(text: string, at: number): number {
  restOfLine.lastIndex = at;
  return restOfLine.test(text) ? restOfLine.lastIndex : -1;
}
