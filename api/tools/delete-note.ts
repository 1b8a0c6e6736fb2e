// The tool `delete_note`: a note goes to the vault's trash, from where a person can take it back.
import { z } from 'zod';
import type { Tool, Writers } from './tool.ts';
import { createTool } from './tool.ts';
import { noteId, readRevision, writingScopes } from './written-note.ts';

export function createDeleteNoteTool(writers: Writers<'remove'>): Tool {
  return createTool({
    name: 'delete_note',
    title: 'Delete a note',
    description: "Moves a note to the vault's folder .trash, where its owner can find it again.",
    input: z.object({ id: noteId, revision: readRevision }),
    output: z.object({ id: z.string(), trashPath: z.string() }),
    scopes: writingScopes,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    run: ({ id, revision }, caller) => writers(caller).remove(id, { revision }),
  });
}
