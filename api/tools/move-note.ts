// The tool `move_note`: another path for a note or a folder, and every link goes on leading there.
import { z } from 'zod';
import type { Tool, Writers } from './tool.ts';
import { createTool } from './tool.ts';
import { readRevision, writingScopes } from './written-note.ts';

const path = z.string().min(1).max(4_096);

export function createMoveNoteTool(writers: Writers<'move'>, noteUrl: (id: string) => string): Tool {
  return createTool({
    name: 'move_note',
    title: 'Move or rename',
    description:
      'Moves or renames a note, file or folder. All links to it follow by themselves. Missing folders are made.',
    input: z.object({
      id: path.describe('Exact id, or path of a folder'),
      to: path.describe('Whole new path, free so far'),
      revision: readRevision.optional(),
    }),
    output: z.object({
      id: z.string(),
      url: z.string().optional(),
      revision: z.string().optional(),
      mended: z.int().describe('Notes whose links were mended'),
    }),
    scopes: writingScopes,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
    run: async ({ id, to, revision }, caller) => {
      const { kind, ...moved } = await writers(caller).move(id, { to, revision });
      return { ...moved, ...(kind === 'folder' ? {} : { url: noteUrl(moved.id) }) };
    },
  });
}
