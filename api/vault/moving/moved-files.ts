// Which files go with what is moved, and in which steps.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MoveStep } from '../changes/change.ts';
import { NoteNotFound, PathClosed } from '../errors.ts';
import { foldName } from '../notes/name.ts';
import { normalizeText } from '../unicode.ts';
import type { MoveGoal, VaultPart } from './goal.ts';
import type { Moved } from './names-after.ts';

export interface MovedFiles {
  moved: Moved;
  steps: MoveStep[];
  /** Where a file of the vault is on the disk afterwards. */
  wayAfter: (way: string) => string;
}

/**
 * With a folder all that is in it, at once, or, where something of it is hidden, every file that is not: what is hidden stays
 * where it is. `revision` is the note's that is moved. Throws PathClosed where something would be hidden afterwards.
 */
export async function listMovedFiles(
  part: VaultPart,
  goal: MoveGoal,
  revision: string | undefined,
): Promise<MovedFiles> {
  const { kind, from, to, diskFrom, diskTo, folders } = goal;
  const whole: MoveStep = { from: diskFrom, to: diskTo, revision, folders };
  if (kind === 'file') {
    const wayAfter = (way: string): string => (way === diskFrom ? diskTo : way);
    return { moved: new Map([[from, to]]), steps: [whole], wayAfter };
  }
  const all = await listBelow(part, goal);
  const hiddenPaths = part.hidden.findHidden(all.map((file) => file.from));
  const files = all.filter((file) => !hiddenPaths.has(file.from));
  // A folder in which all is hidden is shown to nobody.
  if (files.length === 0 && all.length > 0) {
    throw new NoteNotFound();
  }
  requireOpen(part, files);
  const ways = new Map(files.map((file) => [file.diskFrom, file.diskTo]));
  const isWhole = hiddenPaths.size === 0 || foldName(from) === foldName(to);
  return {
    moved: new Map(files.map((file) => [file.from, file.to])),
    steps: isWhole ? [whole] : moveEach(files, goal),
    wayAfter: (way) => ways.get(way) ?? way,
  };
}

interface MovedFile {
  from: string;
  to: string;
  diskFrom: string;
  diskTo: string;
}

async function listBelow({ root }: VaultPart, goal: MoveGoal): Promise<MovedFile[]> {
  return (await listFilesBelow(root, goal.diskFrom)).map((diskFrom) => {
    const rest = diskFrom.slice(goal.diskFrom.length);
    const below = (path: string): string => normalizeText(path + rest, 'NFC');
    return { from: below(goal.from), to: below(goal.to), diskFrom, diskTo: goal.diskTo + rest };
  });
}

function requireOpen({ hidden, isChangeable = () => true }: VaultPart, files: readonly MovedFile[]): void {
  const isClosed = hidden.findHidden(files.map(({ to }) => to)).size > 0;
  if (isClosed || !files.every(({ from, to }) => isChangeable(from) && isChangeable(to))) {
    throw new PathClosed();
  }
}

/** In folders that are made by the first that needs them. */
function moveEach(files: readonly MovedFile[], { diskTo: top, folders: missing }: MoveGoal): MoveStep[] {
  const made = new Set<string>();
  const isMissing = (folder: string): boolean =>
    !made.has(folder) && (missing.includes(folder) || folder === top || folder.startsWith(`${top}/`));
  return files.map(({ diskFrom, diskTo }) => {
    const folders = listFoldersAbove(diskTo).filter(isMissing);
    for (const folder of folders) {
      made.add(folder);
    }
    return { from: diskFrom, to: diskTo, folders };
  });
}

/** From the top down. */
export function listFoldersAbove(path: string): string[] {
  return [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
}

/**
 * Paths of all files below a folder as the disk has them, whether they are shown or not; hidden names and links to folders
 * are left out.
 */
export async function listFilesBelow(root: string, folder: string): Promise<string[]> {
  const files: string[] = [];
  const left = [folder];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const entry of await readdir(join(root, next), { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.')) {
        left.push(path);
      } else if (!entry.name.startsWith('.')) {
        files.push(path);
      }
    }
  }
  return files.sort();
}
