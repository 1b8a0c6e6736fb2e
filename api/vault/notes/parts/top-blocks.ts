// The blocks that stand in no list and no quote, each with its place in the note; and what its end leaves open.

import { Pauses, type Steps } from '../../pace/steps.ts';
import { splitLines } from '../lines.ts';
import { BlockReader } from '../markdown/blocks.ts';
import type { BlockKind } from '../markdown/containers.ts';

/** A place in UTF-16 units: whole lines, from its first to the last that is not blank. */
export interface TopBlock {
  kind: BlockKind;
  start: number;
  end: number;
  /** Of a list: the same for those whose items would be one list. */
  mark: string;
  /** Of a heading; 0 for all else. */
  level: number;
  title: string;
}

/** What the last line of a text leaves open: everything that followed would be part of it. */
export interface Unclosed {
  /** The line that closes it. */
  closing: string;
}

interface Reading {
  reader: BlockReader;
  last: TopBlock | undefined;
}

/** Tells of the blocks of `note` from `from` on, in order, each when it has ended. */
export function* readTopBlocks(note: string, from: number, onBlock: (block: TopBlock) => void): Steps<void> {
  yield* read(note.slice(from), { from, isMathOpen: false, onBlock });
}

export function* listTopBlocks(note: string): Steps<TopBlock[]> {
  const blocks: TopBlock[] = [];
  yield* readTopBlocks(note, 0, (block) => blocks.push(block));
  return blocks;
}

/** The rest is not read. */
export function* findFirstBlock(text: string): Steps<TopBlock | undefined> {
  let first: TopBlock | undefined;
  const steps = readTopBlocks(text, 0, (block) => {
    first ??= block;
  });
  while (!steps.next().done && first === undefined) {
    yield;
  }
  return first;
}

export function* findLastBlock(text: string): Steps<TopBlock | undefined> {
  let last: TopBlock | undefined;
  yield* readTopBlocks(text, 0, (block) => {
    last = block;
  });
  return last;
}

/** Code, HTML, math or a comment that nothing in `text` closes; undefined where there is none. */
export function* findUnclosed(text: string): Steps<Unclosed | undefined> {
  const { reader, last } = yield* read(text, { from: 0, isMathOpen: true, onBlock: () => {} });
  const closing = findComment(text, reader) ?? findClosing(text, reader, last);
  return closing === undefined ? undefined : { closing };
}

function* read(
  text: string,
  { from, isMathOpen, onBlock }: { from: number; isMathOpen: boolean; onBlock: (block: TopBlock) => void },
): Steps<Reading> {
  let start = 0;
  const pauses = new Pauses();
  let last: TopBlock | undefined;
  const reader = new BlockReader(text, {
    isMathOpen,
    top: {
      onStart: (kind, mark = '') => {
        const isSame =
          kind === 'list'
            ? last?.kind === 'list' && last.mark === mark
            : kind === 'comment' && mayHold(last, from + start);
        if (isSame) {
          return;
        }
        if (last !== undefined) {
          onBlock(last);
        }
        last = { kind, start: from + start, end: from + start, mark, level: 0, title: '' };
      },
      onHeading: (level, title) => {
        if (last !== undefined) {
          last = { ...last, kind: 'heading', level, title };
        }
      },
    },
  });
  for (const line of splitLines(text, 0)) {
    start = line.start;
    reader.readLine(line.text, start);
    if (last !== undefined && line.text.trim() !== '') {
      last.end = from + line.end;
    }
    if (pauses.isDue(start)) {
      yield;
    }
  }
  if (last !== undefined) {
    onBlock(last);
  }
  return { reader, last };
}

/** Whether a comment that begins with this line is a part of the block before. */
function mayHold(block: TopBlock | undefined, start: number): boolean {
  return block?.end === start && ['comment', 'paragraph', 'list', 'quote'].includes(block.kind);
}

const commentSign = '%%';

/** Only one that has its line for itself: within a line `%%` is more often a mistake than a comment. */
function findComment(text: string, { unclosedComment }: BlockReader): string | undefined {
  if (unclosedComment === undefined) {
    return undefined;
  }
  const lineStart = text.lastIndexOf('\n', unclosedComment - 1) + 1;
  const isAlone =
    text.slice(lineStart, unclosedComment).trim() === '' &&
    /^%%[ \t]*(?:\r?\n|$)/.test(text.slice(unclosedComment, unclosedComment + 80));
  return isAlone ? commentSign : undefined;
}

/** HTML whose end depends on how it starts (CommonMark, section 4.6). */
const htmlEnds: ReadonlyArray<readonly [start: RegExp, end: string]> = [
  [/^\s*<!--/, '-->'],
  [/^\s*<\?/, '?>'],
  [/^\s*<!\[CDATA\[/, ']]>'],
  [/^\s*<![a-z]/i, '>'],
];

const mathSign = /^[ \t]*\$\$(?:\\|[ \t]*\r?\n|[ \t]*$)/;

function findClosing(
  text: string,
  { openAtTop }: BlockReader,
  last: TopBlock | undefined,
): string | undefined {
  if (openAtTop === undefined) {
    return undefined;
  }
  if (openAtTop.kind === 'math') {
    // With words behind it the sign may as well be about money.
    return mathSign.test(text.slice(last?.start ?? 0)) ? '$$' : undefined;
  }
  if (openAtTop.kind === 'fence') {
    return openAtTop.mark;
  }
  return openAtTop.end === 'blank line' ? undefined : findHtmlClosing(text, last?.start ?? 0);
}

function findHtmlClosing(text: string, start: number): string | undefined {
  const opening = text.slice(start, start + 100);
  const tag = /^\s*<(script|pre|style|textarea)/i.exec(opening)?.[1];
  return tag === undefined ? htmlEnds.find(([sign]) => sign.test(opening))?.[1] : `</${tag}>`;
}
