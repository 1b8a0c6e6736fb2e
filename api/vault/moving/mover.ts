// Moves a note, another file or a folder: finds what is moved and which links lead there, and has all of it changed at once
// or nothing.
import type { Cause } from '../changes/cause.ts';
import type { Step, WriteStep } from '../changes/change.ts';
import { NotWritable } from '../changes/surroundings.ts';
import { kindOf } from '../documents/kind.ts';
import { EditRefused, NoteReadOnly, NotesChanged, RevisionStale } from '../errors.ts';
import type { HiddenFiles } from '../hidden/hidden-files.ts';
import { listSome } from '../naming/list-some.ts';
import { createRevision } from '../notes/content.ts';
import { folderOf } from '../notes/name.ts';
import { KeyedQueue } from '../writing/keyed-queue.ts';
import { findGoal, type MoveGoal, type VaultPart } from './goal.ts';
import { LinkedNotes } from './linked-notes.ts';
import { type AskLinks, type LinkPlan, type MendedNote, planLinks, TooMuchToMend } from './move-plan.ts';
import { listMovedFiles } from './moved-files.ts';
import type { Moved } from './names-after.ts';

/** What of the folder is not as it was; `moved` has of each file its path and the one that it had. */
export interface ChangedPart {
  folders: string[];
  moved: [to: string, from: string][];
}

/** The index of a vault, and what of that is shown. */
export interface LinkSource {
  ask: AskLinks;
  hidden: HiddenFiles;
  /** Resolves when the index has what is known to have changed, and this part; in any case some time later. */
  bringInStep(part: ChangedPart): Promise<void>;
  /** The same for who goes by it: throws LinksUnknown where it does not have that, or not all notes yet. */
  requireInStep(part: ChangedPart): Promise<void>;
}

export interface MoverOptions extends Omit<VaultPart, 'formerNames'> {
  /** Of what the caller is shown. */
  own: LinkSource;
  /** Of all of the vault, where the caller is shown a part. */
  whole?: LinkSource | undefined;
  /** Paths are those on the disk, below the vault. Throws RevisionStale where a note is not as it was, with nothing changed. */
  carryOut(cause: Cause, steps: Step[]): Promise<void>;
  /** Told once it is done, before the caller is. */
  onMoved(part: ChangedPart): Promise<void>;
}

export interface MoveResult {
  /** Of what was moved, now. */
  id: string;
  kind: MoveGoal['kind'];
  /** Of a note, a canvas or a base. */
  revision?: string;
  /** The notes and canvases, of those that the caller is shown, in which links were mended. */
  mended: number;
}

export interface MoveOrder {
  id: string;
  /** The whole new path. */
  to: string;
  /** That a note is to have; whatever it has, where it is left out. */
  revision?: string | undefined;
}

/** Throws what NoteWriter.move says, but for what the disk says. */
export type Mover = (cause: Cause, order: MoveOrder) => Promise<MoveResult>;

/** Of those that were moved since the start. */
const mostFormerNames = 10_000;

/** What was planned, and who is told of it. */
interface Plan extends LinkPlan {
  /** How many of the first of `mended` the caller is shown. */
  shown: number;
}

export function createMover(options: MoverOptions): Mover {
  // One after the other: what a move plans is over names as the last one left them.
  const queue = new KeyedQueue();
  const formerNames = new Set<string>();
  return (cause, order) =>
    queue.run('', async () => {
      const part = { ...options, formerNames };
      const goal = await findGoal(part, order.id, order.to);
      const result = await move(part, cause, { ...order, goal });
      if (formerNames.size > mostFormerNames) {
        formerNames.clear();
      }
      for (const name of goal.from.split('/')) {
        formerNames.add(name);
      }
      return result;
    });
}

type Parts = MoverOptions & VaultPart;

