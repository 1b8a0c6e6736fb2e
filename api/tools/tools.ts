// Every tool there is, in the order in which they are listed.

import { inTurn, mostNotesAtOnce, Turns } from '../sharing/turns.ts';
import { VaultReadOnly } from '../vault/errors.ts';
import type { Vault } from '../vault/vault.ts';
import type { WriterFor } from '../vault/writing/writer.ts';
import { createAppendToNoteTool } from './append-to-note.ts';
import { createCreateNoteTool } from './create-note.ts';
import { createDeleteNoteTool } from './delete-note.ts';
import { createEditNoteTool } from './edit-note.ts';
import { createFetchTool } from './fetch.ts';
import { createListTool } from './list.ts';
import { createMoveNoteTool } from './move-note.ts';
import { createReplaceNoteTool } from './replace-note.ts';
import { createScanTool } from './scan.ts';
import { createSearchTool } from './search.ts';
import type { Tool } from './tool.ts';
import { withhold } from './tool.ts';

/**
 * `noteUrl` is the citation link of a note; `turns` are those of all who read notes. Where the vault can't be written
 * the writing tools are not listed.
 */
export function createTools(
  vault: Vault,
  noteUrl: (id: string) => string,
  turns = new Turns(mostNotesAtOnce),
): Tool[] {
  const { writerFor = noWriter } = vault;
  const writing = createWritingTools((caller) => inTurn(writerFor(caller)), noteUrl);
  return [
    createSearchTool(vault, noteUrl),
    createFetchTool({ vault, turns }, noteUrl),
    createListTool(vault),
    createScanTool(vault),
    ...(vault.writerFor ? writing : writing.map((tool) => withhold(tool, new VaultReadOnly()))),
  ];
}

const noWriter: WriterFor = () => {
  throw new VaultReadOnly();
};

function createWritingTools(writers: WriterFor, noteUrl: (id: string) => string): Tool[] {
  return [
    createCreateNoteTool(writers, noteUrl),
    createAppendToNoteTool(writers, noteUrl),
    createReplaceNoteTool(writers, noteUrl),
    createEditNoteTool(writers, noteUrl),
    createMoveNoteTool(writers, noteUrl),
    createDeleteNoteTool(writers),
  ];
}
