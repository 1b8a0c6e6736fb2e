// The tool `edit_note`: one section or one front-matter field of a note; the rest stays byte for byte.
import { z } from 'zod';
import type { Tool, Writers } from './tool.ts';
import { createTool } from './tool.ts';
import { markdown, noteId, readRevision, writingScopes, writtenNote } from './written-note.ts';

const scalar = z.union([z.string().max(100_000), z.number(), z.boolean()]);

const input = z
  .object({
    id: noteId,
    revision: readRevision,
    heading: z.string().min(1).max(1_000).optional().describe('Replaces what stands below this heading'),
    text: markdown
      .optional()
      .describe('With heading: the new Markdown of the section, without the heading itself'),
    field: z.string().min(1).max(200).optional().describe('Sets this front-matter field'),
    value: z
      .union([scalar, z.array(scalar).max(1_000), z.null()])
      .optional()
      .describe('With field: its new value; null removes the field'),
  })
  .refine(
    ({ heading, text, field, value }) =>
      field === undefined
        ? heading !== undefined && text !== undefined && value === undefined
        : value !== undefined && heading === undefined && text === undefined,
    'Give either heading and text, or field and value',
  );

export function createEditNoteTool(
  writers: Writers<'replaceSection' | 'setField'>,
  noteUrl: (id: string) => string,
): Tool {
  return createTool({
    name: 'edit_note',
    title: 'Edit part of a note',
    description:
      'Changes one part of a note and leaves the rest as it is: give heading and text for the section below a heading (up to the next heading of its level), or field and value for one front-matter field.',
    input,
    output: writtenNote,
    scopes: writingScopes,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    run: async ({ id, revision, heading = '', text = '', field, value = null }, caller) => {
      const writer = writers(caller);
      const written = await (field === undefined
        ? writer.replaceSection(id, { heading, text, revision })
        : writer.setField(id, { field, value, revision }));
      return { id: written.id, url: noteUrl(written.id), revision: written.revision };
    },
  });
}
