// The writing side of the vault: one change to one note at a time, whole or not at all, and only to what was read.
// The room: changing notes on the disk. Not reading them: notes/; not the index, which is only told: index/.
import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Cause } from '../changes/cause.ts';
import type { DailyNotes } from '../daily/daily-notes.ts';
import {
  EditRefused,
  FolderSpelled,
  NoteExists,
  NoteNotFound,
  PathClosed,
  RevisionStale,
  VaultFull,
  VaultReadOnly,
} from '../errors.ts';
import { findOpenPlace, type HiddenFiles } from '../hidden/hidden-files.ts';
import { createRevision, largestNote } from '../notes/content.ts';
import { foldName } from '../notes/name.ts';
import { FolderMoved, inFolder } from '../notes/opened-path.ts';
import { isNoteName, type NotePlace, wayTo } from '../notes/path.ts';
import { normalizeText } from '../unicode.ts';
import { type AppendedText, createAppend, type WrittenNote } from './append.ts';
import { createFile, replaceFile } from './atomic-file.ts';
import { replaceText } from './edit.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { createLeftoverRemover } from './leftovers.ts';
import { createNewNote } from './new-note.ts';
import { inNewPlace, parseNewPath } from './new-path.ts';
import { describeUnchanged, editNote, type NoteEdit } from './text/note-edit.ts';
import { moveToTrash } from './trash.ts';

/**
 * Every change but `create` takes the revision that was read (`append` may go without), and throws RevisionStale when the
 * note has another one by now. All throw NoteNotFound, VaultReadOnly and VaultFull where the disk says so, VaultAway, and what else is named.
 * A change is on the disk and can be found by a search when it resolves.
 */
export interface NoteWriter {
  /**
   * Folders are made where they are missing; with a template the text goes below what that says. Throws PathClosed,
   * PathRefused, NoteExists, EditRefused, VaultRefusal for the template.
   */
  create(path: string, text: string, options?: { template?: string | undefined }): Promise<WrittenNote>;
  /**
   * At the end of the note, or of the section below `heading`; without a revision to the note as it is. `daily:today` and the
   * like name a day's note, which is made from its template where it is not there. Throws PathClosed, PathRefused, EditRefused.
   */
  append(id: string, change: AppendedText): Promise<WrittenNote>;
  /** All text below the front matter. Throws EditRefused. */
  replace(id: string, change: { text: string; revision: string }): Promise<WrittenNote>;
  /** One part of it; `unchanged` says why nothing was to be done. Throws EditRefused. */
  edit(
    id: string,
    change: { edit: NoteEdit; revision: string },
  ): Promise<WrittenNote & { unchanged?: string }>;
  /** Moves the note to the vault's trash; resolves to its path there. Throws PathRefused, EditRefused. */
  remove(id: string, change: { revision: string }): Promise<{ id: string; trashPath: string }>;
}

export interface NoteWriterOptions {
  /** The vault's real path. */
  root: string;
  hidden: HiddenFiles;
  daily: DailyNotes;
  /** Of what is shown, what may be changed; all where there is no such rule. */
  isChangeable?: ((path: string) => boolean) | undefined;
  /** Brings the index up to date with one note. */
  refresh(id: string): Promise<void>;
  /** Throws VaultAway while the folder is not there: what is under its mount point is not the vault. */
  requireHome(cause?: unknown): Promise<void>;
  /** What an id that is none may mean: a sentence after a space, or nothing. */
  suggestIds?(id: string): string;
}

/** A writer for each who changes something; they wait for each other's changes of one note. */
export type WriterFor = (cause: Cause) => NoteWriter;

export function createWriterFor(options: NoteWriterOptions): WriterFor {
  const { root, daily, refresh, requireHome } = options;
  const queue = new KeyedQueue();
  const removeLeftovers = createLeftoverRemover();

  async function write<Result extends { id: string }>(
    id: string,
    work: () => Promise<Result>,
  ): Promise<Result> {
    // Case and Unicode form left aside: on some disks such names are one file.
    const result = await queue.run(foldName(id), async () => {
      await requireHome();
      return work().catch(async (error: unknown) => {
        await requireHome(error);
        return explain(options, id, error);
      });
    });
    await refresh(result.id);
    return result;
  }

  function change(
    id: string,
    revision: string | undefined,
    edit: (note: string) => string,
  ): Promise<WrittenNote> {
    return write(id, async () => {
      const { target } = await findPlace(options, id);
      return inFolder(dirname(target), async (folder) => {
        const path = join(folder.path, basename(target));
        const { bytes, stats, current } = await readCurrent(path, revision);
        const edited = encode(edit(decode(bytes)));
        if (!edited.equals(bytes)) {
          await replaceFile(path, edited, stats, async () => (await readCurrent(path, current)).stats);
          await removeLeftovers(folder);
        }
        return { id: normalizeText(id, 'NFC'), revision: createRevision(edited) };
      });
    });
  }

  async function create(path: string, text: string): Promise<WrittenNote> {
    const id = parseNewPath(path);
    await requireOpen(options, id);
    const bytes = encode(text === '' || text.endsWith('\n') ? text : `${text}\n`);
    return write(id, () =>
      inNewPlace(root, id, async (folder, name) => {
        if (!(await createFile(join(folder.path, name), bytes))) {
          throw new NoteExists(id);
        }
        await removeLeftovers(folder);
        return { id, revision: createRevision(bytes) };
      }),
    );
  }

  const ways = { daily, requireHome, requireOpen: (id: string) => requireOpen(options, id), change, create };
  const writer: NoteWriter = {
    create: createNewNote(ways),
    append: createAppend(ways),
    replace: (id, { text, revision }) => change(id, revision, (note) => replaceText(note, text)),
    edit: (id, { edit, revision }) => applyEdit(change, id, { edit, revision }),
    remove: (id, { revision }) => write(id, () => removeNote(options, id, revision)),
  };
  return () => writer;
}

