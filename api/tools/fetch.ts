// The tool `fetch`, in the shape that ChatGPT asks for: an id in, the whole note out.
import { z } from 'zod';
import { NoteNotFound } from '../vault/errors.ts';
import type { Vault } from '../vault/vault.ts';
import type { Tool } from './tool.ts';
import { createTool, toIsoTime } from './tool.ts';

export function createFetchTool(vault: Pick<Vault, 'readNote'>, noteUrl: (id: string) => string): Tool {
  return createTool({
    name: 'fetch',
    title: 'Read a note',
    description: 'Reads one note of the vault: its text, and its front matter, tags and links as metadata.',
    input: z.object({ id: z.string().min(1).max(4_096).describe('The id of a note, as search returns it') }),
    output: z.object({
      id: z.string(),
      title: z.string(),
      text: z.string(),
      url: z.string(),
      metadata: z.record(z.string(), z.unknown()),
    }),
    scopes: ['vault.read'],
    annotations: { readOnlyHint: true },
    run: async ({ id }) => {
      const note = await vault.readNote(id);
      if (!note) throw new NoteNotFound();
      const { path, frontMatter, tags, links, backlinks, revision, warnings } = note;
      return {
        id: note.id,
        title: note.title,
        text: note.text,
        url: noteUrl(note.id),
        metadata: {
          path,
          frontMatter,
          tags,
          links,
          backlinks,
          createdAt: toIsoTime(note.createdAt),
          modifiedAt: toIsoTime(note.modifiedAt),
          revision,
          ...(warnings.length > 0 ? { warnings } : {}),
        },
      };
    },
  });
}
