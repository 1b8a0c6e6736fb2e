// The tool `list`: what is in a folder of the vault, or in all of it by tag, time or links, a page at a time.
import { z } from 'zod';
import { fitPage } from '../answers/page.ts';
import { shortenTitle } from '../answers/size.ts';
import type { ListPage } from '../vault/index/lists/walk.ts';
import type { Vault } from '../vault/vault.ts';
import type { Tool } from './tool.ts';
import { createTool, pageCursor, pageLimit, toIsoTime } from './tool.ts';

type ListedVault = Pick<Vault, 'listFolder' | 'list' | 'listConflicts'>;

interface Asked {
  folder: string;
  cursor?: string | undefined;
  limit: number;
}

type Page = ListPage<Record<string, unknown>>;

/** What can be listed, and how a page of it is read. */
const kinds = {
  folder: (vault: ListedVault, asked: Asked): Page => listFolder(vault, asked),
  tags: (vault: ListedVault, asked: Asked): Promise<Page> => vault.list('tags', asked),
  recent: async (vault: ListedVault, asked: Asked): Promise<Page> => {
    const { entries, ...rest } = await vault.list('recent', asked);
    return {
      entries: entries.map((one) => ({ ...one, modifiedAt: toIsoTime(one.modifiedAt) })),
      ...rest,
    };
  },
  missing: (vault: ListedVault, asked: Asked): Promise<Page> => vault.list('missing', asked),
  orphans: (vault: ListedVault, asked: Asked): Promise<Page> => vault.list('orphans', asked),
  conflicts: (vault: ListedVault, { cursor, limit }: Asked): Page =>
    fitPage(
      limit,
      (fewer) => {
        const { conflicts, ...rest } = vault.listConflicts({ cursor, limit: fewer });
        return { entries: conflicts.map((one) => ({ ...one })), ...rest };
      },
      ({ entries }) => entries,
    ),
};

type Kind = keyof typeof kinds;

export function createListTool(vault: ListedVault): Tool {
  return createTool({
    name: 'list',
    title: 'List a folder, tags, links',
    description:
      'Lists a folder ({kind, path, title}) or, of all the vault, tags ({tag, notes}), recent ({id, title, modifiedAt}), missing (links to nothing: {target, from}), orphans (without links: {id, title}), conflicts (copies of sync programs: {id, conflictOf}). For more call again with nextCursor as cursor.',
    input: z
      .object({
        of: z.enum(Object.keys(kinds) as [Kind, ...Kind[]]).default('folder'),
        folder: z.string().max(4_096).default('').describe('Its path; empty for the top of the vault'),
        limit: pageLimit,
        cursor: pageCursor,
      })
      .refine(({ of, folder }) => of === 'folder' || folder === '', {
        message: 'only a folder is listed by its path: leave it out',
        path: ['folder'],
      }),
    output: z.object({
      folder: z.string().optional(),
      // one shape for each list: named in the description, which is shorter than a schema of them all
      entries: z.array(z.record(z.string(), z.unknown())),
      nextCursor: z.string().optional(),
    }),
    scopes: ['vault.read'],
    annotations: { readOnlyHint: true },
    run: async ({ of, ...asked }) => ({
      ...(of === 'folder' ? { folder: asked.folder } : {}),
      ...(await kinds[of](vault, asked)),
    }),
  });
}

function listFolder(vault: ListedVault, { folder, cursor, limit }: Asked): Page {
  const read = (fewer: number): Page => shortenTitles(vault.listFolder(folder, { cursor, limit: fewer }));
  return fitPage(limit, read, ({ entries }) => entries);
}

function shortenTitles({ entries, ...rest }: ReturnType<Vault['listFolder']>): Page {
  const shown = entries.map(({ title, ...one }) => ({
    ...one,
    ...(title === undefined ? {} : { title: shortenTitle(title) }),
  }));
  return { entries: shown, ...rest };
}
