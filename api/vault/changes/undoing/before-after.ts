// What a change made of each note, as far as that is known: the text before is in its entry, the text after is there still or
// was taken away by a later change.
import { normalizeText } from '../../unicode.ts';
import { isInTrash } from '../../writing/trash.ts';
import { isMove } from '../change.ts';
import { readCurrent } from '../current.ts';
import type { RecordedMove, RecordedWrite } from '../entry.ts';
import { findRevision } from '../found.ts';
import { inPlace } from '../place.ts';
import { findDifference, type Hunk } from './difference.ts';
import { type ChangeHistory, followMoves, type KnownChange } from './history.ts';

export interface ChangedNote {
  /** Before the change; undefined where it was made. */
  from: string | undefined;
  /** After it; undefined where it was deleted. */
  to: string | undefined;
  /** Undefined where there was nothing, or it was only moved. */
  before: Buffer | undefined;
  /** Undefined where there was nothing, or `isAfterKept` is false. */
  after: Buffer | undefined;
  /** False where somebody else has changed it since: nobody has kept what the change left. */
  isAfterKept: boolean;
  /** Undefined where one of them is no text, or not kept. */
  difference: Hunk[] | undefined;
}

export interface ShownChange {
  change: KnownChange;
  notes: ChangedNote[];
}

export interface ShowOrder {
  id: string;
  /** Of its steps, by their numbers from 0; all by default. */
  isMeant?: ((step: number) => boolean) | undefined;
}

/** Undefined where the journal has no change of this id (any more). Throws what the disk says. */
export async function showChange(
  root: string,
  history: ChangeHistory,
  { id, isMeant = () => true }: ShowOrder,
): Promise<ShownChange | undefined> {
  const found = await history.find(id);
  if (found === undefined) {
    return undefined;
  }
  const notes = await history.open(id, async ({ entry, readBefore }) => {
    const shown: ChangedNote[] = [];
    for (const [index, step] of entry.steps.entries()) {
      if (isMeant(index)) {
        const before = await readBefore(index);
        shown.push(
          isMove(step)
            ? showMove(step, before)
            : await showWrite({ root, history, later: found.later }, step, before),
        );
      }
    }
    return shown;
  });
  return notes && { change: found.change, notes };
}

const toId = (way: string): string => normalizeText(way, 'NFC');

function showMove({ from, to }: RecordedMove, bytes: Buffer | undefined): ChangedNote {
  const ways = { from: isInTrash(from) ? undefined : toId(from), to: isInTrash(to) ? undefined : toId(to) };
  const before = ways.from === undefined ? undefined : bytes;
  const after = ways.to === undefined ? undefined : bytes;
  const isMoved = ways.from !== undefined && ways.to !== undefined;
  return {
    ...ways,
    before,
    after,
    isAfterKept: true,
    difference: isMoved ? [] : findDifference(before, after),
  };
}

interface Known {
  root: string;
  history: ChangeHistory;
  later: readonly KnownChange[];
}

async function showWrite(
  known: Known,
  step: RecordedWrite,
  before: Buffer | undefined,
): Promise<ChangedNote> {
  const after = step.after && (await findAfter(known, step.path, step.after.revision));
  const isAfterKept = step.after === undefined || after !== undefined;
  const path = toId(step.path);
  return {
    from: step.before && path,
    to: step.after && path,
    before,
    after,
    isAfterKept,
    difference: isAfterKept ? findDifference(before, after) : undefined,
  };
}

async function findAfter(
  { root, history, later }: Known,
  path: string,
  revision: string,
): Promise<Buffer | undefined> {
  const way = followMoves(path, later);
  const isThere = (await findRevision(root, way)) === revision;
  const current = isThere ? await inPlace(root, way, (place) => readCurrent(place.path)) : undefined;
  return current?.bytes ?? history.findBytes(revision);
}
