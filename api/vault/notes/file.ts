// Reading one note's file: opened without following a link, never blocking on a pipe, bounded in size.
import type { Stats } from 'node:fs';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  createEmptyContent,
  createRevision,
  largestNote,
  type NoteContent,
  parseNoteContent,
} from './content.ts';
import { findStatedCreation } from './dates.ts';

export interface NoteFile {
  content: NoteContent;
  revision: string;
  sizeBytes: number;
  /** Epoch seconds. Of this file: of the note, something earlier may be known. */
  bornAt: number;
  modifiedAt: number;
  /** When its front matter says that it was created. */
  statedAt: number | undefined;
  /** The same for one file wherever it is moved to, and for no other; '' where the file system can't tell. */
  file: string;
}

// O_NONBLOCK: opening a named pipe would otherwise wait for a writer for ever.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Reads the note `id` at the real path `path`; undefined where it is no regular file. Throws what opening throws. */
export async function readNoteFile(id: string, path: string): Promise<NoteFile | undefined> {
  const file = await open(path, flags);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      return undefined;
    }
    return createNoteFile(id, stats, stats.size > largestNote ? undefined : await file.readFile());
  } finally {
    await file.close();
  }
}

/** The same for the indexing thread, where waiting is nobody's loss and the fewest calls win. */
export function readNoteFileSync(id: string, path: string): { note: NoteFile; stats: Stats } | undefined {
  const file = openSync(path, flags);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) {
      return undefined;
    }
    const bytes = stats.size > largestNote ? undefined : readAll(file, stats.size);
    return { note: createNoteFile(id, stats, bytes), stats };
  } finally {
    closeSync(file);
  }
}

// The size is that of the stat before: a file that grows meanwhile has a newer time and is read again.
function readAll(file: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const got = readSync(file, bytes, length, size - length, null);
    if (got === 0) {
      break;
    }
    length += got;
  }
  return bytes.subarray(0, length);
}

function createNoteFile(id: string, stats: Stats, bytes: Buffer | undefined): NoteFile {
  const content =
    bytes === undefined || bytes.length > largestNote
      ? createEmptyContent(
          id,
          `The note is larger than ${largestNote / 1024 / 1024} MB, so its text is not shown.`,
        )
      : parseNoteContent(id, bytes);
  return {
    content,
    revision: createRevision(bytes ?? `${stats.size} ${stats.mtimeMs}`),
    statedAt: findStatedCreation(content.frontMatter),
    ...describeFile(stats),
  };
}

/** Stands for a note that this process may not read: it is named, and says why it is empty. */
export function createUnreadableNote(id: string, stats: Stats): NoteFile {
  return {
    content: createEmptyContent(id, 'The file can not be read by the server.'),
    revision: createRevision('unreadable'),
    statedAt: undefined,
    ...describeFile(stats),
  };
}

function describeFile(stats: Stats): Pick<NoteFile, 'sizeBytes' | 'bornAt' | 'modifiedAt' | 'file'> {
  const born = stats.birthtimeMs > 0 ? Math.min(stats.birthtimeMs, stats.mtimeMs) : stats.mtimeMs;
  // The number of an inode alone is soon given to the next file.
  const file = stats.birthtimeMs > 0 ? `${stats.dev} ${stats.ino} ${stats.birthtimeMs}` : '';
  return { sizeBytes: stats.size, bornAt: seconds(born), modifiedAt: seconds(stats.mtimeMs), file };
}
