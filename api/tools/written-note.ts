// What the writing tools have in common: what they take and what they answer.
import { z } from 'zod';

export const noteId = z.string().min(1).max(4_096).describe('Exact id as fetch returns it, no name or link');

export const readRevision = z
  .string()
  .min(1)
  .max(100)
  .describe('metadata.revision as fetched, or that of your last change');

export const markdown = z.string().max(1_000_000);

export const writtenNote = z.object({
  id: z.string(),
  url: z.string(),
  revision: z.string().describe('For the next change'),
});

export const writingScopes = ['vault.write'];
