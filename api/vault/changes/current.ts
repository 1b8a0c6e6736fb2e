// A file of the vault as it is now, and whether it is the one that is meant.
import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { EditRefused, NoteNotFound, RevisionStale } from '../errors.ts';
import { createRevision, largestNote } from '../notes/content.ts';

export interface CurrentFile {
  bytes: Buffer;
  stats: Stats;
  /** Its revision. */
  current: string;
}

const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Throws NoteNotFound, EditRefused, and RevisionStale where it has another revision than the one that is given. */
export async function readCurrent(path: string, revision?: string | undefined): Promise<CurrentFile> {
  const file = await open(path, flags);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      throw new NoteNotFound();
    }
    if (stats.size > largestNote) {
      throw new EditRefused('The note is too large to be changed here.');
    }
    const bytes = await file.readFile();
    const current = createRevision(bytes);
    if (revision !== undefined && current !== revision) {
      throw new RevisionStale(current);
    }
    return { bytes, stats, current };
  } finally {
    await file.close();
  }
}
