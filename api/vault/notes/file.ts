// Reading one note's file: opened without following a link, from inside the vault alone, never blocking on a pipe,
// bounded in size and in time.
import type { Stats } from 'node:fs';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { computeInSlices, type Steps, takeAtOnce } from '../pace/steps.ts';
import { computeWithin } from '../pace/time-limit.ts';
import { createEmptyContent, createRevision, largestNote, type NoteContent } from './content.ts';
import { findStatedCreation } from './dates.ts';
import { isOpenedInside } from './opened-path.ts';

/** A note that was read, and what was made of its content. */
export interface NoteFile<Said> {
  said: Said;
  revision: string;
  /** Reading its text took too long: it is known by its name alone. */
  isUnread: boolean;
  sizeBytes: number;
  /** Epoch seconds. Of this file: of the note, something earlier may be known. */
  bornAt: number;
  modifiedAt: number;
  /** When its front matter says that it was created. */
  statedAt: number | undefined;
  /** The same for one file wherever it is moved to, and for no other; '' where the file system can't tell. */
  file: string;
}

/** The bytes of a note, before anything is read in them. */
export interface NoteBytes {
  stats: Stats;
  /** Undefined where they are too many. */
  bytes: Buffer | undefined;
  revision: string;
}

// O_NONBLOCK: opening a named pipe would otherwise wait for a writer for ever.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const seconds = (ms: number): number => Math.floor(ms / 1000);

/**
 * The note at the real path `path` below `root`; undefined where it is no regular file, or is not there any more.
 * One of more than `most` bytes is not read. Throws what opening throws.
 */
export async function readNoteBytes(
  root: string,
  path: string,
  most = largestNote,
): Promise<NoteBytes | undefined> {
  const file = await open(path, flags);
  try {
    const stats = await file.stat();
    if (!stats.isFile() || !isOpenedInside(root, path, file.fd)) {
      return undefined;
    }
    return createNoteBytes(stats, stats.size > most ? undefined : await file.readFile());
  } finally {
    await file.close();
  }
}

/**
 * The same for the indexing thread, where waiting is nobody's loss and the fewest calls win.
 */
export function readNoteBytesSync(root: string, path: string, most = largestNote): NoteBytes | undefined {
  const file = openSync(path, flags);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || !isOpenedInside(root, path, file)) {
      return undefined;
    }
    return createNoteBytes(stats, stats.size > most ? undefined : readAll(file, stats.size));
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

function createNoteBytes(stats: Stats, read: Buffer | undefined): NoteBytes {
  const bytes = read !== undefined && read.length > largestNote ? undefined : read;
  return { stats, bytes, revision: createRevision(bytes ?? `${stats.size} ${stats.mtimeMs}`) };
}

/** Bytes. Smaller ones share a pool with others. */
const largestPooled = 64 * 1024;

/**
 * Gives the memory of large bytes back at once: the collector sees an object and not its size, and sixteen notes of 5 MB
 * would wait for it together. Nobody may have them after.
 */
export function releaseBytes({ bytes }: NoteBytes): void {
  if (bytes !== undefined && bytes.length > largestPooled && bytes.buffer instanceof ArrayBuffer) {
    bytes.buffer.transfer(0);
  }
}

/** Bytes. Up to so many are read in no time that matters, whatever they are. */
const surelyQuick = 16 * 1024;
const longestReadingMs = 1000;

/** What is made of the bytes of a file: what they say, and of that what the caller wants. */
export interface NoteReading<Said> {
  parse: (id: string, bytes: Buffer) => Steps<NoteContent>;
  use: (content: NoteContent) => Said;
}

type ReadBytes<Said> = Pick<NoteFile<Said>, 'said' | 'statedAt'>;

/**
 * The note `id` as its bytes say, and what `use` makes of that. Where both together take longer than a second, as of a note
 * without text.
 */
export function createNoteFile<Said>(
  id: string,
  found: NoteBytes,
  reading: NoteReading<Said>,
): NoteFile<Said> {
  const { bytes } = found;
  return describeRead(
    id,
    found,
    reading,
    bytes && readWithinTime(bytes, () => understand(id, bytes, reading)),
  );
}

/** The same for the thread that answers: others have their turn meanwhile. `isUnread`: it is known to take too long. */
export async function createNoteFileInSlices<Said>(
  id: string,
  found: NoteBytes,
  reading: NoteReading<Said>,
  isUnread: boolean,
): Promise<NoteFile<Said>> {
  const { bytes } = found;
  if (bytes === undefined || isUnread) {
    return describeRead(id, found, reading, undefined);
  }
  const steps = understand(id, bytes, reading);
  const done = isQuick(bytes) ? takeAtOnce(steps) : await computeInSlices(longestReadingMs, steps);
  return describeRead(id, found, reading, done);
}

function describeRead<Said>(
  id: string,
  { stats, bytes, revision }: NoteBytes,
  { use }: NoteReading<Said>,
  read: ReadBytes<Said> | undefined,
): NoteFile<Said> {
  const why =
    bytes === undefined
      ? `The file is larger than ${largestNote / 1024 / 1024} MB, so its text is not shown.`
      : 'Reading the file took too long, so its text is not shown.';
  const known = read ?? { said: use(createEmptyContent(id, why)), statedAt: undefined };
  return {
    ...known,
    revision,
    isUnread: bytes !== undefined && read === undefined,
    ...describeFile(stats),
  };
}

const isQuick = (bytes: Buffer): boolean => bytes.length <= surelyQuick;

function readWithinTime<Said>(
  bytes: Buffer,
  begin: () => Steps<ReadBytes<Said>>,
): ReadBytes<Said> | undefined {
  const work = (): ReadBytes<Said> => takeAtOnce(begin());
  return isQuick(bytes) ? work() : computeWithin(longestReadingMs, work);
}

function* understand<Said>(
  id: string,
  bytes: Buffer,
  { parse, use }: NoteReading<Said>,
): Steps<ReadBytes<Said>> {
  const content = yield* parse(id, bytes);
  return { said: use(content), statedAt: findStatedCreation(content.frontMatter) };
}

/** What is known by its name alone, and why: `warnings`. */
export function createNamedFile<Said>(
  id: string,
  { stats, revision }: Pick<NoteBytes, 'stats' | 'revision'>,
  use: (content: NoteContent) => Said,
  warnings: string[] = [],
): NoteFile<Said> {
  const said = use({ ...createEmptyContent(id, ''), warnings });
  return { said, revision, isUnread: false, statedAt: undefined, ...describeFile(stats) };
}

/** Stands for a note that this process may not read: it is named, and says why it is empty. */
export function createUnreadableNote<Said>(
  id: string,
  stats: Stats,
  use: (content: NoteContent) => Said,
): NoteFile<Said> {
  const revision = createRevision('unreadable');
  return createNamedFile(id, { stats, revision }, use, ['The file can not be read by the server.']);
}

/** What of a note the file system alone tells. */
export function describeFile(
  stats: Stats,
): Pick<NoteFile<unknown>, 'sizeBytes' | 'bornAt' | 'modifiedAt' | 'file'> {
  const born = stats.birthtimeMs > 0 ? Math.min(stats.birthtimeMs, stats.mtimeMs) : stats.mtimeMs;
  // The number of an inode alone is soon given to the next file.
  const file = stats.birthtimeMs > 0 ? `${stats.dev} ${stats.ino} ${stats.birthtimeMs}` : '';
  return { sizeBytes: stats.size, bornAt: seconds(born), modifiedAt: seconds(stats.mtimeMs), file };
}
