// The page of the vault: what loop has of the folder, and what a client would find.
import { createPage } from './pages.ts';

/** Ids, as many as are named. */
export interface NamedNotes {
  ids: string[];
  isWhole: boolean;
}

export interface VaultFacts {
  isAway: boolean;
  isWritable: boolean;
  notes: number;
  /** Of the notes, while the index is being built. */
  percent: number | undefined;
  isBuilding: boolean;
  /** Epoch seconds. */
  lastChangeAt: number | undefined;
  hidden: { setting: number; excluded: number; isWhole: boolean };
  unread: NamedNotes;
  forms: NamedNotes;
  conflicts: NamedNotes;
}

/** What a client gets for each note. */
export interface FoundNote {
  id: string;
  title: string;
  text: string;
  modifiedAt: string;
}

export interface MissedNote {
  why: 'unreadable' | 'others' | 'hiddenBySetting' | 'hiddenByObsidian' | 'building';
  /** Where it may be looked at. */
  id?: string;
}

interface VaultData {
  name: string;
  action: string;
  changesHref: string;
  query: string;
  facts: VaultFacts;
  search: { found: FoundNote[]; isMore: boolean; missed: MissedNote | undefined } | undefined;
  addressOf: (id: string) => string;
}

export const vaultPage = createPage<VaultData>('vault', ({ facts, addressOf, search, ...data }) => ({
  ...data,
  ...facts,
  search,
  lists: (['conflicts', 'unread', 'forms'] as const)
    .filter((name) => facts[name].ids.length > 0)
    .map((name) => ({
      name,
      isWhole: facts[name].isWhole,
      // names in several forms may be folders, which have no page
      notes: facts[name].ids.map((id) => ({ id, href: name === 'forms' ? undefined : addressOf(id) })),
    })),
  results: search?.found.map((note) => ({
    ...note,
    href: addressOf(note.id),
    changedAt: Math.floor(Date.parse(note.modifiedAt) / 1_000),
  })),
  missedHref: search?.missed?.id === undefined ? undefined : addressOf(search.missed.id),
}));
