// The ends of lines of a note, which what is put into it gets as well.
import { Pauses, type Steps } from '../../pace/steps.ts';
import { replaceInStretches } from '../../pace/stretches.ts';

export type LineEnding = '\r\n' | '\n';

/** The line ending that most of its lines have; `\n` where there is none. */
export function* lineEndingOf(note: string): Steps<LineEnding> {
  if (!note.includes('\r\n')) {
    return '\n';
  }
  const pauses = new Pauses();
  let windows = 0;
  let all = 0;
  for (let at = note.indexOf('\n'); at >= 0; at = note.indexOf('\n', at + 1)) {
    all += 1;
    windows += note.charCodeAt(at - 1) === 13 ? 1 : 0;
    if (pauses.isDue(at)) {
      yield;
    }
  }
  return windows * 2 > all ? '\r\n' : '\n';
}

/** Text of a caller with the line ending of the note. */
export function* withLineEnding(text: string, ending: LineEnding): Steps<string> {
  const isSo = ending === '\n' && !text.includes('\r');
  return isSo ? text : yield* replaceInStretches(text, /\r\n|\r|\n/g, ending);
}

/** Where the blank lines that `text` begins with end. */
export function endOfBlankLines(text: string): number {
  const first = text.search(/[^ \t\r\n]/);
  return text.lastIndexOf('\n', first < 0 ? text.length : first) + 1;
}

/** Where the last line with text on it ends, its line ending included. */
export function endOfText(text: string): number {
  const { length } = text.trimEnd();
  const newline = length === 0 ? -1 : text.indexOf('\n', length);
  return length > 0 && newline < 0 ? text.length : newline + 1;
}
