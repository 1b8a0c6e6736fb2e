// Appending: the one change that needs no revision, and that makes a note, a day's where it is not there yet.
import type { DailyNotes } from '../daily/daily-notes.ts';
import { NoteExists, NoteNotFound, RevisionStale } from '../errors.ts';
import { takeInSlices } from '../pace/steps.ts';
import { appendText } from './edit.ts';
import type { Edit } from './text/edited-bytes.ts';

export interface WrittenNote {
  id: string;
  /** Of what was written: the next change takes it. */
  revision: string;
}

export interface AppendedText {
  text: string;
  /** The section at whose end it goes; the note's where there is none. */
  heading?: string | undefined;
  revision?: string | undefined;
}

type Append = (id: string, change: AppendedText) => Promise<WrittenNote>;

export interface AppendOptions {
  daily: DailyNotes;
  /** Throws PathClosed. */
  requireOpen(id: string): Promise<void>;
  /** Without a revision the note is changed as it is; throws RevisionStale where it changes in the middle of that. */
  change(id: string, revision: string | undefined, edit: Edit): Promise<WrittenNote>;
  create(path: string, text: string): Promise<WrittenNote>;
}

/** Each time somebody else has changed the note in between. */
const mostAttempts = 5;

export function createAppend({ daily, requireOpen, change, create }: AppendOptions): Append {
  async function changeAsItIs(id: string, edit: Edit, attempt = 1): Promise<WrittenNote> {
    return change(id, undefined, edit).catch((error: unknown) => {
      if (error instanceof RevisionStale && attempt < mostAttempts) {
        return changeAsItIs(id, edit, attempt + 1);
      }
      throw error;
    });
  }

  async function make(name: string, id: string, edit: Edit): Promise<WrittenNote> {
    return create(id, await takeInSlices(edit(await daily.createText(name)))).catch((error: unknown) => {
      // Made by somebody else meanwhile.
      if (error instanceof NoteExists) {
        return changeAsItIs(id, edit);
      }
      throw error;
    });
  }

  return async (name, { text, heading, revision }) => {
    const day = await daily.findDailyNote(name);
    const id = day ?? name;
    await requireOpen(id);
    const edit: Edit = (note) => appendText(note, text, heading);
    if (revision !== undefined) {
      return change(id, revision, edit);
    }
    return changeAsItIs(id, edit).catch((error: unknown) => {
      if (error instanceof NoteNotFound && day !== undefined) {
        return make(name, id, edit);
      }
      throw error;
    });
  };
}
