// The lines of a note, code aside: what of its text can be a heading, a link or a tag.

export interface Line {
  /** Without its line ending. */
  text: string;
  start: number;
  /** Line ending included. */
  end: number;
}

const opening = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/;

/** Fenced code (CommonMark, section 4.5) is left out: it is closed by as many of the same mark, or by the note's end. */
export function* linesOutsideCode(note: string, from: number): Generator<Line> {
  let open = '';
  for (const line of splitLines(note, from)) {
    if (open !== '') {
      open = closing.exec(line.text)?.[1]?.startsWith(open) ? '' : open;
      continue;
    }
    open = opening.exec(line.text)?.[1] ?? '';
    if (open === '') {
      yield line;
    }
  }
}

export function* splitLines(note: string, from: number): Generator<Line> {
  let start = from;
  while (start < note.length) {
    const newline = note.indexOf('\n', start);
    const end = newline < 0 ? note.length : newline + 1;
    const isWindows = newline > start && note.charCodeAt(newline - 1) === 13;
    const textEnd = newline < 0 ? end : newline - (isWindows ? 1 : 0);
    yield { text: note.slice(start, textEnd), start, end };
    start = end;
  }
}

const headingMarks = /^ {0,3}(#{1,6})(?![^ \t])/;

/** A heading of the form `## Title ##` (CommonMark, section 4.2); its title may be empty. */
export function readHeading(line: string): { level: number; title: string } | undefined {
  const found = headingMarks.exec(line);
  if (found === null) {
    return undefined;
  }
  const title = line.slice(found[0].length).trim();
  // Each run of # has one place where it can begin, so none is gone through twice.
  return { level: found[1]?.length ?? 1, title: title.replace(/(?:^|[ \t])#+$/, '').trimEnd() };
}
