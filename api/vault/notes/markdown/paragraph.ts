// A paragraph while it is read, and the definitions that it may begin with (CommonMark, sections 4.7 and 4.8):
// `[label]: destination "title"`.
import { type Place, Places } from '../written/places.ts';
import { findTitleEnd, keyOfLabel, readDestination, readLabel, skipSpaces } from './link-parts.ts';

/** Where a link leads, by its label's key (keyOfLabel). The first of a label counts. */
export type Definitions = Map<string, string>;

/** A destination that a definition gives, as it stands in the source. */
export interface DefinedDestination {
  destination: string;
  place: Place;
}

/** A paragraph or a heading, read. */
export interface Block {
  /** Its lines, joined by `\n`. */
  text: string;
  /** Of a heading; 0 for a paragraph. */
  level: number;
  /** In no list and no quote. */
  isAtTop: boolean;
  /** Nothing but blank lines stands before it. */
  isFirst: boolean;
  /** Where its text stands in the note; known where `onDefined` is given. */
  places: Places | undefined;
}

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
  #places: Places | undefined;
  #length = 0;

  constructor(note: string, isFirst: boolean) {
    this.#note = note;
    this.isFirst = isFirst;
  }

  /** `start`: where the line stands in the note, if all of it is text; `places`: the same for whoever asks for it. */
  add(line: string, start: number | undefined, places: Places | undefined): void {
    if (places !== undefined) {
      this.#places ??= new Places();
      this.#places.addAll(places, this.#length);
      this.#length += line.length + 1;
    }
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

  /**
   * Its text without the definitions, which are put into `definitions`, and where it stands if that was told; it is empty
   * then.
   */
  takeText(
    definitions: Definitions,
    onDefined?: (defined: DefinedDestination) => void,
  ): { text: string; places: Places | undefined } {
    this.#endPiece();
    this.#endParts();
    const text = (this.#text ?? '').trimEnd();
    this.#text = undefined;
    const places = this.#places;
    if (!text.startsWith('[')) {
      return { text, places };
    }
    const start = takeDefinitions(text, definitions, ({ destination, from, to }) => {
      const place = places?.find(from, to);
      if (place !== undefined) {
        onDefined?.({ destination, place });
      }
    });
    return { text: text.slice(start), places: places?.after(start) };
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
function takeDefinitions(
  paragraph: string,
  definitions: Definitions,
  onDefinition: (definition: Definition) => void,
): number {
  let at = 0;
  for (
    let found = readDefinition(paragraph, at);
    found !== undefined;
    found = readDefinition(paragraph, at)
  ) {
    if (!definitions.has(found.key) && definitions.size < mostDefinitions) {
      definitions.set(found.key, found.destination);
    }
    onDefinition(found);
    at = found.end;
  }
  return at;
}

interface Definition {
  key: string;
  destination: string;
  /** Of the destination, as it is written. */
  from: number;
  to: number;
  end: number;
}

function readDefinition(text: string, at: number): Definition | undefined {
  const label = text.charAt(at) === '[' ? readLabel(text, at) : undefined;
  const key = label && keyOfLabel(label.value);
  // `[^1]:` is a footnote, whose text may hold links of its own.
  if (label === undefined || key === undefined || key.startsWith('^') || text.charAt(label.end) !== ':') {
    return undefined;
  }
  const start = skipSpaces(text, label.end + 1);
  const destination = start < text.length ? readDestination(text, start) : undefined;
  const end = destination === undefined || destination.end === start ? -1 : findEnd(text, destination.end);
  return destination === undefined || end < 0
    ? undefined
    : { key, destination: destination.value, from: start, to: destination.end, end };
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
