// Whether the folder of notes is there: a share that is not mounted leaves no folder, one that fails, or an empty one.
import { readdir, stat } from 'node:fs/promises';
import { isVisibleName } from '../../notes/path.ts';

export interface VaultHome {
  /** Another file system or another folder in its place has another one. */
  identity: string;
  /** It has something in it, and is not the one known. */
  isNew: boolean;
}

/**
 * Undefined where the vault is away: its folder can't be asked, or it is empty and is not the folder (`known`) that
 * had notes before. A folder that is still the same one and empty has been emptied.
 */
export async function findVaultHome(root: string, known: string | undefined): Promise<VaultHome | undefined> {
  try {
    const { dev, ino } = await stat(root, { bigint: true });
    const identity = `${dev}:${ino}`;
    if (identity === known) {
      return { identity, isNew: false };
    }
    const isNew = (await readdir(root)).some(isVisibleName);
    return isNew || known === undefined ? { identity, isNew } : undefined;
  } catch {
    return undefined;
  }
}
