// The tool `edit_note`: one part of a note, by what names it; the rest stays byte for byte.
import { z } from 'zod';
import { EditRefused } from '../vault/errors.ts';
import type { NoteEdit } from '../vault/writing/text/note-edit.ts';
import type { Tool, Writers } from './tool.ts';
import { createTool } from './tool.ts';
import { markdown, noteId, readRevision, writingScopes, writtenNote } from './written-note.ts';

const scalar = z.union([z.string().max(100_000), z.number(), z.boolean()]);
const items = z.union([scalar, z.array(scalar).min(1).max(1_000)]);

const input = z.object({
  id: noteId,
  revision: readRevision,
  heading: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe('The section below it; a path (Engine#Log) tells equal ones apart'),
  block: z.string().min(1).max(200).optional().describe('Block with this ^id'),
  text: markdown.optional().describe('Markdown, without the heading or ^id itself'),
  at: z.enum(['all', 'start', 'end']).optional().describe('all (default) replaces'),
  find: z.string().min(1).max(100_000).optional().describe('Exact text below the front matter, once'),
  replace: markdown.optional(),
  all: z.boolean().optional().describe('Replace every find'),
  field: z.string().min(1).max(200).optional().describe('Front-matter field'),
  value: z
    .union([scalar, z.array(scalar).max(1_000), z.null()])
    .optional()
    .describe('null removes the field'),
  add: items.optional().describe('To the list in field'),
  remove: items.optional(),
});

type Input = z.output<typeof input>;
type Name = keyof Input;

/** What names the part, and what goes with it: all of `needs` or, of several, one. */
const ways = [
  { name: 'heading', needs: ['text'], takes: ['at'] },
  { name: 'block', needs: ['text'], takes: ['at'] },
  { name: 'find', needs: ['replace'], takes: ['all'] },
  { name: 'field', needs: ['value', 'add', 'remove'], takes: [] },
] as const;

const usage =
  'Give one of: heading with text (and at), block with text (and at), find with replace (and all), field with value, add or remove.';

export function createEditNoteTool(writers: Writers<'edit'>, noteUrl: (id: string) => string): Tool {
  return createTool({
    name: 'edit_note',
    title: 'Edit part of a note',
    description:
      'Changes one part of a note and keeps the rest. Give one of: heading or block with text (and at); find with replace (and all); field with value, add or remove.',
    input,
    output: writtenNote.extend({ unchanged: z.string().optional() }),
    scopes: writingScopes,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
    run: async ({ id, revision, ...given }, caller) => {
      const written = await writers(caller).edit(id, { revision, edit: readEdit(given) });
      const { unchanged } = written;
      return {
        ...{ id: written.id, url: noteUrl(written.id), revision: written.revision },
        ...(unchanged === undefined ? {} : { unchanged }),
      };
    },
  });
}

type Given = Omit<Input, 'id' | 'revision'>;

function readEdit(given: Given): NoteEdit {
  requireOneWay(given);
  const { heading, block, find, field = '', value, text = '', at = 'all', replace = '', all = false } = given;
  if (heading !== undefined) return { part: 'section', heading, text, at };
  if (block !== undefined) return { part: 'block', block, text, at };
  if (find !== undefined) return { part: 'found', find, replace, all };
  if (value !== undefined) return { part: 'field', field, value };
  return { part: 'items', field, add: listOf(given.add), remove: listOf(given.remove) };
}

type Item = z.output<typeof scalar>;

function listOf(given: Item | Item[] | undefined): Item[] | undefined {
  return given === undefined || Array.isArray(given) ? given : [given];
}

function requireOneWay(given: Given): void {
  const has = (name: Name): boolean => given[name as keyof Given] !== undefined;
  const chosen = ways.filter(({ name }) => has(name));
  const [way] = chosen;
  if (way === undefined || chosen.length > 1) {
    throw new EditRefused(
      `${usage} This has ${way ? chosen.map(({ name }) => name).join(' and ') : 'none'}.`,
    );
  }
  const own: readonly string[] = [way.name, ...way.needs, ...way.takes];
  const foreign = (Object.keys(given) as Name[]).find((name) => has(name) && !own.includes(name));
  if (foreign !== undefined) throw new EditRefused(`${foreign} does not go with ${way.name}. ${usage}`);
  const needed = way.needs.filter(has);
  if (needed.length !== 1) {
    throw new EditRefused(
      `${way.name} needs ${needed.length > 1 ? 'only one of ' : ''}${way.needs.join(', ')}. ${usage}`,
    );
  }
}
