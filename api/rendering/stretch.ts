// How much of a note one page shows, and where it may be cut: a long one would hold everybody else up while it is rendered.
import { linesOutsideCode } from '../vault/notes/lines.ts';

export interface Stretch {
  from: number;
  /** Behind its last character. */
  to: number;
}

/** UTF-16 units. */
const longestStretch = 30_000;
/** Of it, so much is shown before a blank line may be the end. */
const leastShare = 0.5;

/** From `from` to a blank line outside of code, where there is one in reach; else to the end of a line, else anywhere. */
export function cutStretch(text: string, from: number): Stretch {
  const start = Math.min(Math.max(0, from), text.length);
  const most = start + longestStretch;
  if (text.length <= most) return { from: start, to: text.length };
  const least = start + longestStretch * leastShare;
  let blank: number | undefined;
  for (const line of linesOutsideCode(text.slice(start, most), 0)) {
    const end = start + line.end;
    if (line.text.trim() === '' && end > least && end < most) blank = end;
  }
  const line = text.lastIndexOf('\n', most - 1) + 1;
  return { from: start, to: blank ?? (line > least ? line : betweenCharacters(text, most)) };
}

function betweenCharacters(text: string, at: number): number {
  const isHalf = /[\ud800-\udbff]/.test(text.charAt(at - 1));
  return isHalf ? at - 1 : at;
}
