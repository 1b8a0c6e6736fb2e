// The sections of a note: a heading and what stands below it, up to the next heading of its level or above.
import { EditRefused } from '../errors.ts';
import { type Line, linesOutsideCode, readHeading } from './lines.ts';
import { foldName } from './name.ts';

export interface Section {
  headingStart: number;
  /** Where its text starts: after the line of the heading (and the underline of one that has it). */
  start: number;
  end: number;
  level: number;
  title: string;
}

/** A line that an underline makes a heading: text, not a list, a quote, a table or code. */
const underlined = /^ {0,3}(?![-+*>|#]|\d+[.)]|\s)\S.*$/;
const underline = /^ {0,3}(=+|-{2,})[ \t]*$/;

/** The first `most` sections of `note` from `from` on, in order. Headings in code are text. */
export function listSections(note: string, from: number, most = Number.POSITIVE_INFINITY): Section[] {
  const sections: Section[] = [];
  /** Those that the next heading may end: each of a higher level than the one before. */
  const open: Section[] = [];
  let before: Line | undefined;
  for (const line of linesOutsideCode(note, from)) {
    const found = readAnyHeading(line, before);
    before = found === undefined ? line : undefined;
    if (found !== undefined) {
      closeSections(open, found);
      if (sections.length === most) {
        continue;
      }
      const section = { ...found, start: line.end, end: note.length };
      sections.push(section);
      open.push(section);
    }
  }
  return sections;
}

function closeSections(open: Section[], { level, headingStart }: Heading): void {
  let last = open.at(-1);
  while (last !== undefined && level <= last.level) {
    last.end = headingStart;
    open.pop();
    last = open.at(-1);
  }
}

/** The section that `heading` names, with or without its `#`. Throws EditRefused where none or several are meant. */
export function findSection(note: string, from: number, heading: string): Section {
  const wanted = heading.trim();
  const marks = /^#{0,6}/.exec(wanted)?.[0] ?? '';
  const title = wanted.slice(marks.length).trim();
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

const keyOf = (title: string): string => foldName(title).replace(/\s+/g, ' ');

interface Heading {
  level: number;
  title: string;
  headingStart: number;
}

function readAnyHeading(line: Line, before: Line | undefined): Heading | undefined {
  const heading = readHeading(line.text);
  if (heading !== undefined) {
    return { ...heading, headingStart: line.start };
  }
  const mark = underline.exec(line.text)?.[1];
  // Code between the two is no part of a heading.
  if (mark === undefined || before?.end !== line.start || !underlined.test(before.text)) {
    return undefined;
  }
  return { level: mark.startsWith('=') ? 1 : 2, title: before.text.trim(), headingStart: before.start };
}
