// One change of one part of a note, by whatever names the part.
import type { Steps } from '../../pace/steps.ts';
import { type EditPlace, editSection } from '../edit.ts';
import { type FieldValue, setField } from '../front-matter-edit.ts';
import { editBlock } from './block-edit.ts';
import { type Replacement, replaceFound } from './find-replace.ts';
import { changeItems, type ItemChange } from './list-items.ts';

export type NoteEdit =
  | { part: 'section'; heading: string; text: string; at: EditPlace }
  | { part: 'block'; block: string; text: string; at: EditPlace }
  | ({ part: 'found' } & Replacement)
  | { part: 'field'; field: string; value: FieldValue }
  | ({ part: 'items' } & ItemChange);

/** The note as it is afterwards. Throws EditRefused. */
export function* editNote(note: string, edit: NoteEdit): Steps<string> {
  switch (edit.part) {
    case 'section':
      return yield* editSection(note, edit);
    case 'block':
      return yield* editBlock(note, edit);
    case 'found':
      return yield* replaceFound(note, edit);
    case 'field':
      return yield* setField(note, edit.field, edit.value);
    case 'items':
      return yield* changeItems(note, edit);
  }
}

/** Why an edit changed nothing: a sentence. */
export function describeUnchanged(edit: NoteEdit): string {
  if (edit.part !== 'items') {
    return 'The note says that already, so nothing was changed.';
  }
  const field = JSON.stringify(edit.field);
  return edit.add === undefined
    ? `The field ${field} has no such item, so nothing was changed.`
    : `The field ${field} has that already, so nothing was changed.`;
}
