// The vault's trash: the folder `.trash` in it, as Obsidian has one. Nothing there is ever overwritten or removed.
import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { moveFile, syncFolder } from './atomic-file.ts';
import { PathRefused } from './errors.ts';

const trashName = '.trash';
/** Notes of one path deleted before; far more than anybody has. */
const mostNamesakes = 1000;

/** Moves the note at `path`, the file of the note `id`, to the trash under its own path; returns its new vault path. */
export async function moveToTrash(root: string, id: string, path: string): Promise<string> {
  const wanted = join(root, trashName, ...id.split('/'));
  const folder = dirname(wanted);
  await mkdir(folder, { recursive: true });
  // A trash that is a link would take notes out of the vault.
  if ((await realpath(folder)) !== folder) {
    throw new PathRefused(`${trashName} is not a folder of the vault`);
  }
  for (let number = 1; number <= mostNamesakes; number += 1) {
    const place = number === 1 ? wanted : numbered(wanted, number);
    if (await moveFile(path, place)) {
      await syncFolder(root);
      return relative(root, place).split(sep).join('/');
    }
  }
  throw new PathRefused(`the trash holds ${mostNamesakes} notes of this name`);
}

function numbered(path: string, number: number): string {
  const extension = extname(path);
  return join(dirname(path), `${basename(path, extension)} ${number}${extension}`);
}
