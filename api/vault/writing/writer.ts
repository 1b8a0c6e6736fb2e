// The writing side of the vault: one change to one note at a time, whole or not at all, and only to what was read.
// The room: changing notes on the disk. Not reading them: notes/; not the index, which is only told: index/.
import { basename, dirname, join } from 'node:path';
import type { Cause } from '../changes/cause.ts';
import type { ChangeKind } from '../changes/change.ts';
import { readCurrent } from '../changes/current.ts';
import type { ChangeJournal } from '../changes/journal.ts';
import { NotWritable } from '../changes/surroundings.ts';
import type { DailyNotes } from '../daily/daily-notes.ts';
import {
  ChangeUnfinished,
  EditRefused,
  explainDisk,
  FolderSpelled,
  NoteNotFound,
  NoteReadOnly,
  PathClosed,
} from '../errors.ts';
import { findOpenPlace, type HiddenFiles } from '../hidden/hidden-files.ts';
import type { MoveOrder, MoveResult, Mover } from '../moving/mover.ts';
import { createRevision } from '../notes/content.ts';
import { foldName } from '../notes/name.ts';
import { FolderMoved, inFolder } from '../notes/opened-path.ts';
import { isNoteName, type NotePlace, wayTo } from '../notes/path.ts';
import type { Steps } from '../pace/steps.ts';
import { normalizeText } from '../unicode.ts';
import { type AppendedText, createAppend, type WrittenNote } from './append.ts';
import { replaceText } from './edit.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { createNewNote } from './new-note.ts';
import { findNewPlace, parseNewPath } from './new-path.ts';
import { type Edit, editBytes, encode } from './text/edited-bytes.ts';
import { describeUnchanged, editNote, type NoteEdit } from './text/note-edit.ts';
import { moveToTrash } from './trash.ts';

/**
 * Every change but `create` takes the revision that was read (`append` may go without), and throws RevisionStale when the
 * note has another one by now. All throw NoteNotFound, VaultReadOnly, NoteReadOnly and VaultFull where the disk says
 * so, VaultAway, ChangeUnfinished, and what else is named.
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
  /**
   * A note, another file or a folder to the path `to`, which is free; every link that led there leads there afterwards.
   * Throws PathClosed, PathRefused, NoteExists, EditRefused, NotesChanged, LinksUnknown.
   */
  move(id: string, change: Omit<MoveOrder, 'id'>): Promise<MoveResult>;
  /** Moves the note to the vault's trash; resolves to its path there. Throws PathRefused, EditRefused. */
  remove(id: string, change: { revision: string }): Promise<{ id: string; trashPath: string }>;
}

export interface NoteWriterOptions {
  /** The vault's real path. */
  root: string;
  hidden: HiddenFiles;
  daily: DailyNotes;
  journal: ChangeJournal;
  /** Of what is shown, what may be changed; all where there is no such rule. */
  isChangeable?: ((path: string) => boolean) | undefined;
  mover: Mover;
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
  const write = createWrite(options);
  return (cause) => createNoteWriter({ ...options, write, cause });
}

type Write = <Result extends { id: string }>(id: string, work: () => Promise<Result>) => Promise<Result>;

function createWrite(options: NoteWriterOptions): Write {
  const { requireHome, refresh } = options;
  const explainFailure = createExplain(options);
  const queue = new KeyedQueue();
  return async (id, work) => {
    // Case and Unicode form left aside: on some disks such names are one file.
    const result = await queue.run(foldName(id), async () => {
      await requireHome();
      return work().catch((error: unknown) => explainFailure(id, error));
    });
    await refresh(result.id);
    return result;
  };
}

interface WriterParts extends NoteWriterOptions {
  write: Write;
  cause: Cause;
}

