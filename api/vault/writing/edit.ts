// Changes to a note as text: what is not changed stays as it was, to the byte. Files are writer.ts's matter.
import { EditRefused } from '../errors.ts';
import { parseFrontMatter } from '../notes/front-matter.ts';
import { listSections, type Section } from '../notes/sections.ts';
import type { Steps } from '../pace/steps.ts';
import { endOfBlankLines, endOfText, lineEndingOf, withLineEnding } from './text/line-endings.ts';
import { findSection } from './text/named-section.ts';
import { requireSameHead } from './text/same-head.ts';
import { standAlone } from './text/standing-alone.ts';

/** Which place of a part of a note: all of it, or its beginning or end. */
export type EditPlace = 'all' | 'start' | 'end';

/** `text` in place of what fetch shows as the note's text: the front matter stays. Throws EditRefused. */
export function* replaceText(note: string, text: string): Steps<string> {
  const { textStart, warning } = parseFrontMatter(note);
  const head = note.slice(0, textStart);
  // Where the note has none, the text may begin with it; what can't be read there may be mended step by step.
  if (head.length <= 1 && warning === undefined && parseFrontMatter(text).warning !== undefined) {
    throw new EditRefused('The text starts with front matter that is not valid YAML.');
  }
  if (head.length > 1 && parseFrontMatter(text.trimStart()).textStart > 1) {
    throw new EditRefused(
      'The front matter stays as it is when the text is replaced: leave it out of the text, and change its fields one by one.',
    );
  }
  const ending = yield* lineEndingOf(note);
  const content = yield* withLineEnding(text.replace(/^\ufeff/, ''), ending);
  if (content === '') {
    return head;
  }
  const bare = content.endsWith(ending) ? content.slice(0, -ending.length) : content;
  const opening = /^\ufeff?$|\n$/.test(head) ? '' : ending;
  return head + opening + bare + (note.endsWith('\n') || /^\ufeff?$/.test(note) ? ending : '');
}

/** `text` as a block of its own at the end of the note, or of the section below `heading`. Throws EditRefused. */
export function* appendText(note: string, text: string, heading?: string): Steps<string> {
  if (heading !== undefined) {
    return yield* editSection(note, { heading, text, at: 'end' });
  }
  const { textStart } = parseFrontMatter(note);
  const gap = { head: note.slice(0, textStart), before: note.slice(textStart), after: '' };
  return text === '' ? note : requireSameHead(note, yield* standAlone(note, gap, text));
}

/**
 * `text` in place of all that stands below a heading, the sections inside it included, or as a block of its own at the
 * beginning or end of that. Throws EditRefused.
 */
export function* editSection(
  note: string,
  { heading, text, at }: { heading: string; text: string; at: EditPlace },
): Steps<string> {
  const { textStart } = parseFrontMatter(note);
  const section = yield* findSection(note, textStart, heading);
  const own = yield* withoutHeading(text, section);
  const content = at === 'end' ? own.trimEnd() : own.slice(endOfBlankLines(own)).trimEnd();
  const { from, to } = findGap(note, section, { at, isEmptied: content === '' });
  const gap = { head: note.slice(0, textStart), before: note.slice(textStart, from), after: note.slice(to) };
  if (content === '') {
    return at === 'all' ? gap.head + gap.before + gap.after : note;
  }
  return requireSameHead(note, yield* standAlone(note, gap, content));
}

/** What of the section goes, or where the new text is put. Blank lines below the heading and at the end stay. */
function findGap(
  note: string,
  { start, end }: Section,
  { at, isEmptied }: { at: EditPlace; isEmptied: boolean },
): { from: number; to: number } {
  const old = note.slice(start, end);
  const textEnd = start + endOfText(old);
  if (at === 'end') {
    return { from: textEnd, to: textEnd };
  }
  const from = old.trim() === '' || isEmptied ? start : start + endOfBlankLines(old);
  return { from, to: at === 'all' ? textEnd : from };
}

// A model that was asked for a section often gives its heading too.
function* withoutHeading(text: string, { level, title }: Section): Steps<string> {
  const trimmed = text.slice(endOfBlankLines(text));
  const [first] = yield* listSections(trimmed, 0, 1);
  const isFirst = first?.headingStart === 0 && first.level === level && first.title === title;
  return isFirst ? trimmed.slice(first.start) : text;
}
