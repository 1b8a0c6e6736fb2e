// What a new note says: the text that a caller gives, below what a template says where one is named.
import type { DailyNotes } from '../daily/daily-notes.ts';
import { EditRefused } from '../errors.ts';
import { findFrontMatterBlock, parseFrontMatter } from '../notes/front-matter.ts';
import { takeInSlices } from '../pace/steps.ts';
import type { WrittenNote } from './append.ts';
import { appendText } from './edit.ts';
import { parseNewPath } from './new-path.ts';

interface NewNoteOptions {
  daily: Pick<DailyNotes, 'templates'>;
  /** Throws PathClosed. */
  requireOpen(id: string): Promise<void>;
  /** Throws VaultAway. */
  requireHome(): Promise<void>;
  create(path: string, text: string): Promise<WrittenNote>;
}

interface NewText {
  text: string;
  template?: string | undefined;
}

type Create = (path: string, text: string, options?: Pick<NewText, 'template'>) => Promise<WrittenNote>;

export function createNewNote(options: NewNoteOptions): Create {
  return async (path, text, { template } = {}) =>
    options.create(path, await writeText(options, path, { text, template }));
}

async function writeText(
  { daily, requireOpen, requireHome }: NewNoteOptions,
  path: string,
  { text, template }: NewText,
): Promise<string> {
  if (parseFrontMatter(text).warning !== undefined) {
    throw new EditRefused('The text starts with front matter that is not valid YAML.');
  }
  if (template === undefined) {
    return text;
  }
  if (findFrontMatterBlock(text) !== undefined) {
    throw new EditRefused(
      'With a template the text goes below what the template says: leave its front matter out, and set fields with edit_note.',
    );
  }
  // The path is judged first: what a template says is for nobody who may not make the note.
  const id = parseNewPath(path);
  await requireOpen(id);
  await requireHome();
  return takeInSlices(appendText(await daily.templates.createText(template, id), text));
}
