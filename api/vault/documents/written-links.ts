// The links of a note, canvas or base as they stand in it.
import { findNoteLinks } from '../notes/written/note-links.ts';
import type { WrittenLink } from '../notes/written/text-links.ts';
import type { Steps } from '../pace/steps.ts';
import { findBaseLinks } from './base-links.ts';
import { findCanvasLinks } from './canvas-links.ts';
import { kindOf } from './kind.ts';

/** In the order of the file; none in a file of another kind. */
export function* findWrittenLinks(source: string, id: string): Steps<WrittenLink[]> {
  switch (kindOf(id)) {
    case 'note':
      return yield* findNoteLinks(source, id);
    case 'canvas':
      return yield* findCanvasLinks(source, id);
    case 'base':
      return yield* findBaseLinks(source, id);
    default:
      return [];
  }
}
