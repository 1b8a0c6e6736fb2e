// How each kind of block takes a new text: the marks that make it what it is stay. Lines end with `\n` here.
import { EditRefused } from '../../errors.ts';
import { findTable } from '../../notes/markdown/tables.ts';
import { listItem } from '../../notes/parts/block-ids.ts';
import { findFirstBlock, findLastBlock, listTopBlocks } from '../../notes/parts/top-blocks.ts';
import type { Steps } from '../../pace/steps.ts';
import type { EditPlace } from '../edit.ts';
import { standAlone } from './standing-alone.ts';

type BlockForm =
  | 'list item'
  | 'heading'
  | 'quote'
  | 'table'
  | 'list'
  | 'piece of code'
  | 'paragraph'
  | 'block';

const headingMarks = /^ {0,3}#{1,6}[ \t]+/;
const itemMarks = /^([ \t]*)((?:[-*+]|\d{1,9}[.)])[ \t]+)(\[.\][ \t]+)?/;

/** What a block is, by its text. */
export function* kindOf(content: string): Steps<BlockForm> {
  const [first, second] = yield* listTopBlocks(content);
  if (listItem.test(content)) {
    const items = content
      .split('\n')
      .filter((line) => listItem.test(line) && indentOf(line) <= indentOf(content));
    return items.length > 1 || second !== undefined ? 'list' : 'list item';
  }
  if (headingMarks.test(content)) {
    return 'heading';
  }
  if (first?.kind === 'quote') {
    return 'quote';
  }
  if (first?.kind === 'fence' || first?.kind === 'math') {
    return 'piece of code';
  }
  return first?.kind === 'paragraph' ? kindOfParagraph(content) : 'block';
}

const kindOfParagraph = (content: string): BlockForm =>
  findTable(content) === undefined ? 'paragraph' : 'table';

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** Whether the id of such a block stands at the end of a line of it, and not behind it. */
export function* takesMark(content: string): Steps<boolean> {
  switch (yield* kindOf(content)) {
    case 'list item':
      return yield* takesMark(yield* firstOf(readItem(content)));
    case 'quote':
      // At the end of what else is in it, it would be a part of that.
      return (yield* kindOf(yield* lastOf(unquote(content)))) === 'paragraph';
    case 'heading':
    case 'paragraph':
      return true;
    default:
      return false;
  }
}

function* firstOf(text: string): Steps<string> {
  return text.slice(0, (yield* findFirstBlock(text))?.end).trimEnd();
}

function* lastOf(text: string): Steps<string> {
  return text.slice((yield* findLastBlock(text))?.start ?? 0);
}

/** What is in an item, without what marks it. */
function readItem(content: string): string {
  const marks = itemMarks.exec(content)?.[0] ?? '';
  const indent = ' '.repeat(marks.length - boxOf(content).length);
  return content
    .split('\n')
    .map((line, index) => {
      if (index === 0) return line.slice(marks.length);
      return line.startsWith(indent) ? line.slice(indent.length) : line.trimStart();
    })
    .join('\n');
}

const boxOf = (content: string): string => itemMarks.exec(content)?.[3] ?? '';

const unquote = (text: string): string => text.replace(/^ {0,3}> ?/gm, '');

export function endsWithMark(line: string, mark: string): boolean {
  const text = line.trimEnd();
  return text.endsWith(mark) && /^[ \t]?$/.test(text.slice(-mark.length - 1, -mark.length));
}

/** The block with the mark where it names it: at its end, of a list item at the end of its own first paragraph. */
export function* placeMark(content: string, mark: string): Steps<string> {
  const lines = content.split('\n');
  const isItem = (yield* kindOf(content)) === 'list item';
  const at = isItem ? yield* endOfFirstParagraph(lines) : lines.length;
  return lines.with(at - 1, `${lines[at - 1] ?? ''} ${mark}`).join('\n');
}

/** The number of lines of it. */
function* endOfFirstParagraph(lines: readonly string[]): Steps<number> {
  const inner = readItem(lines.join('\n'));
  const end = (yield* findFirstBlock(inner))?.end ?? inner.length;
  return inner.slice(0, end).trimEnd().split('\n').length;
}

/** What a text at the beginning or end of such a block has to be, so that it becomes a part of it and of nothing else. */
const joining: Partial<Record<BlockForm, readonly BlockForm[]>> = {
  paragraph: ['paragraph'],
  list: ['list item', 'list'],
  'list item': ['list item', 'list', 'paragraph'],
};
/** That may stand below what an item says. */
const below: readonly BlockForm[] = ['quote', 'table'];

function* requireJoining(kind: BlockForm, text: string, at: EditPlace): Steps<void> {
  const forms = joining[kind];
  if (forms === undefined) {
    return;
  }
  const own = yield* kindOf(text);
  const isBelow = kind === 'list item' && at === 'end' && below.includes(own);
  if (!isBelow && !(forms.includes(own) && (yield* isOne(text)))) {
    throw new EditRefused(
      `The text would not be one ${kind} with what is there: give text of that kind, or use heading, or find and replace.`,
    );
  }
}