type Change = (id: string, revision: string, edit: (note: string) => string) => Promise<WrittenNote>;

async function applyEdit(
  change: Change,
  id: string,
  { edit, revision }: { edit: NoteEdit; revision: string },
): Promise<WrittenNote & { unchanged?: string }> {
  let isUnchanged = false;
  const written = await change(id, revision, (note) => {
    const edited = editNote(note, edit);
    isUnchanged = edited === note;
    return edited;
  });
  return isUnchanged ? { ...written, unchanged: describeUnchanged(edit) } : written;
}

type WritablePart = Pick<NoteWriterOptions, 'root' | 'hidden' | 'isChangeable'>;

async function removeNote(
  part: WritablePart,
  id: string,
  revision: string,
): Promise<{ id: string; trashPath: string }> {
  const { path, target, named } = await findPlace(part, id);
  if (path !== target) {
    throw new EditRefused('This name is a link to another note of the vault: delete that one.');
  }
  const plain = normalizeText(id, 'NFC');
  return inFolder(dirname(path), async (folder) => {
    const held = join(folder.path, basename(path));
    const verify = async (): Promise<Stats> => (await readCurrent(held, revision)).stats;
    await verify();
    return { id: plain, trashPath: await moveToTrash(part.root, named, { path: held, verify }) };
  });
}

/** Where nothing is shown or changed, nothing is made: said before the disk is asked what is there. */
async function requireOpen({ hidden, isChangeable }: WritablePart, id: string): Promise<void> {
  await hidden.refresh();
  const path = normalizeText(id, 'NFC');
  if (hidden.isHidden(path) || isChangeable?.(path) === false) {
    throw new PathClosed();
  }
}

async function findPlace({ root, hidden, isChangeable }: WritablePart, id: string): Promise<NotePlace> {
  const place = await findOpenPlace(root, id, hidden);
  if (place === undefined) {
    throw new NoteNotFound();
  }
  // A name that may be changed may be a link to a note that may not.
  const paths = [place.named, normalizeText(wayTo(root, place.target), 'NFC')];
  if (isChangeable !== undefined && !paths.every(isChangeable)) {
    throw new PathClosed();
  }
  if (!isNoteName(place.named)) {
    throw new EditRefused('This is not a note: only Markdown notes can be changed or deleted here.');
  }
  return place;
}

const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

async function readCurrent(
  path: string,
  revision: string | undefined,
): Promise<{ bytes: Buffer; stats: Stats; current: string }> {
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

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes) || bytes.includes(0)) {
    throw new EditRefused('The file is not UTF-8 text, so changing it could destroy it.');
  }
  return bytes.toString('utf8');
}

function encode(note: string): Buffer {
  if (note.includes('\0') || !note.isWellFormed()) {
    throw new EditRefused('The text has characters that no text file may hold.');
  }
  const bytes = Buffer.from(note);
  if (bytes.length > largestNote) {
    throw new EditRefused(`The note would be larger than ${largestNote / 1024 / 1024} MB.`);
  }
  return bytes;
}

function explain({ hidden, suggestIds }: NoteWriterOptions, id: string, error: unknown): never {
  if (error instanceof NoteNotFound) {
    throw new NoteNotFound(suggestIds?.(id));
  }
  if (error instanceof FolderSpelled && hidden.isHiddenFolder(error.spelled)) {
    throw new PathClosed();
  }
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (['EROFS', 'EACCES', 'EPERM'].includes(code)) {
    throw new VaultReadOnly({ cause: error });
  }
  if (['ENOSPC', 'EDQUOT'].includes(code)) {
    throw new VaultFull({ cause: error });
  }
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code) || error instanceof FolderMoved) {
    throw new NoteNotFound();
  }
  throw error;
}
