// The tool `scan`: every note of the vault with its front matter, filtered, a page at a time.
import { z } from 'zod';
import { fitPage } from '../answers/page.ts';
import { shortenTitle } from '../answers/size.ts';
import type { NoteSummary } from '../vault/index/answers.ts';
import type { Vault } from '../vault/vault.ts';
import type { Tool } from './tool.ts';
import { createTool, pageCursor, pageLimit, toIsoTime } from './tool.ts';

const input = z.object({
  folder: z.string().max(4_096).optional().describe('Only notes below this folder'),
  tag: z.string().max(200).optional().describe('Only notes with this tag or one nested in it'),
  field: z.string().max(200).optional().describe('Only notes with this front-matter field'),
  value: z.string().max(1_000).optional().describe('Only where the field has this value'),
  modifiedSince: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })])
    .optional()
    .describe('Only notes changed since this ISO 8601 date or time; a date is midnight UTC'),
  limit: pageLimit,
  cursor: pageCursor,
});

const output = z.object({
  notes: z.array(
    z.object({
      id: z.string(),
      path: z.string(),
      title: z.string(),
      frontMatter: z.record(z.string(), z.unknown()),
      tags: z.array(z.string()),
      createdAt: z.string(),
      modifiedAt: z.string(),
      sizeBytes: z.number(),
      revision: z.string(),
      conflictOf: z.string().optional(),
    }),
  ),
  nextCursor: z.string().optional(),
  indexing: z
    .object({ notes: z.int(), indexed: z.int() })
    .optional()
    .describe('Only while the index is being built: how far it is'),
});

export function createScanTool(vault: Pick<Vault, 'scan' | 'progress'>): Tool {
  return createTool({
    name: 'scan',
    title: 'Scan the vault',
    description:
      'Goes through every note: path, title, front matter, tags, dates, size and revision, without the text. ' +
      'Filters narrow it. Call again with nextCursor until there is none: each note comes once.',
    input: input.refine(({ field, value }) => value === undefined || field !== undefined, {
      message: 'value needs field',
      path: ['value'],
    }),
    output,
    scopes: ['vault.read'],
    annotations: { readOnlyHint: true },
    run: ({ field, value, modifiedSince, limit, ...rest }) => {
      const filter = {
        ...rest,
        field: field === undefined ? undefined : { name: field, value },
        // Whole seconds are kept: what changed within the second counts as since.
        modifiedSince:
          modifiedSince === undefined ? undefined : Math.floor(Date.parse(modifiedSince) / 1_000),
      };
      const { notes, nextCursor } = fitPage(
        limit,
        (fewer) => describePage(vault.scan({ ...filter, limit: fewer })),
        (page) => page.notes,
      );
      const { building, ...indexing } = vault.progress();
      return {
        notes,
        ...(nextCursor === undefined ? {} : { nextCursor }),
        ...(building ? { indexing } : {}),
      };
    },
  });
}

function describePage({ notes, nextCursor }: ReturnType<Vault['scan']>): {
  notes: ReturnType<typeof describeNote>[];
  nextCursor?: string | undefined;
} {
  return { notes: notes.map(describeNote), nextCursor };
}

function describeNote(note: NoteSummary): z.input<typeof output>['notes'][number] {
  const { title, createdAt, modifiedAt, ...rest } = note;
  return {
    ...rest,
    title: shortenTitle(title),
    createdAt: toIsoTime(createdAt),
    modifiedAt: toIsoTime(modifiedAt),
  };
}
