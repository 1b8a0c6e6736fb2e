// Text put between two parts of a note so that it is a block of its own there, and what was there stays what it was: no
// paragraph, list, quote, code or table goes on with it (CommonMark, section 5.1; GFM, section 4.10).
// The room: changes to a note as text, text in and text out. Not files: ../writer.ts.
import { EditRefused } from '../../errors.ts';
import { findTable, isRowOf } from '../../notes/markdown/tables.ts';
import {
  findFirstBlock,
  findLastBlock,
  findUnclosed,
  readTopBlocks,
  type TopBlock,
} from '../../notes/parts/top-blocks.ts';
import type { Steps } from '../../pace/steps.ts';
import { endOfBlankLines, type LineEnding, lineEndingOf, withLineEnding } from './line-endings.ts';
import { areSameButForSpaces } from './spaceless.ts';

/** Where text goes; the parts together are the note. `after` starts at the start of a line. */
export interface Gap {
  /** The front matter. */
  head: string;
  before: string;
  after: string;
}

/** What Markdown itself says that one puts between blocks which a blank line doesn't keep apart. */
const nothing = '<!-- -->';

/**
 * The note with `text` in the gap, on lines of its own: after a blank line, unless both sides are items of one list, or rows
 * of one table. What the part before leaves open is closed. Throws EditRefused where that can't be.
 */
export function* standAlone(note: string, { head, before, after }: Gap, text: string): Steps<string> {
  const ending = yield* lineEndingOf(note);
  const content = withoutLastEnding(yield* withLineEnding(text, ending), ending);
  const isLast = after.trim() === '';
  if (content.trim() === '') {
    return head + compose(note, { before, content, after }, ending);
  }
  const closing = (yield* findUnclosed(before))?.closing;
  const closed = before + endOfLine(head + before, ending) + (closing === undefined ? '' : closing + ending);
  const ownClosing = isLast ? undefined : (yield* findUnclosed(content))?.closing;
  const own = ownClosing === undefined ? content : content + ending + ownClosing;
  const joined = closing === undefined ? yield* join(closed, own) : undefined;
  const apart =
    (joined && (yield* findApart({ ...joined, after: joined.after + after, isJoined: true }, ending))) ??
    (yield* findApart({ before: closed, content: own, after, isJoined: false }, ending));
  if (apart === undefined) {
    throw new EditRefused(
      'The text would become a part of what stands beside it here, or the other way round: add it at another place, or replace the section.',
    );
  }
  return head + compose(note, apart, ending);
}

interface Parts {
  before: string;
  content: string;
  after: string;
}

function compose(note: string, { before, content, after }: Parts, ending: LineEnding): string {
  const closing = after !== '' || note.endsWith('\n') || /^\ufeff?$/.test(note) ? ending : '';
  return before + endOfLine(before, ending) + content + closing + after;
}

const endOfLine = (text: string, ending: string): string => (/^\ufeff?$|\n$/.test(text) ? '' : ending);

const withoutLastEnding = (text: string, ending: string): string =>
  text.endsWith(ending) ? text.slice(0, -ending.length) : text;

/** Where the text goes on with the list or table before it: directly after that, and before blank lines. */
function* join(before: string, content: string): Steps<Parts | undefined> {
  const last = yield* findLastBlock(before);
  const first = yield* findFirstBlock(content);
  if (last === undefined || first === undefined) {
    return undefined;
  }
  const lastText = before.slice(last.start, last.end);
  const goesOn =
    (yield* isOneList({ last, lastText, first, content })) || isOneTable({ last, lastText, first, content });
  return goesOn
    ? {
        before: before.slice(0, last.end),
        content: content.slice(first.start),
        after: before.slice(last.end),
      }
    : undefined;
}

interface Meeting {
  last: TopBlock;
  lastText: string;
  first: TopBlock;
  content: string;
}

const item = /^[ \t]*(?:[-+*]|\d{1,9}[.)])(?:[ \t]|\r?$)/m;

/** Items of the same list, or of one inside of it. */
function* isOneList({ last, lastText, first, content }: Meeting): Steps<boolean> {
  const firstText = content.slice(first.start, first.end);
  // Indented by four columns, an item is code when it stands by itself.
  const isItem = first.kind === 'list' || (first.kind === 'code' && item.exec(firstText)?.index === 0);
  if (last.kind !== 'list' || !isItem) {
    return false;
  }
  const together = lastText + firstText;
  const one = yield* findFirstBlock(together);
  return one?.start === (yield* findLastBlock(together))?.start;
}

function isOneTable({ last, lastText, first, content }: Meeting): boolean {
  if (last.kind !== 'paragraph' || first.kind !== 'paragraph') {
    return false;
  }
  const rows = content.slice(first.start, first.end).trimEnd().split(/\r?\n/);
  const table = findTable(lastText.replaceAll('\r\n', '\n').trimEnd());
  return (
    table !== undefined &&
    findTable(rows.join('\n')) === undefined &&
    rows.every((row) => isRowOf(table, row))
  );
}

