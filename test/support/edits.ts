// Changes to the text of a note, and what is found in it, taken at once: in tests nobody else waits.
import { findWrittenLinks as findWrittenLinksInSteps } from '../../api/vault/documents/written-links.ts';
import { type Steps, takeAtOnce } from '../../api/vault/pace/steps.ts';
import * as edit from '../../api/vault/writing/edit.ts';
import { setField as setFieldInSteps } from '../../api/vault/writing/front-matter-edit.ts';
import { editBlock as editBlockInSteps } from '../../api/vault/writing/text/block-edit.ts';
import { replaceFound as replaceFoundInSteps } from '../../api/vault/writing/text/find-replace.ts';
import { changeItems as changeItemsInSteps } from '../../api/vault/writing/text/list-items.ts';
import { findSection as findSectionInSteps } from '../../api/vault/writing/text/named-section.ts';
import { editNote as editNoteInSteps } from '../../api/vault/writing/text/note-edit.ts';

const atOnce =
  <Given extends unknown[], Result>(inSteps: (...given: Given) => Steps<Result>) =>
  (...given: Given): Result =>
    takeAtOnce(inSteps(...given));

export const appendText = atOnce(edit.appendText);
export const replaceText = atOnce(edit.replaceText);
export const editSection = atOnce(edit.editSection);
export const setField = atOnce(setFieldInSteps);
export const editBlock = atOnce(editBlockInSteps);
export const replaceFound = atOnce(replaceFoundInSteps);
export const changeItems = atOnce(changeItemsInSteps);
export const findSection = atOnce(findSectionInSteps);
export const editNote = atOnce(editNoteInSteps);
export const findWrittenLinks = atOnce(findWrittenLinksInSteps);
