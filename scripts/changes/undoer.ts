// Who undoes changes of the vault of the settings, beside a loop-api that may run.
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../../api/config.ts';
import type { ChangeUndoer } from '../../api/vault/changes/undoing/undo.ts';
import { findRoot } from '../../api/vault/root.ts';
import { createUndoer, rememberHome } from '../../api/vault/undoing.ts';
import { openVault, type Vault } from '../../api/vault/vault.ts';

const waitMs = 50;
/** Nothing is swept while somebody undoes: loop-api does that by its own settings. */
const retention = { days: Number.POSITIVE_INFINITY, size: Number.POSITIVE_INFINITY };

type Settings = Pick<Config, 'vaultDirectory' | 'hidden' | 'timeZone'>;

/** Throws VaultNotFound, VaultNotReadable. */
export async function openUndoer(
  config: Settings,
): Promise<{ undoer: ChangeUndoer; close(): Promise<void> }> {
  const root = await findRoot(config.vaultDirectory);
  // An index of its own, in memory, and only where a move is undone: that of loop-api has one who keeps it.
  let indexed: Promise<Vault> | undefined;
  const undoer = createUndoer({
    root,
    requireHome: await rememberHome(root),
    links: async () => {
      indexed ??= openIndexed(config);
      return (await indexed).links;
    },
    onChanged: async (part) => (await indexed)?.links.bringInStep(part),
  });
  return { undoer, close: async () => (await indexed)?.close() };
}

async function openIndexed({ vaultDirectory: directory, hidden, timeZone }: Settings): Promise<Vault> {
  const vault = await openVault({ directory, hidden, timeZone, retention, indexPath: ':memory:' });
  while (vault.progress().building) await setTimeout(waitMs);
  return vault;
}
