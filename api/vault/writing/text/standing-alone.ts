// Text put between two parts of a note so that it is a block of its own there, and what was there stays what it was: no
// paragraph, list, quote, code or table goes on with it (CommonMark, section 5.1; GFM, section 4.10).
// The room: changes to a note as text, text in and text out. Not files: ../writer.ts.
import { isDeepStrictEqual } from 'node:util';
import { EditRefused } from '../../errors.ts';
import { findTable, isRowOf } from '../../notes/markdown/tables.ts';
import { findUnclosed, listTopBlocks, type TopBlock } from '../../notes/parts/top-blocks.ts';
import { endOfBlankLines, type LineEnding, lineEndingOf, withLineEnding } from './line-endings.ts';

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
export function standAlone(note: string, { head, before, after }: Gap, text: string): string {
  const ending = lineEndingOf(note);
  const content = withoutLastEnding(withLineEnding(text, ending), ending);
  const isLast = after.trim() === '';
  if (content.trim() === '') {
    return head + compose(note, { before, content, after }, ending);
  }
  const closing = findUnclosed(before)?.closing;
  const closed = before + endOfLine(head + before, ending) + (closing === undefined ? '' : closing + ending);
  const ownClosing = isLast ? undefined : findUnclosed(content)?.closing;
  const own = ownClosing === undefined ? content : content + ending + ownClosing;
  const joined = closing === undefined ? join(closed, own) : undefined;
  const apart =
    (joined && findApart({ ...joined, after: joined.after + after, isJoined: true }, ending)) ??
    findApart({ before: closed, content: own, after, isJoined: false }, ending);
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
function join(before: string, content: string): Parts | undefined {
  const last = listTopBlocks(before).at(-1);
  const [first] = listTopBlocks(content);
  if (last === undefined || first === undefined) {
    return undefined;
  }
  const lastText = before.slice(last.start, last.end);
  const goesOn =
    isOneList({ last, lastText, first, content }) || isOneTable({ last, lastText, first, content });
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
function isOneList({ last, lastText, first, content }: Meeting): boolean {
  const firstText = content.slice(first.start, first.end);
  // Indented by four columns, an item is code when it stands by itself.
  const isItem = first.kind === 'list' || (first.kind === 'code' && item.exec(firstText)?.index === 0);
  if (last.kind !== 'list' || !isItem) {
    return false;
  }
  const [, next] = listTopBlocks(lastText + firstText);
  return next === undefined;
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
function findApart(
  { before, content, after, isJoined }: Parts & { isJoined: boolean },
  ending: LineEnding,
): Parts | undefined {
  const last = listTopBlocks(before).at(-1);
  const tail = before.slice(last?.start ?? before.length);
  const isNextJoined = isJoinedAfter(content, after);
  const openings = listOpenings({ before, content, last, isJoined }, ending);
  const ways = openings.flatMap((opening) =>
    listClosings(after, isNextJoined, ending).map((closing) => ({ opening, closing })),
  );
  const isApart = (
    read: (text: string) => Shape[],
  ): ((way: { opening: string; closing: string }) => boolean) => {
    const expected = putTogether([
      { blocks: read(tail), isJoined: false },
      { blocks: read(content), isJoined },
      { blocks: read(after), isJoined: isNextJoined },
    ]).filter(isSomething);
    return ({ opening, closing }) =>
      isDeepStrictEqual(
        read(`${tail}${opening}${content}${ending}${closing}${after}`).filter(isSomething),
        expected,
      );
  };
  // A stray `%%` finds its other half in what is added: to CommonMark both are text.
  const way =
    ways.find(isApart(describe)) ?? ways.find(isApart((text) => describe(text.replaceAll('%%', 'xx'))));
  if (way === undefined) {
    return undefined;
  }
  const added = way.closing === '' ? '' : ending + withoutLastEnding(way.closing, ending);
  return { before: before + way.opening, content: content + added, after };
}

const isSomething = ({ text }: Shape): boolean => text !== nothing;

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

function listClosings(after: string, isJoined: boolean, ending: string): string[] {
  if (isJoined || after.trim() === '') {
    return [''];
  }
  const apart = [ending, `${ending}${nothing}${ending}${ending}`];
  const [first] = listTopBlocks(after);
  return first?.kind === 'heading' || first?.start !== 0 ? ['', ...apart] : apart;
}

/** Whether the text ends with items of the list that what follows it begins with. */
function isJoinedAfter(content: string, after: string): boolean {
  const last = listTopBlocks(content).at(-1);
  const [first] = listTopBlocks(after);
  return last?.kind === 'list' && first?.kind === 'list' && last.mark === first.mark;
}

/** A block as it is told from others: where it begins and ends, whatever the spaces in it. */
interface Shape {
  kind: string;
  text: string;
}

const describe = (text: string): Shape[] =>
  listTopBlocks(text).map(({ kind, mark, start, end }) => ({
    kind: kind + mark,
    text: text.slice(start, end).replace(/\s+/g, ' ').trim(),
  }));

/** Blocks in a row, those that go on with the one before put together with it. */
function putTogether(parts: ReadonlyArray<{ blocks: Shape[]; isJoined: boolean }>): Shape[] {
  const all: Shape[] = [];
  for (const { blocks, isJoined } of parts) {
    for (const [index, block] of blocks.entries()) {
      const last = isJoined && index === 0 ? all.pop() : undefined;
      all.push(last === undefined ? block : { kind: last.kind, text: `${last.text} ${block.text}` });
    }
  }
  return all;
}
