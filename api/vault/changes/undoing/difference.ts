// What differs between two texts, line by line.
import { isUtf8 } from 'node:buffer';
import { structuredPatch } from 'diff';

export interface Hunk {
  /** The number of its first line in the earlier text and in the later one. */
  earlierLine: number;
  laterLine: number;
  /**
   * Each begins with `-` (only in the earlier text), `+` (only in the later one) or a blank; one with `\` says that no newline
   * ends the line before it.
   */
  lines: string[];
}

/** Texts that have little in common take the square of their length: then what is between equal ends is told as a whole. */
const mostEdits = 2000;
const context = 3;

/** Undefined where one of them is no text; '' stands for what is not there. */
export function findDifference(earlier: Buffer | undefined, later: Buffer | undefined): Hunk[] | undefined {
  const texts = [earlier, later].map((bytes = Buffer.alloc(0)) =>
    isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : undefined,
  );
  const [before, after] = texts;
  if (before === undefined || after === undefined) {
    return undefined;
  }
  const patch = structuredPatch('', '', before, after, undefined, undefined, {
    context,
    maxEditLength: mostEdits,
  });
  const hunks = patch?.hunks.map(({ oldStart, newStart, lines }) => ({
    earlierLine: oldStart,
    laterLine: newStart,
    lines,
  }));
  return hunks ?? [compareEnds(before.split('\n'), after.split('\n'))];
}

function compareEnds(earlier: string[], later: string[]): Hunk {
  const most = Math.min(earlier.length, later.length);
  let start = 0;
  while (start < most && earlier[start] === later[start]) {
    start += 1;
  }
  let end = 0;
  while (end < most - start && earlier.at(-1 - end) === later.at(-1 - end)) {
    end += 1;
  }
  const between = (lines: string[], sign: string): string[] =>
    lines.slice(start, lines.length - end).map((line) => sign + line);
  return {
    earlierLine: start + 1,
    laterLine: start + 1,
    lines: [...between(earlier, '-'), ...between(later, '+')],
  };
}
