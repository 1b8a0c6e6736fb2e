// The vault's trash: the folder `.trash` in it, as Obsidian has one. Nothing there is ever overwritten or removed.
import { lstat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { NoteExists, PathRefused } from '../errors.ts';

export const trashName = '.trash';
export const isInTrash = (path: string): boolean => path.startsWith(`${trashName}/`);

/** Notes of one path deleted before; far more than anybody has. */
const mostNamesakes = 1000;
/** Bytes of one name that file systems take. */
const longestName = 255;

export interface TrashPlace {
  /** The way below the vault. */
  to: string;
  /** Folders on it that are not there yet, outermost first. */
  folders: string[];
}

/**
 * Finds where in the trash the note goes whose vault path is `id`, under that path, and lets `move` bring it there, which
 * throws NoteExists where the place was taken meanwhile. Throws PathRefused.
 */
export async function moveToTrash(
  root: string,
  id: string,
  move: (place: TrashPlace) => Promise<unknown>,
): Promise<TrashPlace> {
  const { folder, missing } = await findFolder(root, dirname(id));
  for (let number = 1; number <= mostNamesakes; number += 1) {
    const to = `${folder}/${number === 1 ? basename(id) : numbered(basename(id), number)}`;
    if ((await kindOf(join(root, to))) === 'nothing' && (await isMoved(move, { to, folders: missing }))) {
      return { to, folders: missing };
    }
  }
  throw new PathRefused(`the trash holds ${mostNamesakes} notes of this name`);
}

async function isMoved(move: (place: TrashPlace) => Promise<unknown>, place: TrashPlace): Promise<boolean> {
  try {
    await move(place);
    return true;
  } catch (error) {
    if (error instanceof NoteExists) {
      return false;
    }
    throw error;
  }
}

/** The note's own folder in the trash, or as much of it as can be: a deleted note may have had a folder's name. */
async function findFolder(root: string, folder: string): Promise<{ folder: string; missing: string[] }> {
  const names = folder === '.' ? [trashName] : `${trashName}/${folder}`.split('/');
  const ways = names.map((_, index) => names.slice(0, index + 1).join('/'));
  const kinds = await Promise.all(ways.map((way) => kindOf(join(root, way))));
  const end = kinds.indexOf('other');
  const last = end < 0 ? names.length : end;
  if (last === 0) {
    throw new PathRefused(`${trashName} is not a folder of the vault`);
  }
  const missing = ways.slice(0, last).filter((_, index) => kinds[index] === 'nothing');
  return { folder: ways[last - 1] ?? trashName, missing };
}

// A link anywhere on the way would take notes out of the vault: it is no folder.
function kindOf(path: string): Promise<'folder' | 'other' | 'nothing'> {
  return lstat(path).then(
    (stats) => (stats.isDirectory() ? 'folder' : 'other'),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
        return 'nothing';
      }
      throw error;
    },
  );
}

const numbered = (name: string, number: number): string => withEnding(name, ` ${number}`);

/** Before the extension; of a name that gets too long with it the end goes. */
export function withEnding(name: string, ending: string): string {
  const extension = extname(name);
  const end = ending + extension;
  let stem = basename(name, extension);
  while (Buffer.byteLength(stem + end) > longestName) {
    stem = Array.from(stem).slice(0, -1).join('');
  }
  return stem + end;
}
