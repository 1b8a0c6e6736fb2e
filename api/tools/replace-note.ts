// The tool `replace_note`: another text for a note, below the front matter it has.
import { z } from 'zod';
import type { Tool, Writers } from './tool.ts';
import { createTool } from './tool.ts';
import { markdown, noteId, readRevision, writingScopes, writtenNote } from './written-note.ts';

export function createReplaceNoteTool(writers: Writers<'replace'>, noteUrl: (id: string) => string): Tool {
  return createTool({
    name: 'replace_note',
    title: 'Replace the text of a note',
    description:
      'Puts another text in place of the whole text that fetch shows; the front matter stays. For a part use edit_note.',
    input: z.object({
      id: noteId,
      revision: readRevision,
      text: markdown.describe('The new Markdown text, without front matter'),
    }),
    output: writtenNote,
    scopes: writingScopes,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    run: async ({ id, ...change }, caller) => {
      const written = await writers(caller).replace(id, change);
      return { id: written.id, url: noteUrl(written.id), revision: written.revision };
    },
  });
}