/** A list may be indented as if it were code. */
function* isOne(text: string): Steps<boolean> {
  return listItem.test(text) || (yield* listTopBlocks(text)).length === 1;
}

/** The text of the block afterwards. Throws EditRefused where such a block has no beginning or end to put something at. */
export function* writeBlock(content: string, text: string, at: EditPlace): Steps<string> {
  const kind = yield* kindOf(content);
  if (at !== 'all') {
    yield* requireJoining(kind, text, at);
  }
  if (kind === 'list item') {
    return yield* writeItem(content, text, at);
  }
  if (at === 'all') {
    return kind === 'heading' || kind === 'quote' ? yield* keepMarks(content, text) : text;
  }
  const write = writers[kind];
  if (write === undefined) {
    throw new EditRefused(`This block is a ${kind}: only all of it can be replaced, with at: all.`);
  }
  const written = write(content, text, at === 'start');
  return typeof written === 'string' ? written : yield* written;
}

/** A heading stays one, and so does a quote, where the text has no marks of its own. */
function* keepMarks(content: string, text: string): Steps<string> {
  const marks = headingMarks.exec(content)?.[0];
  if (marks !== undefined) {
    return headingMarks.test(text) ? text : marks + text;
  }
  const isPlain = (yield* findFirstBlock(text))?.kind === 'paragraph' && !/^ {0,3}>/.test(text);
  return isPlain ? quote(text) : text;
}

const quote = (text: string): string => text.replace(/^(?=.)/gm, '> ').replace(/^$/gm, '>');

type WriteAt = (content: string, text: string, isStart: boolean) => string | Steps<string>;

const writers: Partial<Record<BlockForm, WriteAt>> = {
  paragraph: (content, text, isStart) => (isStart ? `${text}\n${content}` : `${content}\n${text}`),
  list: (content, text, isStart) => (isStart ? `${text}\n${content}` : `${content}\n${text}`),
  table: (content, text, isStart) => {
    const rows = findTable(content)?.rows ?? content.length;
    return isStart
      ? `${content.slice(0, rows)}${rows < content.length ? '' : '\n'}${text}\n${content.slice(rows)}`.trimEnd()
      : `${content}\n${text}`;
  },
  'piece of code': (content, text, isStart) => {
    const lines = content.split('\n');
    return lines.toSpliced(isStart ? 1 : -1, 0, ...text.split('\n')).join('\n');
  },
  quote: function* (content, text, isStart): Steps<string> {
    const lines = content.split('\n');
    const inner = lines.map(unquote);
    const own = /^ {0,3}>/.test(text) ? unquote(text) : text;
    // The first line of a callout is its title.
    const titles = isStart ? Number(inner[0]?.startsWith('[!')) : lines.length;
    const before = inner.slice(0, titles).join('\n');
    const after = inner.slice(titles).join('\n');
    const whole = yield* standAlone('', { head: '', before, after }, own);
    const added = whole.slice(before.length, whole.length - after.length).replace(/^\n|\n$/g, '');
    return [...lines.slice(0, titles), quote(added), ...lines.slice(titles)].join('\n').trimEnd();
  },
};

interface ItemPlace {
  content: string;
  indent: string;
  /** The bullet or number with the space behind it, and the box of a task. */
  mark: string;
  box: string;
}

function* writeItem(content: string, text: string, at: EditPlace): Steps<string> {
  const [, indent = '', mark = '- ', box = ''] = itemMarks.exec(content) ?? [];
  const place = { content, indent, mark, box };
  const own = outdent(text);
  if (at === 'all') {
    return indentLines(replaceItem(place, own), indent);
  }
  return yield* at === 'end' ? endItem(place, own) : startItem(place, own);
}

function replaceItem({ mark, box }: ItemPlace, own: string): string {
  if (listItem.test(own)) {
    return own;
  }
  const marks = mark + (/^\[.\] /.test(own) ? '' : box);
  return marks + own.replace(/\n(?=.)/g, `\n${' '.repeat(mark.length)}`);
}

const belowOf = ({ indent, mark }: ItemPlace): string => indent + ' '.repeat(mark.length);

function* endItem(place: ItemPlace, own: string): Steps<string> {
  const lines = place.content.split('\n');
  const isClose = listItem.test(own) || (yield* endOfFirstParagraph(lines)) === lines.length;
  return [...lines, ...(isClose ? [] : ['']), indentLines(own, belowOf(place))].join('\n');
}

function* startItem(place: ItemPlace, own: string): Steps<string> {
  const lines = place.content.split('\n');
  const added = indentLines(own, belowOf(place));
  if (listItem.test(own)) {
    return lines.toSpliced(yield* endOfFirstParagraph(lines), 0, added).join('\n');
  }
  const marks = place.indent + place.mark + place.box;
  const [first = '', ...others] = lines;
  return [marks + added.trimStart(), belowOf(place) + first.slice(marks.length), ...others].join('\n');
}

/** Without the spaces that all of it is indented by: a nested item is shown with those of its list. */
function outdent(text: string): string {
  const indent = /^[ \t]*/.exec(text)?.[0] ?? '';
  return text
    .split('\n')
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
    .join('\n');
}

const indentLines = (text: string, indent: string): string => text.replace(/^(?=.)/gm, indent);
