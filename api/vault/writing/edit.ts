// Changes to a note as text: what is not changed stays as it was, to the byte. Files are writer.ts's matter.
import { EditRefused } from '../errors.ts';
import { parseFrontMatter } from '../notes/front-matter.ts';
import { findSection, listSections, type Section } from '../notes/sections.ts';

/** The line ending that most of its lines have; `\n` where there is none. */
export function lineEndingOf(note: string): '\r\n' | '\n' {
  let windows = 0;
  let all = 0;
  for (let at = note.indexOf('\n'); at >= 0; at = note.indexOf('\n', at + 1)) {
    all += 1;
    windows += note.charCodeAt(at - 1) === 13 ? 1 : 0;
  }
  return windows * 2 > all ? '\r\n' : '\n';
}

/** Text of a caller with the line ending of the note. */
function withLineEnding(text: string, ending: string): string {
  return text.replace(/\r\n|\r|\n/g, ending);
}

/** `text` in place of what fetch shows as the note's text: the front matter stays. Throws EditRefused. */
export function replaceText(note: string, text: string): string {
  const head = note.slice(0, parseFrontMatter(note).textStart);
  if (head.length > 1 && parseFrontMatter(text.trimStart()).textStart > 1) {
    throw new EditRefused(
      'The front matter stays as it is when the text is replaced: leave it out of the text, and change its fields one by one.',
    );
  }
  return compose(note, head, text.replace(/^\ufeff/, ''), '');
}

/** `text` on lines of its own at the end of the note, or of the section below `heading`. Throws EditRefused. */
export function appendText(note: string, text: string, heading?: string): string {
  if (heading === undefined) {
    return compose(note, note, text, '');
  }
  const { start, end } = findSection(note, parseFrontMatter(note).textStart, heading);
  const at = start + endOfText(note.slice(start, end));
  return compose(note, note.slice(0, at), text.trimEnd(), note.slice(at));
}

/** `text` in place of all that stands below `heading`, the sections inside it included. Throws EditRefused. */
export function replaceSection(note: string, heading: string, text: string): string {
  const section = findSection(note, parseFrontMatter(note).textStart, heading);
  const { start, end } = section;
  const old = note.slice(start, end);
  const own = withoutHeading(text, section);
  const content = own.slice(endOfBlankLines(own)).trimEnd();
  const blank = old.trim() === '' || content === '' ? '' : old.slice(0, endOfBlankLines(old));
  return compose(note, note.slice(0, start) + blank, content, note.slice(start + endOfText(old)));
}

/** Where the blank lines that `text` begins with end. */
function endOfBlankLines(text: string): number {
  const first = text.search(/[^ \t\r\n]/);
  return text.lastIndexOf('\n', first < 0 ? text.length : first) + 1;
}

/** Where the last line with text on it ends, its line ending included. */
function endOfText(text: string): number {
  const { length } = text.trimEnd();
  const newline = length === 0 ? -1 : text.indexOf('\n', length);
  return length > 0 && newline < 0 ? text.length : newline + 1;
}

// A model that was asked for a section often gives its heading too.
function withoutHeading(text: string, { level, title }: Section): string {
  const trimmed = text.slice(endOfBlankLines(text));
  const [first] = listSections(trimmed, 0);
  const isFirst = first?.headingStart === 0 && first.level === level && first.title === title;
  return isFirst ? trimmed.slice(first.start) : text;
}

/**
 * `before`, `text` and `after`, each on lines of its own, with the line ending of `note` and, at the end, a final
 * newline where it has one. `after` starts at the start of a line.
 */
function compose(note: string, before: string, text: string, after: string): string {
  if (text === '') {
    return before + after;
  }
  const ending = lineEndingOf(note);
  const content = withLineEnding(text, ending);
  const bare = content.endsWith(ending) ? content.slice(0, -ending.length) : content;
  const opening = /^\ufeff?$|\n$/.test(before) ? '' : ending;
  const closing = after !== '' || note.endsWith('\n') || /^\ufeff?$/.test(note) ? ending : '';
  return before + opening + bare + closing + after;
}
