// What a call may use: the tools and resources of the vault, or of the part of it that its token reaches. There is no
// other way from a route to a note, so that none can forget what a grant narrows.

import { createNoteResources, type NoteResources } from './mcp/note-resources.ts';
import type { Turns } from './sharing/turns.ts';
import type { Principal } from './tokens/verifier.ts';
import type { Tool } from './tools/tool.ts';
import { createTools } from './tools/tools.ts';
import type { Cause } from './vault/changes/cause.ts';
import type { NarrowedVaults } from './vault/narrowed-vaults.ts';
import type { Vault } from './vault/vault.ts';

export interface Access {
  tools: readonly Tool[];
  notes: NoteResources;
}

export interface OwnAccess extends Access {
  /** Who is noted down with what is changed. */
  caller: Cause;
}

/** At once, without a promise, where nothing is narrowed. */
export type FindAccess = (principal: Principal) => OwnAccess | Promise<OwnAccess>;

export interface AccessOptions {
  vault: Vault;
  narrowed: Pick<NarrowedVaults, 'within'>;
  noteUrl: (id: string) => string;
  /** Those of all who read notes. */
  turns: Turns;
}

/** `all` is for what is described to everybody alike, such as the list of tools. */
export function createAccess(options: AccessOptions): {
  all: Access;
  find: FindAccess;
  /** For a person's pages. To be asked for again for each page. */
  vaultFor: (principal: Principal) => Promise<Vault>;
} {
  const { noteUrl, turns, narrowed } = options;
  const create = (vault: Vault): Access => ({
    tools: createTools(vault, noteUrl, turns),
    notes: createNoteResources({ vault, turns }),
  });
  const all = create(options.vault);
  const parts = new WeakMap<Vault, Access>();
  const createOnce = (vault: Vault): Access => {
    const access = parts.get(vault) ?? create(vault);
    parts.set(vault, access);
    return access;
  };
  return {
    all,
    vaultFor: async ({ reach }) => (reach === undefined ? options.vault : narrowed.within(reach)),
    find: (principal) => {
      const { reach } = principal;
      const caller = causeOf(principal);
      if (reach === undefined) return { ...all, caller };
      const found = narrowed.within(reach).then((vault) => ({ ...createOnce(vault), caller }));
      // who asks for nothing of the vault does not wait for it, and is told nothing of its trouble
      found.catch(() => undefined);
      return found;
    },
  };
}

export function causeOf({ clientId, clientName, subject, username }: Principal): Cause {
  return { client: { id: clientId, name: clientName }, account: { id: subject, name: username } };
}
