// Every tool there is, in the order in which they are listed.
import type { Vault } from '../vault/vault.ts';
import { createFetchTool } from './fetch.ts';
import { createListTool } from './list.ts';
import { createScanTool } from './scan.ts';
import { createSearchTool } from './search.ts';
import type { Tool } from './tool.ts';

/** `noteUrl` is the citation link of a note. */
export function createTools(vault: Vault, noteUrl: (id: string) => string): Tool[] {
  return [
    createSearchTool(vault, noteUrl),
    createFetchTool(vault, noteUrl),
    createListTool(vault),
    createScanTool(vault),
  ];
}