/** The parts with what has to stand between them, so that each block is what it was; undefined where nothing helps. */
function* findApart(
  { before, content, after, isJoined }: Joining,
  ending: LineEnding,
): Steps<Parts | undefined> {
  const last = yield* findLastBlock(before);
  const tail = before.slice(last?.start ?? before.length);
  const isNextJoined = yield* isJoinedAfter(content, after);
  const openings = listOpenings({ before, content, last, isJoined }, ending);
  const closings = yield* listClosings(after, isNextJoined, ending);
  const ways = openings.flatMap((opening) => closings.map((closing) => ({ opening, closing })));
  const parts = { before: tail, content, after, isJoined, isNextJoined, ending };
  // A stray `%%` finds its other half in what is added: to CommonMark both are text.
  const way =
    (yield* findWay(ways, parts, describe)) ??
    (yield* findWay(ways, parts, (text) => describe(text.replaceAll('%%', 'xx'))));
  if (way === undefined) {
    return undefined;
  }
  const added = way.closing === '' ? '' : ending + withoutLastEnding(way.closing, ending);
  return { before: before + way.opening, content: content + added, after };
}

interface Joining extends Parts {
  /** The text goes on with what is before it. */
  isJoined: boolean;
}

interface Way {
  opening: string;
  closing: string;
}

/** The first with which each block is what it is by itself. */
function* findWay(
  ways: readonly Way[],
  {
    before,
    content,
    after,
    isJoined,
    isNextJoined,
    ending,
  }: Joining & { isNextJoined: boolean; ending: string },
  read: (text: string) => Steps<Shape[]>,
): Steps<Way | undefined> {
  const expected = putTogether([
    { blocks: yield* read(before), isJoined: false },
    { blocks: yield* read(content), isJoined },
    { blocks: yield* read(after), isJoined: isNextJoined },
  ]).filter(isSomething);
  for (const way of ways) {
    const { opening, closing } = way;
    const shapes = yield* read(`${before}${opening}${content}${ending}${closing}${after}`);
    if (yield* areSame(shapes.filter(isSomething), expected)) {
      return way;
    }
  }
  return undefined;
}

function* areSame(some: readonly Shape[], others: readonly Shape[]): Steps<boolean> {
  if (some.length !== others.length) {
    return false;
  }
  for (const [index, { kind, pieces }] of some.entries()) {
    const other = others[index];
    if (kind !== other?.kind || !(yield* areSameButForSpaces(pieces, other.pieces))) {
      return false;
    }
    if (index % shapesAtOnce === 0) {
      yield;
    }
  }
  return true;
}

const shapesAtOnce = 100;

const isSomething = ({ pieces: [piece = '', ...others] }: Shape): boolean =>
  others.length > 0 || piece.trim() !== nothing;

function listOpenings(
  {
    before,
    content,
    last,
    isJoined,
  }: { before: string; content: string; last: TopBlock | undefined; isJoined: boolean },
  ending: string,
): string[] {
  if (isJoined || last === undefined) {
    return [''];
  }
  const isApart = last.kind === 'heading' || last.end < before.length || endOfBlankLines(content) > 0;
  const blank = isApart ? '' : ending;
  return [blank, `${blank}${nothing}${ending}${ending}`];
}

function* listClosings(after: string, isJoined: boolean, ending: string): Steps<string[]> {
  if (isJoined || after.trim() === '') {
    return [''];
  }
  const apart = [ending, `${ending}${nothing}${ending}${ending}`];
  const first = yield* findFirstBlock(after);
  return first?.kind === 'heading' || first?.start !== 0 ? ['', ...apart] : apart;
}

/** Whether the text ends with items of the list that what follows it begins with. */
function* isJoinedAfter(content: string, after: string): Steps<boolean> {
  const last = yield* findLastBlock(content);
  const first = yield* findFirstBlock(after);
  return last?.kind === 'list' && first?.kind === 'list' && last.mark === first.mark;
}

/** A block as it is told from others: where it begins and ends, whatever the spaces in it. */
interface Shape {
  kind: string;
  pieces: string[];
}

function* describe(text: string): Steps<Shape[]> {
  const shapes: Shape[] = [];
  yield* readTopBlocks(text, 0, ({ kind, mark, start, end }) => {
    shapes.push({ kind: kind + mark, pieces: [text.slice(start, end)] });
  });
  return shapes;
}

/** Blocks in a row, those that go on with the one before put together with it. */
function putTogether(parts: ReadonlyArray<{ blocks: Shape[]; isJoined: boolean }>): Shape[] {
  const all: Shape[] = [];
  for (const { blocks, isJoined } of parts) {
    for (const [index, block] of blocks.entries()) {
      const last = isJoined && index === 0 ? all.pop() : undefined;
      all.push(last === undefined ? block : { kind: last.kind, pieces: [...last.pieces, ...block.pieces] });
    }
  }
  return all;
}
