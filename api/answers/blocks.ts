// The block of a note that Obsidian's `^id` names: a paragraph, list item, quote or table.
import { type Line, linesOutsideCode } from '../vault/notes/lines.ts';
import { foldName } from '../vault/notes/name.ts';
import { MissingPart, type Stretch } from './missing-part.ts';
import { shortenTitle } from './size.ts';

const mark = /(?:^|[ \t])\^([\p{L}\p{N}-]+)[ \t]*$/u;
const listItem = /^[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;
const heading = /^ {0,3}#{1,6}(?:[ \t]|$)/;
const mostMarks = 100;

/** The block with the mark `^name`, its mark included. Throws MissingPart. */
export function findBlock(text: string, name: string): Stretch {
  const others: string[] = [];
  const paragraphs = new Paragraphs();
  let count = 0;
  const lines = linesOutsideCode(text, 0);
  for (const line of lines) {
    paragraphs.take(line);
    const found = line.text.includes('^') ? mark.exec(line.text)?.[1] : undefined;
    if (found === undefined) continue;
    if (foldName(found) === foldName(name)) return paragraphs.endAt(line, lines);
    count += 1;
    if (others.length < mostMarks) others.push(`^${found}`);
  }
  throw new MissingPart('block', `^${shortenTitle(name)}`, others, count);
}

/** Where the paragraph or list item that a line belongs to begins, line by line. */
class Paragraphs {
  #first: Line | undefined;
  /** Where the lines without a blank one between them begin, and those before the last blank one. */
  #run: Line | undefined;
  #runBefore: Line | undefined;
  #isAfterHeading = false;

  take(line: Line): void {
    if (line.text.trim() === '') {
      this.#runBefore = this.#run ?? this.#runBefore;
      this.#run = undefined;
      this.#first = undefined;
      return;
    }
    this.#run ??= line;
    if (this.#isAfterHeading || listItem.test(line.text)) this.#first = line;
    this.#first ??= line;
    this.#isAfterHeading = heading.test(line.text);
  }

  /** The block whose mark is on `last`; `after` are the lines that follow. */
  endAt(last: Line, after: Iterable<Line>): Stretch {
    // A mark on a line of its own stands behind what it names: a quote, a table, code.
    if (last.text.trim().startsWith('^')) {
      const first = this.#run === last ? (this.#runBefore ?? last) : (this.#run ?? last);
      return { from: first.start, to: last.end };
    }
    const first = this.#first ?? last;
    return { from: first.start, to: listItem.test(first.text) ? endOfItem(first, last, after) : last.end };
  }
}

/** What is indented below a list item is a part of it. */
function endOfItem(first: Line, last: Line, after: Iterable<Line>): number {
  let { end } = last;
  for (const line of after) {
    if (line.text.trim() === '' || indentOf(line) <= indentOf(first)) break;
    end = line.end;
  }
  return end;
}

const indentOf = ({ text }: Line): number => text.length - text.trimStart().length;
