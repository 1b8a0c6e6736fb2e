// One step of a change, done on the disk: only to what is meant, and nothing overwritten that was not.
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { NoteExists, NoteNotFound, RevisionStale } from '../errors.ts';
import { createRevision } from '../notes/content.ts';
import type { HeldFolder } from '../notes/opened-path.ts';
import { normalizeText } from '../unicode.ts';
import { createFile, moveFile, moveFolder, removeFile, replaceFile } from '../writing/atomic-file.ts';
import { isMove, type MoveStep, type Step, type WriteStep } from './change.ts';
import { readCurrent } from './current.ts';
import { inPlace } from './place.ts';
import { isNotWritable, NotWritable } from './surroundings.ts';

export interface StepParts {
  root: string;
  /** Told of a folder that was written to. */
  onFolder?(folder: HeldFolder): Promise<void>;
}

/** Throws NoteExists, NoteNotFound, RevisionStale, EditRefused, NotWritable, and what else the disk says. */
export async function perform(parts: StepParts, step: Step): Promise<void> {
  try {
    await (isMove(step) ? move(parts, step) : write(parts, step));
  } catch (error) {
    throw isNotWritable(error)
      ? new NotWritable(isMove(step) ? step.from : step.path, { cause: error })
      : error;
  }
}

function write({ root, onFolder }: StepParts, step: WriteStep): Promise<void> {
  const { path, before, after, folders } = step;
  const work = async (held: string): Promise<void> => {
    if (before === undefined) {
      if (after !== undefined && !(await createFile(held, after))) {
        throw new NoteExists(normalizeText(path, 'NFC'));
      }
      return;
    }
    const revision = createRevision(before);
    const verify = async (): Promise<Stats> => (await readCurrent(held, revision)).stats;
    const stats = await verify();
    await (after === undefined ? removeFile(held, verify) : replaceFile(held, after, stats, verify));
  };
  return inPlace(
    root,
    path,
    async (place) => {
      await work(place.path);
      await onFolder?.(place.folder);
    },
    folders,
  );
}

function move({ root, onFolder }: StepParts, { from, to, revision, folders }: MoveStep): Promise<void> {
  return inPlace(
    root,
    to,
    (target) =>
      inPlace(root, from, async (source) => {
        const isFolder = (await lstat(source.path)).isDirectory();
        const isDone = isFolder
          ? await moveFolder(source.path, target.path)
          : await moveFile(source.path, target.path, () => verifyFile(source.path, revision));
        if (!isDone) {
          throw new NoteExists(normalizeText(to, 'NFC'));
        }
        await onFolder?.(target.folder);
      }),
    folders,
  );
}

async function verifyFile(path: string, revision: string | undefined): Promise<Stats> {
  if (revision !== undefined) {
    return (await readCurrent(path, revision)).stats;
  }
  const stats = await lstat(path);
  if (!stats.isFile()) {
    throw new NoteNotFound();
  }
  return stats;
}

/** True for what says that the vault is not as the step takes it to be. */
export const isRefused = (error: unknown): boolean =>
  error instanceof RevisionStale || error instanceof NoteExists || error instanceof NoteNotFound;
