// The sections of a note: a heading and what stands below it, up to the next heading of its level or above.
import { EditRefused } from '../errors.ts';

export interface Section {
  headingStart: number;
  /** Where its text starts: after the line of the heading (and the underline of one that has it). */
  start: number;
  end: number;
  level: number;
  title: string;
}

interface Line {
  text: string;
  start: number;
  end: number;
}

const atxHeading = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const fence = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
/** A line that an underline makes a heading: text, not a list, a quote, a table or code. */
const underlined = /^ {0,3}(?![-+*>|#]|\d+[.)]|\s)\S.*$/;
const underline = /^ {0,3}(=+|-{2,})[ \t]*$/;

/** The sections of `note` from `from` on, in order. Headings in code are text. */
export function listSections(note: string, from: number): Section[] {
  const headings: Section[] = [];
  let before: Line | undefined;
  for (const line of linesOutsideCode(note, from)) {
    const found = readHeading(line, before);
    if (found !== undefined) {
      headings.push({ ...found, start: line.end, end: note.length });
    }
    before = found === undefined ? line : undefined;
  }
  for (const [index, section] of headings.entries()) {
    const next = headings.slice(index + 1).find(({ level }) => level <= section.level);
    section.end = next?.headingStart ?? note.length;
  }
  return headings;
}

/** The section that `heading` names, with or without its `#`. Throws EditRefused where none or several are meant. */
export function findSection(note: string, from: number, heading: string): Section {
  const [, marks = '', title = ''] = /^\s*(#{0,6})\s*(.*?)\s*$/s.exec(heading) ?? [];
  const sections = listSections(note, from).filter(({ level }) => marks === '' || level === marks.length);
  const key = keyOf(title);
  const exact = sections.filter((one) => one.title === title);
  const fitting = exact.length > 0 ? exact : sections.filter((one) => keyOf(one.title) === key);
  const [section] = fitting;
  if (section === undefined) {
    throw new EditRefused(
      `There is no heading ${JSON.stringify(heading)} in this note. Fetch it to see its headings.`,
    );
  }
  if (fitting.length > 1) {
    throw new EditRefused(
      `${fitting.length} headings of this note are ${JSON.stringify(heading)}: give it with its # marks if that tells them apart, or replace the whole text.`,
    );
  }
  return section;
}

const keyOf = (title: string): string => title.normalize('NFC').toLowerCase().replace(/\s+/g, ' ');

function readHeading(
  line: Line,
  before: Line | undefined,
): { level: number; title: string; headingStart: number } | undefined {
  const atx = atxHeading.exec(line.text);
  if (atx !== null) {
    return { level: atx[1]?.length ?? 1, title: atx[2] ?? '', headingStart: line.start };
  }
  const mark = underline.exec(line.text)?.[1];
  if (mark === undefined || before === undefined || !underlined.test(before.text)) {
    return undefined;
  }
  return { level: mark.startsWith('=') ? 1 : 2, title: before.text.trim(), headingStart: before.start };
}

// Fenced code (CommonMark, section 4.5): closed by as many of the same mark, or by the end of the note.
function* linesOutsideCode(note: string, from: number): Generator<Line> {
  let open = '';
  for (const line of splitLines(note, from)) {
    if (open !== '') {
      const mark = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line.text)?.[1];
      open = mark?.startsWith(open) ? '' : open;
      continue;
    }
    open = fence.exec(line.text)?.[1] ?? '';
    if (open === '') {
      yield line;
    }
  }
}

function* splitLines(note: string, from: number): Generator<Line> {
  let start = from;
  while (start < note.length) {
    const newline = note.indexOf('\n', start);
    const end = newline < 0 ? note.length : newline + 1;
    yield { text: note.slice(start, end).replace(/\r?\n$/, ''), start, end };
    start = end;
  }
}