function createNoteWriter(parts: WriterParts): NoteWriter {
  const { root, daily, journal, requireHome, write, cause } = parts;

  const changeAs =
    (kind: ChangeKind) =>
    (id: string, revision: string | undefined, edit: Edit): Promise<WrittenNote> =>
      write(id, async () => {
        const { target } = await findPlace(parts, id);
        const before = await readTarget(target, revision);
        const after = await editBytes(before, edit);
        if (!after.equals(before)) {
          await journal.carryOut({ kind, cause, steps: [{ path: wayTo(root, target), before, after }] });
        }
        return { id: normalizeText(id, 'NFC'), revision: createRevision(after) };
      });

  async function create(path: string, text: string): Promise<WrittenNote> {
    const id = parseNewPath(path);
    await requireOpen(parts, id);
    const after = encode(text === '' || text.endsWith('\n') ? text : `${text}\n`);
    return write(id, async () => {
      const place = await findNewPlace(root, id);
      await journal.carryOut({ kind: 'create', cause, steps: [{ ...place, after }] });
      return { id, revision: createRevision(after) };
    });
  }

  const opened = { daily, requireHome, requireOpen: (id: string) => requireOpen(parts, id), create };
  return {
    create: createNewNote(opened),
    append: createAppend({ ...opened, change: changeAs('append') }),
    replace: (id, { text, revision }) => changeAs('replace')(id, revision, (note) => replaceText(note, text)),
    edit: (id, { edit, revision }) => applyEdit(changeAs('edit'), id, { edit, revision }),
    move: (id, order) => moveNote(parts, { id, ...order }),
    remove: (id, { revision }) => write(id, () => removeNote(parts, id, revision)),
  };
}

type Change = (id: string, revision: string, edit: Edit) => Promise<WrittenNote>;

async function applyEdit(
  change: Change,
  id: string,
  { edit, revision }: { edit: NoteEdit; revision: string },
): Promise<WrittenNote & { unchanged?: string }> {
  let isUnchanged = false;
  const written = await change(id, revision, function* (note): Steps<string> {
    const edited = yield* editNote(note, edit);
    isUnchanged = edited === note;
    return edited;
  });
  return isUnchanged ? { ...written, unchanged: describeUnchanged(edit) } : written;
}

async function moveNote(parts: WriterParts, order: MoveOrder): Promise<MoveResult> {
  const { requireHome, mover, cause } = parts;
  await requireHome();
  return mover(cause, order).catch((error: unknown) => createExplain(parts)(order.id, error));
}

type WritablePart = Pick<NoteWriterOptions, 'root' | 'hidden' | 'isChangeable'>;

async function removeNote(
  parts: WriterParts,
  id: string,
  revision: string,
): Promise<{ id: string; trashPath: string }> {
  const { root, journal, cause } = parts;
  const { path, target, named } = await findPlace(parts, id);
  if (path !== target) {
    throw new EditRefused('This name is a link to another note of the vault: delete that one.');
  }
  const before = await readTarget(target, revision);
  const from = wayTo(root, path);
  const { to } = await moveToTrash(root, named, (place) =>
    journal.carryOut({ kind: 'delete', cause, steps: [{ from, before, revision, ...place }] }),
  );
  return { id: normalizeText(id, 'NFC'), trashPath: to };
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

/** The bytes at a real path. */
function readTarget(target: string, revision: string | undefined): Promise<Buffer> {
  return inFolder(dirname(target), async (folder) => {
    const { bytes } = await readCurrent(join(folder.path, basename(target)), revision);
    return bytes;
  });
}

/** Throws what the caller is told. */
function createExplain(options: NoteWriterOptions): (id: string, error: unknown) => Promise<never> {
  return async (id, error) => {
    // It says that the notes may be away, and more.
    if (!(error instanceof ChangeUnfinished)) {
      await options.requireHome(error);
    }
    return explain(options, id, error);
  };
}

function explain({ hidden, suggestIds }: NoteWriterOptions, id: string, error: unknown): never {
  if (error instanceof NoteNotFound) {
    throw new NoteNotFound(suggestIds?.(id));
  }
  if (error instanceof FolderSpelled && hidden.isHiddenFolder(error.spelled)) {
    throw new PathClosed();
  }
  if (error instanceof NotWritable) {
    throw new NoteReadOnly('', { cause: error });
  }
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code) || error instanceof FolderMoved) {
    throw new NoteNotFound();
  }
  throw explainDisk(error);
}
