// The tool `list`: what is in a folder of the vault, a page at a time.
import { z } from 'zod';
import { fitPage } from '../answers/page.ts';
import { shortenTitle } from '../answers/size.ts';
import type { Vault } from '../vault/vault.ts';
import type { Tool } from './tool.ts';
import { createTool, pageCursor, pageLimit } from './tool.ts';

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
      limit: pageLimit,
      cursor: pageCursor,
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
    run: ({ folder, cursor, limit }) => ({
      folder,
      ...fitPage(
        limit,
        (fewer) => shortenTitles(vault.listFolder(folder, { cursor, limit: fewer })),
        ({ entries }) => entries,
      ),
    }),
  });
}

type Listing = ReturnType<Vault['listFolder']>;

function shortenTitles({ entries, ...rest }: Listing): Listing {
  const shown = entries.map((entry) =>
    entry.title === undefined ? entry : { ...entry, title: shortenTitle(entry.title) },
  );
  return { entries: shown, ...rest };
}
