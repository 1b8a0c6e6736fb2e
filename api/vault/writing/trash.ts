// The vault's trash: the folder `.trash` in it, as Obsidian has one. Nothing there is ever overwritten or removed.
import type { Stats } from 'node:fs';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { PathRefused } from '../errors.ts';
import { type HeldFolder, holdFolderOf, inFolder } from '../notes/opened-path.ts';
import { moveFile, syncFolder } from './atomic-file.ts';
import { makeFolder } from './new-path.ts';

const trashName = '.trash';
/** Notes of one path deleted before; far more than anybody has. */
const mostNamesakes = 1000;
/** Bytes of one name that file systems take. */
const longestName = 255;

/**
 * Moves the note at `path`, whose vault path is `id`, to the trash under that path; returns its new vault path.
 * `verify` says at the last moment that it is the note that is meant.
 */
export async function moveToTrash(
  root: string,
  id: string,
  { path, verify }: { path: string; verify: () => Promise<Stats> },
): Promise<string> {
  const trash = await inFolder(root, async (top) => {
    const entered = await enter(top, trashName);
    await syncFolder(top.path);
    return entered;
  });
  if (trash === undefined) {
    throw new PathRefused(`${trashName} is not a folder of the vault`);
  }
  const folder = await enterAll(trash, dirname(id));
  try {
    for (let number = 1; number <= mostNamesakes; number += 1) {
      const name = number === 1 ? basename(id) : numbered(basename(id), number);
      if (await moveFile(path, join(folder.path, name), verify)) {
        return relative(root, join(folder.realPath, name)).split(sep).join('/');
      }
    }
  } finally {
    await folder.release();
  }
  throw new PathRefused(`the trash holds ${mostNamesakes} notes of this name`);
}

type Folder = Awaited<ReturnType<typeof holdFolderOf>>;

/** The note's own folder in the trash, or as much of it as can be: a deleted note may have had a folder's name. */
async function enterAll(trash: Folder, folder: string): Promise<Folder> {
  let entered = trash;
  for (const name of folder === '.' ? [] : folder.split('/')) {
    const next = await enter(entered, name).catch(async (error: unknown) => {
      await entered.release();
      throw error;
    });
    if (next === undefined) {
      break;
    }
    await entered.release();
    entered = next;
  }
  return entered;
}

// One step at a time: a link anywhere on the way would take notes out of the vault.
async function enter(parent: HeldFolder, name: string): Promise<Folder | undefined> {
  await makeFolder(join(parent.path, name));
  return holdFolderOf(parent, name).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR' || error.code === 'ELOOP') {
      return undefined;
    }
    throw error;
  });
}

function numbered(name: string, number: number): string {
  const extension = extname(name);
  const end = ` ${number}${extension}`;
  let stem = basename(name, extension);
  while (Buffer.byteLength(stem + end) > longestName) {
    stem = Array.from(stem).slice(0, -1).join('');
  }
  return stem + end;
}
