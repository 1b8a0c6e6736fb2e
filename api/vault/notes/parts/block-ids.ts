// The blocks of a note that Obsidian's `^id` names: a paragraph, list item, quote, table, code.

import { Pauses, type Steps } from '../../pace/steps.ts';
import { type Line, linesOutsideCode } from '../lines.ts';
import { foldName } from '../name.ts';
import { readTopBlocks } from './top-blocks.ts';

/** A place in UTF-16 units. */
interface Place {
  from: number;
  to: number;
}

export interface MarkedBlock extends Place {
  /** The mark itself with the spaces before it, or the line that it has for itself. */
  mark: Place;
  /** The mark stands behind the block, on a line of its own. */
  isBehind: boolean;
}

/** The marks that there are instead: the first of `count`. */
export interface OtherMarks {
  others: string[];
  count: number;
}

const mark = /(?:^|[ \t])\^([\p{L}\p{N}-]+)[ \t]*$/u;
export const listItem = /^[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;
const heading = /^ {0,3}#{1,6}(?:[ \t]|$)/;
const mostMarks = 100;

/** The block with the mark `^name`, its mark included. */
export function* findMarkedBlock(text: string, name: string): Steps<MarkedBlock | OtherMarks> {
  const pauses = new Pauses();
  const others: string[] = [];
  const paragraphs = new Paragraphs();
  let count = 0;
  const lines = linesOutsideCode(text, 0);
  for (const line of lines) {
    if (pauses.isDue(line.start)) {
      yield;
    }
    paragraphs.take(line);
    const found = findMark(line);
    if (found === undefined) {
      continue;
    }
    if (foldName(found.id) === foldName(name)) {
      return yield* describe(text, line, paragraphs.endAt(line, lines), found.at);
    }
    count += 1;
    if (count <= mostMarks) {
      others.push(`^${found.id}`);
    }
  }
  return { others, count };
}

function findMark({ text }: Line): { id: string; at: number } | undefined {
  const found = text.includes('^') ? mark.exec(text) : null;
  return found === null ? undefined : { id: found[1] ?? '', at: found.index };
}

function* describe(text: string, line: Line, place: Place, at: number): Steps<MarkedBlock> {
  const isBehind = line.text.trim().startsWith('^');
  if (!isBehind) {
    return { ...place, mark: { from: line.start + at, to: line.start + line.text.length }, isBehind };
  }
  const from = (yield* findBlockBefore(text, line.start)) ?? place.from;
  return { from, to: place.to, mark: { from: line.start, to: line.end }, isBehind };
}

/** Where the block at the top begins that a mark behind it names; undefined where the mark is a part of a larger block. */
function* findBlockBefore(text: string, markStart: number): Steps<number | undefined> {
  let last = { start: 0, end: -1 };
  yield* readTopBlocks(text.slice(0, markStart), 0, (block) => {
    last = block;
  });
  const isApart = last.end >= 0 && text.slice(last.end, markStart).includes('\n');
  return isApart ? last.start : undefined;
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
    if (this.#isAfterHeading || listItem.test(line.text)) {
      this.#first = line;
    }
    this.#first ??= line;
    this.#isAfterHeading = heading.test(line.text);
  }

  /** The block whose mark is on `last`; `after` are the lines that follow. */
  endAt(last: Line, after: Iterable<Line>): Place {
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
    if (line.text.trim() === '' || indentOf(line) <= indentOf(first)) {
      break;
    }
    end = line.end;
  }
  return end;
}

const indentOf = ({ text }: Line): number => text.length - text.trimStart().length;
