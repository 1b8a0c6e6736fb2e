// The sections of a note: a heading and what stands below it, up to the next heading of its level or above.

import type { Steps } from '../pace/steps.ts';
import { readTopBlocks } from './parts/top-blocks.ts';

export interface Section {
  headingStart: number;
  /** Where its text starts: after the line of the heading (and the underline of one that has it). */
  start: number;
  end: number;
  level: number;
  /** Of one with several lines, which only an underline can make a heading, the first. */
  title: string;
}

/**
 * The first `most` sections of `note` from `from` on, in order. What stands in code, HTML, a comment, a list or a quote is
 * no heading.
 */
export function* listSections(note: string, from: number, most = Number.POSITIVE_INFINITY): Steps<Section[]> {
  const sections: Section[] = [];
  /** Those that the next heading may end: each of a higher level than the one before. */
  const open: Section[] = [];
  yield* readTopBlocks(note, from, ({ kind, start, end, level, title }) => {
    if (kind !== 'heading') {
      return;
    }
    closeSections(open, level, start);
    if (sections.length < most) {
      const section = { headingStart: start, start: end, end: note.length, level, title: firstLine(title) };
      sections.push(section);
      open.push(section);
    }
  });
  return sections;
}

const firstLine = (title: string): string => title.split('\n', 1)[0]?.trim() ?? '';

function closeSections(open: Section[], level: number, headingStart: number): void {
  let last = open.at(-1);
  while (last !== undefined && level <= last.level) {
    last.end = headingStart;
    open.pop();
    last = open.at(-1);
  }
}
