// What is on the disk of a change that came to no end: all of it, or some, which is then taken back.
import { lstat, rmdir } from 'node:fs/promises';
import { removeFile } from '../writing/atomic-file.ts';
import { isMove } from './change.ts';
import { readCurrent } from './current.ts';
import type { RecordedMove, RecordedWrite } from './entry.ts';
import { betweenOf, findMoved, findRevision, isGone, type MoveState } from './found.ts';
import type { OpenedEntry } from './journal-folder.ts';
import { inPlace, removeFolders } from './place.ts';
import { isRefused, perform, type StepParts } from './steps.ts';

type Opened = Pick<OpenedEntry, 'entry' | 'readBefore'>;

/** Every file is as it should be afterwards. */
export async function isDone({ root }: StepParts, { entry }: Opened): Promise<boolean> {
  for (const step of entry.steps) {
    const isAsAfter = isMove(step)
      ? (await findMoved(root, step)) === 'moved'
      : (await findRevision(root, step.path)) === step.after?.revision;
    if (!isAsAfter) {
      return false;
    }
  }
  return true;
}

/**
 * Every file is as it was before, but those that somebody else has changed meanwhile, which are left alone: so many are
 * returned. Goes by what is on the disk, so that it can be done again where it came to no end itself.
 */
export async function takeBack(parts: StepParts, { entry, readBefore }: Opened): Promise<number> {
  const moves = entry.steps.filter((step): step is RecordedMove => isMove(step));
  const begun: Array<{ step: RecordedMove; state: MoveState }> = [];
  for (const step of moves) {
    const state = await findMoved(parts.root, step);
    begun.push({ step, state });
    if (state !== 'moved') {
      break;
    }
  }
  let left = 0;
  // Writes are where the moves have brought their files, and are only begun once all of those are done.
  if (begun.every(({ state }) => state === 'moved')) {
    for (const [index, step] of [...entry.steps.entries()].reverse()) {
      if (!isMove(step)) {
        left += await takeWriteBack(parts, step, () => readBefore(index));
      }
    }
  }
  for (const { step, state } of begun.reverse()) {
    left += await takeMoveBack(parts, step, state);
  }
  return left;
}

async function takeWriteBack(
  parts: StepParts,
  { path, before, after, folders }: RecordedWrite,
  readBefore: () => Promise<Buffer | undefined>,
): Promise<number> {
  const current = await findRevision(parts.root, path);
  let left = current === before?.revision ? 0 : 1;
  if (left === 1 && current === after?.revision) {
    const earlier = await readBefore();
    left = await countLeft(async () => {
      const now = current === undefined ? undefined : await readNow(parts.root, path, current);
      await perform(parts, { path, before: now, after: earlier });
    });
  }
  await removeFolders(parts.root, folders);
  return left;
}

const readNow = (root: string, path: string, revision: string): Promise<Buffer> =>
  inPlace(root, path, async (place) => (await readCurrent(place.path, revision)).bytes);

async function takeMoveBack(parts: StepParts, step: RecordedMove, state: MoveState): Promise<number> {
  const { from, to, folders } = step;
  let left = state === 'lost' ? 1 : 0;
  if (state === 'begun') {
    await removeClaim(parts.root, to);
  }
  if (state === 'between') {
    left = await countLeft(() => perform(parts, { from: betweenOf(to), to: from }));
  }
  if (state === 'moved') {
    left = await countLeft(() => perform(parts, { from: to, to: from }));
  }
  await removeFolders(parts.root, folders);
  return left;
}

function removeClaim(root: string, to: string): Promise<void> {
  return inPlace(root, to, async ({ path }) => {
    const stats = await lstat(path);
    await (stats.isDirectory() ? rmdir(path) : removeFile(path, () => Promise.resolve(stats)));
  });
}

/** One where somebody else was there in between. */
async function countLeft(work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (isRefused(error) || isGone(error)) {
      return 1;
    }
    throw error;
  }
}
