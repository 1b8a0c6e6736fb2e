// Reads a note that a look at its folder has listed, for the index.
import { statSync } from 'node:fs';
import { createUnreadableNote, type NoteFile, readNoteFileSync } from '../../notes/file.ts';
import { createStamp, type ListedNote } from './listing.ts';

/** `failed`: the disk has it and can't give it just now, so that nothing new is known of it. */
export type ListedNoteReading = { file: NoteFile; stamp: string } | 'gone' | 'failed';

export function readListedNote({ id, diskPath, stamp }: ListedNote): ListedNoteReading {
  try {
    const read = readNoteFileSync(id, diskPath);
    return read === undefined ? 'gone' : { file: read.note, stamp: createStamp(read.stats, Date.now()) };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) {
      return 'gone';
    }
    // A right that is given later changes the stamp.
    return ['EACCES', 'EPERM'].includes(code) ? readWithoutRight(id, diskPath, stamp) : 'failed';
  }
}

function readWithoutRight(id: string, diskPath: string, stamp: string): ListedNoteReading {
  try {
    return { file: createUnreadableNote(id, statSync(diskPath)), stamp };
  } catch {
    return 'failed';
  }
}
