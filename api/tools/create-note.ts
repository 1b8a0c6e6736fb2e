// The tool `create_note`: a new note, never in place of one.
import { z } from 'zod';
import type { Tool, Writers } from './tool.ts';
import { createTool } from './tool.ts';
import { markdown, writingScopes, writtenNote } from './written-note.ts';

export function createCreateNoteTool(writers: Writers<'create'>, noteUrl: (id: string) => string): Tool {
  return createTool({
    name: 'create_note',
    title: 'Create a note',
    description:
      'Creates a note. Folders are made where they are missing; a note that exists is never overwritten.',
    input: z
      .object({
        path: z.string().min(1).max(4_096).describe('Path in the vault, such as Projects/Garden.md'),
        text: markdown.optional().describe('Markdown; may start with YAML front matter'),
        template: z
          .string()
          .min(1)
          .max(1_000)
          .optional()
          .describe('A template of the vault; text goes below'),
      })
      .refine(
        ({ text, template }) => text !== undefined || template !== undefined,
        'Give text, template or both',
      ),
    output: writtenNote,
    scopes: writingScopes,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    run: async ({ path, text = '', template }, caller) => {
      const { id, revision } = await writers(caller).create(path, text, { template });
      return { id, url: noteUrl(id), revision };
    },
  });
}
