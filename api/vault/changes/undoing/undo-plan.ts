// What undoing one change will do, note by note, and what it leaves alone: nothing is done here.
import { NoteExists, NoteNotFound, NoteSpelled } from '../../errors.ts';
import { normalizeText } from '../../unicode.ts';
import { isInTrash } from '../../writing/trash.ts';
import { isMove, type Step } from '../change.ts';
import type { Entry, RecordedMove } from '../entry.ts';
import { isGone } from '../found.ts';
import type { OpenedEntry } from '../journal-folder.ts';
import { findDifference, type Hunk } from './difference.ts';
import { type Disk, findOtherSpelling } from './disk.ts';
import { followMoves } from './history.ts';
import { type BroughtHow, planCopy, planStepBack, type RefusedWhy, type StepBack } from './step-back.ts';

/** What is done for a note: StepBack's, or `moved` to where it was, or its earlier text as a `copy` at `to`. */
export interface BroughtBack {
  path: string;
  how: BroughtHow | 'moved' | 'copy';
  /** Where it is then, of what is not at `path`. */
  to?: string;
}

export interface RefusedNote {
  path: string;
  why: RefusedWhy | 'forgotten';
  /** From what is there now to what was there before: its lines with `-` would be lost. Undefined where one is no text. */
  difference: Hunk[] | undefined;
  /** There is an earlier text, which can be brought back as a copy. */
  canCopy: boolean;
}

export interface UndoPlan {
  steps: Step[];
  broughtBack: BroughtBack[];
  refused: RefusedNote[];
}

export interface PlanParts {
  root: string;
  disk: Disk;
  /** What was changed after it, oldest first. */
  later: readonly Pick<Entry, 'steps'>[];
  asCopy: boolean;
  /** Whether whoever undoes may change what is at this path by now (NFC); everything by default. */
  isChangeable?: ((path: string) => boolean) | undefined;
}

/** Of what is no relocation. */
export async function planSteps(parts: PlanParts, opened: OpenedEntry): Promise<UndoPlan> {
  const { root, disk, later, isChangeable } = parts;
  const plan: UndoPlan = { steps: [], broughtBack: [], refused: [] };
  for (const [index, step] of opened.entry.steps.entries()) {
    const back = await planStepBack({ root, disk, later, readBefore: () => opened.readBefore(index) }, step);
    if (isChangeable?.(toId(back.path)) === false) {
      // Where it is by now, and what it says, is not theirs to know.
      const path = toId(isMove(step) ? step.from : step.path);
      plan.refused.push({ path, why: 'gone', difference: undefined, canCopy: false });
    } else {
      await add(plan, back, { disk, copyOf: parts.asCopy ? opened.entry.time : undefined });
    }
  }
  // In a change the moves come first.
  plan.steps.sort((one, other) => Number(isMove(other)) - Number(isMove(one)));
  return plan;
}

/** A move that is no deletion, and no undoing of one. */
export function isRelocation(step: Entry['steps'][number]): step is RecordedMove {
  return isMove(step) && !isInTrash(step.from) && !isInTrash(step.to);
}

/** Of a change with relocations: `planBack` gives its steps, or throws NoteExists, NoteNotFound. */
export async function planMoves(
  { entry }: Pick<OpenedEntry, 'entry'>,
  planBack: () => Promise<Step[]>,
): Promise<UndoPlan> {
  const moves = entry.steps.filter(isRelocation);
  try {
    const steps = await planBack();
    const broughtBack = moves.map(({ from, to }): BroughtBack => {
      return { path: toId(to), how: 'moved', to: toId(from) };
    });
    return { steps, broughtBack, refused: [] };
  } catch (error) {
    const why = whyNotBack(error);
    if (why === undefined) {
      throw error;
    }
    const refused = moves.map(({ from, to }) => {
      const path = toId(why === 'gone' ? to : from);
      return { path, why, difference: [], canCopy: false } satisfies RefusedNote;
    });
    return { steps: [], broughtBack: [], refused };
  }
}

function whyNotBack(error: unknown): 'gone' | 'taken' | 'spelled' | undefined {
  if (error instanceof NoteExists) {
    return 'taken';
  }
  if (error instanceof NoteSpelled) {
    return 'spelled';
  }
  return error instanceof NoteNotFound || isGone(error) ? 'gone' : undefined;
}

/**
 * What the mover would do, as far as it can be told without asking which links there are: they are mended in notes that were
 * changed since, too. Throws NoteExists, NoteNotFound.
 */
export async function foreseeMoves(disk: Disk, { entry, readBefore }: OpenedEntry): Promise<Step[]> {
  const moves = entry.steps.filter(isRelocation).toReversed();
  for (const move of moves) {
    await requireBack(disk, move);
  }
  const steps = moves.map(({ from, to }) => ({ from: to, to: from }));
  const writes: Step[] = [];
  for (const [index, step] of entry.steps.entries()) {
    const now = isMove(step) ? undefined : await disk.read(step.path);
    if (!isMove(step) && now !== undefined && now.current === step.after?.revision) {
      const path = followMoves(step.path, [{ steps }]);
      writes.push({ path, before: now.bytes, after: await readBefore(index) });
    }
  }
  return [...steps, ...writes];
}

async function requireBack(disk: Disk, { from, to }: RecordedMove): Promise<void> {
  if (!(await disk.isThere(to))) {
    throw new NoteNotFound();
  }
  // Where case is left aside, a name in another case is itself.
  if (from.toLowerCase() !== to.toLowerCase() && (await disk.isThere(from))) {
    throw new NoteExists(toId(from));
  }
  if ((await findOtherSpelling(disk, from, to)) !== undefined) {
    throw new NoteSpelled(toId(from));
  }
}

const toId = (way: string): string => normalizeText(way, 'NFC');

const endOf = (step: Step): string => (isMove(step) ? step.to : step.path);

/** Where something would have to give way to the earlier text, that text. */
function takeCopied({ plan, earlier }: StepBack): Buffer | undefined {
  const gives = 'refused' in plan || plan.how === 'text';
  return gives ? earlier : undefined;
}

/** `copyOf`: the time of the change, where what would have to give way stays and gets a copy beside it. */
async function add(
  plan: UndoPlan,
  back: StepBack,
  { disk, copyOf }: { disk: Disk; copyOf: string | undefined },
): Promise<void> {
  const copied = copyOf === undefined ? undefined : takeCopied(back);
  if (copyOf === undefined || copied === undefined) {
    addStep(plan, back);
    return;
  }
  const copy = await planCopy(disk, back.path, copied, copyOf);
  plan.steps.push(copy);
  plan.broughtBack.push({ path: toId(back.path), how: 'copy', to: toId(endOf(copy)) });
}

function addStep(plan: UndoPlan, { path, earlier, current, plan: found }: StepBack): void {
  if ('refused' in found) {
    const difference = findDifference(current, earlier);
    plan.refused.push({ path: toId(path), why: found.refused, difference, canCopy: earlier !== undefined });
    return;
  }
  const to = found.how === 'trash' && found.step !== undefined ? { to: toId(endOf(found.step)) } : {};
  plan.broughtBack.push({ path: toId(path), how: found.how, ...to });
  if (found.step !== undefined) {
    plan.steps.push(found.step);
  }
}

/** Of a change that is kept no longer. */
export function forgetNotes({ steps }: Pick<Entry, 'steps'>): RefusedNote[] {
  return steps.map((step) => {
    const path = toId(isMove(step) ? step.from : step.path);
    return { path, why: 'forgotten', difference: undefined, canCopy: false };
  });
}
