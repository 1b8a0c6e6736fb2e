// What the writing tools have in common: what they take and what they answer.
import { z } from 'zod';

export const noteId = z
  .string()
  .min(1)
  .max(4_096)
  .describe('The exact id of a note, as fetch returns it; no name or link');

export const readRevision = z
  .string()
  .min(1)
  .max(100)
  .describe(
    'metadata.revision of the note as you fetched it, or the revision that your last change returned',
  );

export const markdown = z.string().max(1_000_000);

export const writtenNote = z.object({
  id: z.string(),
  url: z.string(),
  revision: z.string().describe('Give it with the next change of this note'),
});

export const writingScopes = ['vault.write'];
