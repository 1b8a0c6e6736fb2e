// The front matter of a note, which no change of its text may break, make or end.
import { EditRefused } from '../../errors.ts';
import { findFrontMatterBlock, parseFrontMatter } from '../../notes/front-matter.ts';

/** `edited`, where it has the front matter that `note` has. Throws EditRefused. */
export function requireSameHead(note: string, edited: string): string {
  const { textStart, warning } = parseFrontMatter(note);
  const isKept = sourceOf(edited) === sourceOf(note) && edited.startsWith(note.slice(0, textStart));
  // What can't be read is text, and may be mended; an empty note may begin with anything.
  const isText = warning !== undefined || note.trim() === '';
  if (!isKept && !isText) {
    throw new EditRefused(
      'With this change the note would begin with other front matter: change that with field and value, and leave it out of the text.',
    );
  }
  return edited;
}

const sourceOf = (note: string): string | undefined => findFrontMatterBlock(note)?.source;
