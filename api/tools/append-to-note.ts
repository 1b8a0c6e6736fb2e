// The tool `append_to_note`: text at the end of a note or of one of its sections.
import { z } from 'zod';
import type { Tool, Writers } from './tool.ts';
import { createTool } from './tool.ts';
import { markdown, noteId, readRevision, writingScopes, writtenNote } from './written-note.ts';

export function createAppendToNoteTool(writers: Writers<'append'>, noteUrl: (id: string) => string): Tool {
  return createTool({
    name: 'append_to_note',
    title: 'Append to a note',
    description:
      'Adds lines at the end of a note, or of one section of it. Without a revision the note is taken as it is; a daily note that is not there is made from its template.',
    input: z.object({
      id: noteId.describe('Exact id as fetch returns it, or daily:today, daily:2026-11-26'),
      revision: readRevision.optional(),
      text: markdown.min(1).describe('Markdown to add, on lines of its own'),
      heading: z.string().min(1).max(1_000).optional().describe('At the end of the section below it'),
    }),
    output: writtenNote,
    scopes: writingScopes,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    run: async ({ id, ...change }, caller) => {
      const written = await writers(caller).append(id, change);
      return { id: written.id, url: noteUrl(written.id), revision: written.revision };
    },
  });
}
