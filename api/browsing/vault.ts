// GET /vault of a person: the folder as loop sees it, and a search that shows what a client gets.
import type { RequestHandler } from 'express';
import { causeOf } from '../access.ts';
import type { ShowPage } from '../http/frame.ts';
import {
  type FoundNote,
  type MissedNote,
  type NamedNotes,
  type VaultFacts,
  vaultPage,
} from '../pages/vault.ts';
import { personOf } from '../people/person.ts';
import { createSearchTool } from '../tools/search.ts';
import { VaultRefusal } from '../vault/errors.ts';
import type { Vault } from '../vault/vault.ts';
import { addressOf as changesAddress } from './changes/asked.ts';
import { encodePath } from './paths.ts';
import type { VaultFor } from './vault-for.ts';

export interface VaultPageParts {
  showPage: ShowPage;
  vaultFor: VaultFor;
  vaultName: string;
  noteUrl: (id: string) => string;
  pathPrefix: string;
}

/** As long as a client's query may be. */
const longestQuery = 1_000;
const mostNamed = 100;

export function showVault(parts: VaultPageParts): RequestHandler {
  const { showPage, vaultName, pathPrefix } = parts;
  const searchTools = new WeakMap<Vault, ReturnType<typeof createSearchTool>>();
  return async (req, res) => {
    const person = personOf(res);
    const vault = await parts.vaultFor(person.principal);
    const query = readQuery(req.url);
    const tool = searchTools.get(vault) ?? createSearchTool(vault, parts.noteUrl);
    searchTools.set(vault, tool);
    const search =
      query === ''
        ? undefined
        : await findNotes(vault, (input) => tool.run(input, causeOf(person.principal)), query);
    const data = {
      name: vaultName,
      action: `${pathPrefix}/vault`,
      changesHref: `${pathPrefix}${changesAddress()}`,
      query,
      facts: await readFacts(vault),
      search,
      addressOf: (id: string) => `${pathPrefix}/notes/${encodePath(id)}`,
    };
    showPage({ req, res, needs: 'form' }, vaultPage, data, { accountName: person.name, vaultName });
  };
}

function readQuery(url: string): string {
  return (new URLSearchParams(url.split('?', 2)[1]).get('query') ?? '').trim().slice(0, longestQuery);
}

async function readFacts(vault: Vault): Promise<VaultFacts> {
  const { notes, indexed, building } = vault.progress();
  const [last] = (await vault.list('recent', { limit: 1 })).entries;
  const { conflicts, nextCursor } = vault.listConflicts({ limit: mostNamed });
  return {
    isAway: vault.isAway(),
    isWritable: vault.writerFor !== undefined,
    notes,
    percent: building && notes > 0 ? Math.min(99, Math.floor((indexed / notes) * 100)) : undefined,
    isBuilding: building,
    lastChangeAt: last?.modifiedAt,
    hidden: await vault.shown.countHidden(),
    unread: someOf(vault.unreadNotes()),
    forms: someOf(vault.listForms()),
    conflicts: { ids: conflicts.map(({ id }) => id), isWhole: nextCursor === undefined },
  };
}

function someOf(ids: readonly string[]): NamedNotes {
  return { ids: ids.slice(0, mostNamed), isWhole: ids.length <= mostNamed };
}

async function findNotes(
  vault: Vault,
  search: (input: { query: string }) => Promise<object>,
  query: string,
): Promise<{ found: FoundNote[]; isMore: boolean; missed: MissedNote | undefined }> {
  const { results, more } = (await search({ query })) as { results: FoundNote[]; more?: true };
  const missed = await explainMiss(vault, query, results);
  return { found: results, isMore: more === true, missed };
}

/** Why a note that the query names is not among what was found; undefined where none is missed. */
async function explainMiss(
  vault: Vault,
  query: string,
  found: readonly FoundNote[],
): Promise<MissedNote | undefined> {
  const id = await findNamed(vault, query);
  if (id !== undefined) {
    if (found.some((one) => one.id === id)) return undefined;
    return { why: vault.unreadNotes().includes(id) ? 'unreadable' : 'others', id };
  }
  const setting = await vault.shown.findHiding(query);
  if (setting !== undefined) return { why: setting === 'setting' ? 'hiddenBySetting' : 'hiddenByObsidian' };
  return vault.progress().building && found.length === 0 ? { why: 'building' } : undefined;
}

async function findNamed(vault: Vault, query: string): Promise<string | undefined> {
  try {
    return (await vault.findNote(query))?.id;
  } catch (error) {
    // several notes of one name, or no folder to look in
    if (error instanceof VaultRefusal) return undefined;
    throw error;
  }
}
