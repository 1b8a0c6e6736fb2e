// All links of a note as they stand in it, in its front matter and its text.

import type { Steps } from '../../pace/steps.ts';
import { findFrontMatterBlock, parseFrontMatter } from '../front-matter.ts';
import { findPropertyLinks } from './property-links.ts';
import { findTextLinks, type WrittenLink } from './text-links.ts';

/** In the order of the note. */
export function* findNoteLinks(note: string, id: string): Steps<WrittenLink[]> {
  const { textStart } = parseFrontMatter(note);
  const block = textStart > 1 ? findFrontMatterBlock(note) : undefined;
  const properties =
    block === undefined
      ? []
      : yield* findPropertyLinks(note, { source: block.source, start: block.sourceStart }, id);
  const text = (yield* findTextLinks(note.slice(textStart), id)).map((link) => ({
    ...link,
    start: link.start + textStart,
    end: link.end + textStart,
  }));
  return [...properties.sort((a, b) => a.start - b.start), ...text];
}
