// The vault's trash: the folder `.trash` in it, as Obsidian has one. Nothing there is ever overwritten or removed.
import type { Stats } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { PathRefused } from '../errors.ts';
import { moveFile, syncFolder } from './atomic-file.ts';

const trashName = '.trash';
/** Notes of one path deleted before; far more than anybody has. */
const mostNamesakes = 1000;
/** Bytes of one name that file systems take. */
const longestName = 255;

/**
 * Moves the note at `path`, the file of the note `id`, to the trash under its own path; returns its new vault path.
 * `verify` says at the last moment that it is the note that is meant.
 */
export async function moveToTrash(
  root: string,
  id: string,
  { path, verify }: { path: string; verify: () => Promise<Stats> },
): Promise<string> {
  const trash = join(root, trashName);
  if (!(await enter(trash))) {
    throw new PathRefused(`${trashName} is not a folder of the vault`);
  }
  const wanted = join(await makeFolder(trash, dirname(id)), basename(id));
  for (let number = 1; number <= mostNamesakes; number += 1) {
    const place = number === 1 ? wanted : numbered(wanted, number);
    if (await moveFile(path, place, verify)) {
      await syncFolder(root);
      return relative(root, place).split(sep).join('/');
    }
  }
  throw new PathRefused(`the trash holds ${mostNamesakes} notes of this name`);
}

/** The note's own folder in the trash, or as much of it as can be: a deleted note may have had a folder's name. */
async function makeFolder(trash: string, folder: string): Promise<string> {
  let made = trash;
  for (const name of folder === '.' ? [] : folder.split('/')) {
    const next = join(made, name);
    if (!(await enter(next))) {
      break;
    }
    made = next;
  }
  return made;
}

// One step at a time: a link anywhere on the way would take notes out of the vault.
async function enter(folder: string): Promise<boolean> {
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') {
      throw error;
    }
  });
  return (await lstat(folder)).isDirectory();
}

function numbered(path: string, number: number): string {
  const extension = extname(path);
  const end = ` ${number}${extension}`;
  let name = basename(path, extension);
  while (Buffer.byteLength(name + end) > longestName) {
    name = Array.from(name).slice(0, -1).join('');
  }
  return join(dirname(path), name + end);
}
