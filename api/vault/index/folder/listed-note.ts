// Reads a note, or another file, that a look at its folder has listed, for the index.
import { existsSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { largestOf } from '../../documents/kind.ts';
import { formsOf, parseTwinId } from '../../names/forms.ts';
import { type NoteBytes, readNoteBytesSync } from '../../notes/file.ts';
import { createStamp, type ListedNote } from './listing.ts';

/** `failed`: the disk has it and can't give it just now, so that nothing new is known of it. */
export type ListedNoteReading =
  | { kind: 'read'; bytes: NoteBytes; stamp: string }
  | { kind: 'forbidden'; stats: Stats; stamp: string }
  | { kind: 'gone' }
  | { kind: 'failed' };

/** `root` is the vault's real path. */
export function readListedNote(root: string, { id, diskPath, stamp }: ListedNote): ListedNoteReading {
  try {
    const bytes = readNoteBytesSync(root, diskPath, largestOf(id));
    return bytes === undefined
      ? { kind: 'gone' }
      : { kind: 'read', bytes, stamp: createStamp(bytes.stats, Date.now()) };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) {
      return { kind: 'gone' };
    }
    // A right that is given later changes the stamp.
    return ['EACCES', 'EPERM'].includes(code) ? readWithoutRight(diskPath, stamp) : { kind: 'failed' };
  }
}

function readWithoutRight(diskPath: string, stamp: string): ListedNoteReading {
  try {
    return { kind: 'forbidden', stats: lstatSync(diskPath), stamp };
  } catch {
    return { kind: 'failed' };
  }
}

/** True where some file has the vault path of the note `id`, in whatever Unicode form. */
export function isOnDisk(root: string, id: string): boolean {
  if (existsSync(join(root, id))) {
    return true;
  }
  let places = [root];
  for (const name of (parseTwinId(id)?.path ?? id).split('/')) {
    places = places.flatMap((place) => formsOf(name, listNames(place)).map((form) => join(place, form)));
  }
  return places.length > 0;
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
