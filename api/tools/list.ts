// The tool `list`: what is in a folder of the vault, a page at a time.
import { z } from 'zod';
import { BadCursor } from '../vault/errors.ts';
import type { Vault } from '../vault/vault.ts';
import type { Tool } from './tool.ts';
import { createTool, ToolInputRefused } from './tool.ts';

export function createListTool(vault: Pick<Vault, 'listFolder'>): Tool {
  return createTool({
    name: 'list',
    title: 'List a folder',
    description:
      'Lists the notes, files and folders in one folder of the vault. Call again with nextCursor for more.',
    input: z.object({
      folder: z
        .string()
        .max(4_096)
        .default('')
        .describe('Path of the folder; empty for the top of the vault'),
      cursor: z.string().max(4_096).optional().describe('nextCursor of the page before'),
    }),
    output: z.object({
      folder: z.string(),
      entries: z.array(
        z.object({
          kind: z.enum(['folder', 'note', 'file']),
          path: z.string(),
          title: z.string().optional(),
        }),
      ),
      nextCursor: z.string().optional(),
    }),
    scopes: ['vault.read'],
    annotations: { readOnlyHint: true },
    run: ({ folder, cursor }) => {
      try {
        return { folder, ...vault.listFolder(folder, { cursor }) };
      } catch (error) {
        if (error instanceof BadCursor) throw new ToolInputRefused(error.message, { cause: error });
        throw error;
      }
    },
  });
}
