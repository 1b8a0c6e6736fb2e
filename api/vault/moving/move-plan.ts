// What a move changes: each note whose links have to be mended, with its bytes before and after.
import { isUtf8 } from 'node:buffer';
import { createRevision, largestNote } from '../notes/content.ts';
import type { Steps } from '../pace/steps.ts';
import { findAffected, type KnownLinks } from './affected.ts';
import { LinkUnsayable, Mending, type MendingOptions } from './mending.ts';

export interface MendedNote {
  /** Where it is before the move. */
  id: string;
  before: Buffer;
  after: Buffer;
  revision: string;
}

/** The index of a vault, as a move asks it: with others having their turn in between. */
export type AskLinks = <Answer>(question: (links: KnownLinks) => Generator<void, Answer>) => Promise<Answer>;

export interface LinkPlan {
  mended: MendedNote[];
  /** The ids of notes whose links would have to be mended and can't be. */
  unsayable: string[];
}

export interface LinkPlanOptions extends Omit<MendingOptions, 'names'> {
  ask: AskLinks;
  /** Those of these notes that it is about. */
  select: (ids: string[]) => string[];
  /** Undefined where it is not there (any more). */
  read: (id: string) => Promise<Buffer | undefined>;
}

/** Bytes of all that is read for one move. They stay in memory until it is done. */
const mostBytes = 128 * 1024 * 1024;

/** The notes would take too much to be changed at once. */
export class TooMuchToMend extends Error {
  override readonly name = 'TooMuchToMend';
}

/** Throws TooMuchToMend. */
export async function planLinks({ ask, select, read, ...options }: LinkPlanOptions): Promise<LinkPlan> {
  const affected = await ask((names) =>
    findAffected(names, options.moved, new Mending({ names, ...options })),
  );
  const notes = await readAll(select(affected), read);
  return ask((names) => mendAll(notes, new Mending({ names, ...options })));
}

type ReadNote = Pick<MendedNote, 'id' | 'before'>;

async function readAll(ids: readonly string[], read: LinkPlanOptions['read']): Promise<ReadNote[]> {
  const notes: ReadNote[] = [];
  let bytes = 0;
  for (const id of ids) {
    const before = await read(id);
    if (before !== undefined) {
      notes.push({ id, before });
      bytes += before.length;
    }
    if (bytes > mostBytes) {
      throw new TooMuchToMend();
    }
  }
  return notes;
}

function* mendAll(notes: readonly ReadNote[], mending: Mending): Generator<void, LinkPlan> {
  const plan: LinkPlan = { mended: [], unsayable: [] };
  for (const { id, before } of notes) {
    const after = yield* mend(before, id, mending);
    if (after === undefined) {
      plan.unsayable.push(id);
    } else if (!after.equals(before)) {
      plan.mended.push({ id, before, after, revision: createRevision(before) });
    }
    yield;
  }
  return plan;
}

/** Undefined where it can't be mended. */
function* mend(before: Buffer, id: string, mending: Mending): Steps<Buffer | undefined> {
  try {
    const text = before.toString('utf8');
    const mended = yield* mending.mend(text, id);
    if (mended === text) {
      return before;
    }
    // To write it anew could destroy it.
    if (!isUtf8(before) || before.includes(0)) {
      return undefined;
    }
    const after = Buffer.from(mended);
    return after.length > largestNote ? undefined : after;
  } catch (error) {
    if (error instanceof LinkUnsayable) {
      return undefined;
    }
    throw error;
  }
}
