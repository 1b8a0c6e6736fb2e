// The text of the block that a `^id` names, changed; it stays one block, and the id stays with it.
import { EditRefused } from '../../errors.ts';
import { listSome } from '../../naming/list-some.ts';
import { parseFrontMatter } from '../../notes/front-matter.ts';
import { findMarkedBlock, type MarkedBlock } from '../../notes/parts/block-ids.ts';
import { listTopBlocks, readTopBlocks } from '../../notes/parts/top-blocks.ts';
import type { Steps } from '../../pace/steps.ts';
import type { EditPlace } from '../edit.ts';
import { endsWithMark, kindOf, placeMark, takesMark, writeBlock } from './block-forms.ts';
import { lineEndingOf, withLineEnding } from './line-endings.ts';
import { requireSameHead } from './same-head.ts';

export interface BlockEdit {
  /** The id, with or without its `^`. */
  block: string;
  text: string;
  at: EditPlace;
}

/** The note with the text of one block replaced, or put at its beginning or end. Throws EditRefused. */
export function* editBlock(note: string, { block, text, at }: BlockEdit): Steps<string> {
  const { textStart } = parseFrontMatter(note);
  const body = note.slice(textStart);
  const name = block.trim().replace(/^#?\^/, '');
  const found = yield* requireBlock(body, name);
  const ending = yield* lineEndingOf(note);
  const { content, gap, mark, rest } = takeApart(body, found);
  const given = withoutMark(yield* withLineEnding(text, '\n'), mark.trim());
  if (given.trim() === '') {
    throw new EditRefused('The block needs a text: to remove it, replace it with find and replace.');
  }
  const lines = yield* writeBlock(content.replaceAll('\r\n', '\n'), given, at);
  const isInline = !found.isBehind && (yield* takesMark(lines));
  const written = isInline ? yield* placeMark(lines, mark.trim()) : lines;
  const behind = found.isBehind ? gap + mark : `${ending}${ending}${mark.trim()}`;
  const whole = (yield* withLineEnding(written, ending)) + (isInline ? '' : behind);
  const edited = body.slice(0, found.from) + whole + rest;
  const wanted = yield* kindOf(content);
  const isItem = wanted === 'list item' && !found.isBehind;
  const isOne = isItem ? isInline && (yield* kindOf(lines)) === 'list item' : yield* isOneBlock(lines);
  if (!isOne) {
    throw new EditRefused(describeSeveral(wanted, name));
  }
  yield* requireOneBlock(body, found, edited, { name, end: body.length - rest.length });
  return requireSameHead(note, note.slice(0, textStart) + edited);
}

function* requireBlock(body: string, name: string): Steps<MarkedBlock> {
  const found = yield* findMarkedBlock(body, name);
  if ('from' in found) {
    return found;
  }
  const has = found.count === 0 ? 'It has no blocks.' : `It has ${listSome(found.others, found.count)}.`;
  throw new EditRefused(`There is no block ${JSON.stringify(`^${name.slice(0, 200)}`)} in this note. ${has}`);
}

interface Taken {
  /** Without the mark, and without a line ending at its end. */
  content: string;
  /** Between the content and a mark behind it. */
  gap: string;
  mark: string;
  rest: string;
}

function takeApart(body: string, { from, to, mark, isBehind }: MarkedBlock): Taken {
  if (isBehind) {
    const content = body.slice(from, mark.from).trimEnd();
    const line = body.slice(mark.from, mark.to).trimEnd();
    const gap = body.slice(from + content.length, mark.from);
    return { content, gap, mark: line, rest: body.slice(mark.from + line.length) };
  }
  const content = (body.slice(from, mark.from) + body.slice(mark.to, to)).trimEnd();
  const end = from + body.slice(from, to).trimEnd().length;
  return { content, gap: '', mark: body.slice(mark.from, mark.to), rest: body.slice(end) };
}

/** As fetch shows a block, its mark is a part of it. */
function withoutMark(text: string, id: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((one) => endsWithMark(one, id));
  const line = lines[at]?.trimEnd() ?? '';
  const kept = line.slice(0, line.length - id.length).trimEnd();
  return (at < 0 ? lines : lines.toSpliced(at, 1, ...(kept === '' ? [] : [kept]))).join('\n').trimEnd();
}

function* requireOneBlock(
  before: string,
  old: MarkedBlock,
  after: string,
  { name, end }: { name: string; end: number },
): Steps<void> {
  const shift = after.length - before.length;
  const found = yield* findMarkedBlock(after, name);
  const isFound =
    'from' in found && found.from === old.from && after.slice(found.to, end + shift).trim() === '';
  const isWhole = isFound && found.to >= end + shift;
  // Neither may what follows become a part of it.
  const others = [yield* listStarts(before, end), yield* listStarts(after, end + shift, shift)];
  if (!isWhole || others[0] !== others[1]) {
    throw new EditRefused(describeSeveral(yield* kindOf(before.slice(old.from, end)), name));
  }
}

/** What the blocks from `from` on are, and where they begin, as places of the text without the `shift` before them. */
function* listStarts(text: string, from: number, shift = 0): Steps<string> {
  const starts: string[] = [];
  yield* readTopBlocks(text, 0, ({ kind, start }) => {
    if (start >= from) {
      starts.push(`${kind} ${start - shift}`);
    }
  });
  return starts.join();
}

/** A list may be indented as if it were code, and is looked at below. */
function* isOneBlock(text: string): Steps<boolean> {
  return (yield* kindOf(text)).startsWith('list') || (yield* listTopBlocks(text)).length === 1;
}

const describeSeveral = (kind: string, name: string): string =>
  `The text would not be one ${kind} with the id ^${name}: give one block, or use heading, or find and replace.`;