async function move(
  options: Parts,
  cause: Cause,
  { goal, ...order }: MoveOrder & { goal: MoveGoal },
): Promise<MoveResult> {
  const notes = new LinkedNotes(options.root);
  const isRead = goal.kind === 'file' && ['note', 'canvas', 'base'].includes(kindOf(goal.from) ?? '');
  const file = isRead ? await notes.readRevision(goal.diskFrom, order.revision) : undefined;
  const files = await listMovedFiles(options, goal, file);
  for (const source of options.whole === undefined ? [options.own] : [options.own, options.whole]) {
    await source.requireInStep({ folders: [folderOf(goal.from)], moved: [] });
  }
  const plan = await planAll(options, files.moved, notes);
  requireSayable(plan);
  const writes = plan.mended.map(({ id, before, after }): WriteStep => {
    return { path: files.wayAfter(notes.wayTo(id)), before, after };
  });
  await options.carryOut(cause, [...files.steps, ...writes]).catch(async (error: unknown) => {
    throw await explainFailure(error, { goal, plan, writes, notes });
  });
  await options.onMoved(describeChange(goal, files.moved, plan));
  const mended = plan.mended.find(({ id }) => id === goal.from);
  const revision = mended === undefined ? file : createRevision(mended.after);
  return {
    id: goal.to,
    kind: goal.kind,
    ...(revision === undefined ? {} : { revision }),
    mended: plan.shown,
  };
}

/**
 * Who is shown a part of the vault has the links in it judged by that part alone, and written as paths: nothing in them
 * tells what there is elsewhere. Links elsewhere are mended as well, and nobody is told.
 */
async function planAll({ own, whole }: MoverOptions, moved: Moved, notes: LinkedNotes): Promise<Plan> {
  try {
    const asPaths = whole !== undefined;
    const seen = await planLinks({ ...notes.readerOf(own), moved, asPaths, select: (ids) => ids });
    const unseen =
      whole === undefined
        ? { mended: [], unsayable: [] }
        : await planLinks({
            ...notes.readerOf(whole),
            moved,
            asPaths: false,
            select: (ids) => {
              const hidden = own.hidden.findHidden(ids);
              return ids.filter((id) => hidden.has(id));
            },
          });
    const shown = seen.mended.length;
    return { mended: [...seen.mended, ...unseen.mended], unsayable: seen.unsayable, shown };
  } catch (error) {
    throw error instanceof TooMuchToMend
      ? new EditRefused('Too many notes link to what is to be moved. Move it in smaller parts.')
      : error;
  }
}

function requireSayable({ unsayable }: Plan): void {
  if (unsayable.length > 0) {
    throw new EditRefused(
      `Links in ${listSome(unsayable)} could not be written for the new path, or the file is not UTF-8 text, so nothing was moved. Choose another name.`,
    );
  }
}

interface Attempt {
  goal: MoveGoal;
  plan: Plan;
  /** Of each note to mend, in their order. */
  writes: readonly WriteStep[];
  notes: LinkedNotes;
}

/** As the caller is told it. */
async function explainFailure(error: unknown, { goal, plan, writes, notes }: Attempt): Promise<unknown> {
  if (error instanceof NotWritable) {
    const shown = plan.mended.slice(0, plan.shown).map(({ id }, at) => [writes[at]?.path, id] as const);
    const named = new Map([[goal.diskFrom, goal.from], ...shown]).get(error.path);
    return new NoteReadOnly(named === undefined ? '' : ` (${listSome([named])})`, { cause: error });
  }
  return error instanceof RevisionStale ? explainStale(plan, notes, error) : error;
}

/** With the names of those that the caller is shown. */
async function explainStale(plan: Plan, notes: LinkedNotes, error: RevisionStale): Promise<Error> {
  const changed = await notes.listChanged(plan.mended.slice(0, plan.shown));
  return new NotesChanged(changed.length === 0 ? '' : ` (${listSome(changed)})`, { cause: error });
}

function describeChange(goal: MoveGoal, moved: Moved, { mended }: Plan): ChangedPart {
  const ids = [goal.from, goal.to, ...moved.keys(), ...mended.map(({ id }: MendedNote) => id)];
  const folders = new Set(ids.map(folderOf));
  return { folders: [...folders], moved: [...moved].map(([from, to]) => [to, from]) };
}
