// The tool `scan`: every note of the vault with its front matter, filtered, a page at a time.
import { z } from 'zod';
import { boundFrontMatter, boundList } from '../answers/metadata.ts';
import { fitPage } from '../answers/page.ts';
import { countText, shortenTitle } from '../answers/size.ts';
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
  order: z
    .enum(['path', 'modified'])
    .default('path')
    .describe(
      'modified: newest first. A note moved (path) or changed (modified) meanwhile may come twice or not',
    ),
  limit: pageLimit,
  cursor: pageCursor,
});

/** Characters of JSON: a page is one of many, and half an answer is enough of a model's attention. */
const longestPage = 25_000;
/** Of a page, for the front matter and the tags of one note, with its names and the cursor that follows. */
const roomForNote = 20_000;

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
      warnings: z.array(z.string()).optional(),
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
      'Goes through every note: path, title, front matter, tags, dates, size and revision, without the text; filters narrow it. ' +
      'For more call again with nextCursor as cursor and the same arguments, until there is no nextCursor.',
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
        longestPage,
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
  const { id, title, createdAt, modifiedAt, ...rest } = note;
  // As id, as path and, longer by a third, in the cursor.
  const room = Math.max(roomForNote - 4 * countText(id), 0);
  const tags = boundList('tags', note.tags, room / 5);
  const frontMatter = boundFrontMatter(note.frontMatter, (room * 4) / 5);
  const warnings = [...frontMatter.warnings, ...tags.warnings];
  return {
    id,
    ...rest,
    title: shortenTitle(title),
    frontMatter: frontMatter.value,
    tags: tags.value,
    createdAt: toIsoTime(createdAt),
    modifiedAt: toIsoTime(modifiedAt),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}
