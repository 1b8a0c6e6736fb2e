// What undoing one step of a change takes, or why that would lose something. Moves that take links along are planned as a
// whole: ../../moving/move-back.ts.
import { dirname } from 'node:path';
import { isInTrash, moveToTrash, type TrashPlace, withEnding } from '../../writing/trash.ts';
import { isMove, type Step } from '../change.ts';
import type { Entry, RecordedMove, RecordedWrite } from '../entry.ts';
import { type Disk, findOtherSpelling } from './disk.ts';
import { followMoves } from './history.ts';

/**
 * `changed`: written since. `gone`: moved or deleted since, not by this change. `taken`: something else is there now.
 * `spelled`: something is, or a folder on the way, whose name differs only in case or Unicode form.
 */
export type RefusedWhy = 'changed' | 'gone' | 'taken' | 'spelled';

/** Of a note: its earlier text, itself in its place, itself in the trash; `already`: it is so. */
export type BroughtHow = 'text' | 'note' | 'trash' | 'already';

export interface StepBack {
  /** Below the vault, as the disk has it: where the note is, or will be. */
  path: string;
  /** What was there before the change; undefined where that was nothing. */
  earlier: Buffer | undefined;
  /** What is there now. */
  current: Buffer | undefined;
  plan: { how: BroughtHow; step?: Step } | { refused: RefusedWhy };
}

interface Known {
  root: string;
  disk: Disk;
  /** What was changed after it, oldest first. */
  later: readonly Pick<Entry, 'steps'>[];
  readBefore(): Promise<Buffer | undefined>;
}

export async function planStepBack(known: Known, step: RecordedWrite | RecordedMove): Promise<StepBack> {
  if (isMove(step)) {
    return isInTrash(step.to)
      ? bringBack(known, { path: step.from, trashed: step.to })
      : takeAway(known, step.to, step.before?.revision);
  }
  const { path, before, after } = step;
  if (after === undefined) {
    return bringBack(known, { path });
  }
  return before === undefined
    ? takeAway(known, path, after.revision)
    : putBack(known, { path, left: after.revision, earlier: before.revision });
}

/** A note that was written gets its earlier bytes. */
async function putBack(
  { disk, later, readBefore }: Known,
  { path, left, earlier: wanted }: { path: string; left: string; earlier: string },
): Promise<StepBack> {
  const way = followMoves(path, later);
  const isDeleted = isInTrash(way);
  const [earlier, found] = [await readBefore(), isDeleted ? undefined : await disk.read(way)];
  const back = { path: isDeleted ? path : way, earlier, current: found?.bytes };
  if (found === undefined) {
    return { ...back, plan: { refused: 'gone' } };
  }
  if (found.current === wanted) {
    return { ...back, plan: { how: 'already' } };
  }
  if (found.current !== left) {
    return { ...back, plan: { refused: 'changed' } };
  }
  return { ...back, plan: { how: 'text', step: { path: way, before: found.bytes, after: earlier } } };
}

/** A note that was made goes to the trash. */
async function takeAway(
  { root, disk, later }: Known,
  path: string,
  left: string | undefined,
): Promise<StepBack> {
  const way = followMoves(path, later);
  const found = isInTrash(way) ? undefined : await disk.read(way);
  if (found === undefined) {
    return { path, earlier: undefined, current: undefined, plan: { how: 'already' } };
  }
  const back = { path: way, earlier: undefined, current: found.bytes };
  if (found.current !== left) {
    return { ...back, plan: { refused: 'changed' } };
  }
  const place = await findTrashPlace(root, way);
  return {
    ...back,
    plan: { how: 'trash', step: { from: way, revision: left, before: found.bytes, ...place } },
  };
}

const findTrashPlace = (root: string, way: string): Promise<TrashPlace> =>
  moveToTrash(root, way, () => Promise.resolve());

/** A note that was deleted comes back: out of the trash where it is still there, else from what was kept. */
async function bringBack(
  { disk, later, readBefore }: Known,
  { path, trashed }: { path: string; trashed?: string },
): Promise<StepBack> {
  const way = followMoves(path, later, true);
  const earlier = await readBefore();
  if (await disk.isThere(way)) {
    const found = await disk.read(way);
    const isSame = earlier !== undefined && found?.bytes?.equals(earlier) === true;
    const plan = isSame ? ({ how: 'already' } as const) : ({ refused: 'taken' } as const);
    return { path: way, earlier, current: found?.bytes, plan };
  }
  if ((await findOtherSpelling(disk, way)) !== undefined) {
    return { path: way, earlier, current: undefined, plan: { refused: 'spelled' } };
  }
  const folders = await listMissingFolders(disk, way);
  const inTrash = trashed === undefined ? undefined : await disk.read(trashed);
  const isSame = earlier !== undefined && inTrash?.bytes?.equals(earlier) === true;
  const step: Step =
    isSame && trashed !== undefined
      ? { from: trashed, to: way, revision: inTrash?.current, before: earlier, folders }
      : { path: way, after: earlier, folders };
  return { path: way, earlier, current: undefined, plan: { how: 'note', step } };
}

/** Beside the note, or where it was, under a name that says of when it is. */
export async function planCopy(disk: Disk, path: string, earlier: Buffer, time: string): Promise<Step> {
  const when = time.slice(0, 19).replace('T', ' ').replaceAll(':', '.');
  const name = path.slice(path.lastIndexOf('/') + 1);
  const folder = path.slice(0, path.length - name.length);
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? ` (before ${when})` : ` (before ${when}) ${number}`;
    const way = folder + withEnding(name, ending);
    if (!(await disk.isThere(way))) {
      return { path: way, after: earlier, folders: await listMissingFolders(disk, way) };
    }
  }
}

/** Outermost first. */
async function listMissingFolders(disk: Disk, path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    if (!(await disk.isThere(folder))) {
      missing.unshift(folder);
    }
  }
  return missing;
}
