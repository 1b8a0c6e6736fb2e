// Undoing in a vault, put together: the journal, the mover's way back, and the index, which is told of all of it.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMove, type Step } from './changes/change.ts';
import { ChangeUndoer, type UndoOptions } from './changes/undoing/undo.ts';
import { EditRefused, VaultAway } from './errors.ts';
import { findVaultHome } from './index/folder/home.ts';
import { planMoveBack } from './moving/move-back.ts';
import { TooMuchToMend } from './moving/move-plan.ts';
import { listFilesBelow } from './moving/moved-files.ts';
import type { ChangedPart, LinkSource } from './moving/mover.ts';
import { folderOf } from './notes/name.ts';
import { normalizeText } from './unicode.ts';

export interface UndoerOptions extends Pick<UndoOptions, 'root' | 'requireHome' | 'onLeft' | 'isChangeable'> {
  /** Of all of the vault. Asked for where a move is undone. */
  links(): Promise<LinkSource>;
  /** Told of what is not as it was. */
  onChanged?: ((part: ChangedPart) => Promise<void>) | undefined;
}

export function createUndoer({ links, onChanged, ...options }: UndoerOptions): ChangeUndoer {
  const { root } = options;
  return new ChangeUndoer({
    ...options,
    planMoveBack: async (entry) => {
      return planMoveBack({ root, links: await links() }, entry).catch((error: unknown) => {
        throw error instanceof TooMuchToMend
          ? new EditRefused('Too many notes link to what was moved: move it back in smaller parts.')
          : error;
      });
    },
    onDone: onChanged && (async (steps) => onChanged(await describe(root, steps))),
  });
}

const toId = (way: string): string => normalizeText(way, 'NFC');

async function describe(root: string, steps: readonly Step[]): Promise<ChangedPart> {
  const moved: ChangedPart['moved'] = [];
  for (const step of steps.filter((one) => isMove(one))) {
    for (const way of await listFiles(root, step.to)) {
      moved.push([toId(way), toId(step.from + way.slice(step.to.length))]);
    }
  }
  const paths = steps.flatMap((step) => (isMove(step) ? [step.from, step.to] : [step.path])).map(toId);
  const folders = [...paths, ...moved.flat()].map(folderOf);
  return { folders: [...new Set(folders)], moved };
}

async function listFiles(root: string, way: string): Promise<string[]> {
  const stats = await lstat(join(root, way)).catch(() => undefined);
  return stats?.isDirectory() ? listFilesBelow(root, way) : [way];
}

/** For who has no index that knows the folder: throws VaultAway where it is not the one that it is now. */
export async function rememberHome(root: string): Promise<(cause?: unknown) => Promise<void>> {
  const known = (await findVaultHome(root, undefined))?.identity;
  return async (cause) => {
    const home = await findVaultHome(root, known);
    if (home === undefined || home.identity !== known) {
      throw new VaultAway({ cause });
    }
  };
}
