// What clients changed, as a person is shown it, and bringing it back. What is hidden, or lies outside of what they reach, is in
// none of it: as if nobody had ever changed it.
import type { Cause } from '../changes/cause.ts';
import { type ChangedNote, showChange } from '../changes/undoing/before-after.ts';
import { type ChangeFilter, ChangeHistory, type KnownChange } from '../changes/undoing/history.ts';
import type { ChangeUndoer, UndoOutcome } from '../changes/undoing/undo.ts';
import { VaultReadOnly } from '../errors.ts';
import type { HiddenFiles } from '../hidden/hidden-files.ts';
import { Reach } from '../hidden/reach.ts';
import type { LinkSource } from '../moving/mover.ts';
import type { VaultOptions } from '../options.ts';
import { createUndoer } from '../undoing.ts';
import {
  ChangeScope,
  type ListedChange,
  type ShownOutcome,
  type Undone,
  type UndoWish,
} from './change-scope.ts';

interface ChangeDetail {
  change: ListedChange;
  /** The first of them: reading all notes of a large move would keep everybody waiting. */
  notes: ChangedNote[];
}

/** Everything throws VaultAway while the folder of notes is not there, and what the disk says. */
export interface ShownChanges {
  readonly isWritable: boolean;
  /** Newest first; `before` is the id of the last one that was seen. */
  list(options: {
    app?: string | undefined;
    sinceMs?: number | undefined;
    /** Those of a note under this id. */
    note?: string | undefined;
    before?: string | undefined;
    limit: number;
  }): Promise<{ changes: ListedChange[]; isMore: boolean }>;
  /** Undefined where there is none of this id (any more) that is shown. */
  find(id: string, mostNotes: number): Promise<ChangeDetail | undefined>;
  /** What undo would do now, 100 changes at most; undefined as in find. */
  foresee(wish: UndoWish): Promise<{ outcomes: ShownOutcome[]; isMore: boolean } | undefined>;
  /**
   * Does it, newest first; undefined as in find. Throws VaultReadOnly and what ChangeUndoer throws, with nothing done; where
   * something was done before, that is told with the `failure` that ended it.
   */
  undo(wish: UndoWish, cause: Cause): Promise<Undone | undefined>;
}

export interface ShownChangesParts {
  /** The vault's real path. */
  root: string;
  hidden: HiddenFiles;
  links: LinkSource;
  canWrite: boolean;
  options: Pick<VaultOptions, 'reach' | 'whole' | 'elsewhere' | 'onLeft' | 'onMoved'>;
  /** Throws VaultAway while the folder is not there. */
  requireHome(cause?: unknown): Promise<void>;
}

const mostAtOnce = 100;

export function createShownChanges(parts: ShownChangesParts): ShownChanges {
  const { root, hidden, links, canWrite, options, requireHome } = parts;
  const writable = options.reach?.writable && new Reach(options.reach.writable);
  const scope = new ChangeScope(hidden, writable);
  const undoer = createUndoer({
    ...{ root, requireHome, onLeft: options.onLeft },
    isChangeable: (path) => scope.isChangeable(path),
    links: () => Promise.resolve(options.whole ?? links),
    onChanged: async (part) => {
      await links.bringInStep(part);
      await options.onMoved?.(part);
    },
  });
  const shown: Shown = { root, scope, undoer, history: keepShortly(() => new ChangeHistory(root)) };
  // Without its folder there is no journal either, and nothing would ever have been changed.
  const begin = async (): Promise<void> => {
    await requireHome();
    await hidden.refresh();
  };
  return {
    isWritable: canWrite,
    list: async ({ app, sinceMs, note, before, limit }) => {
      await begin();
      const isMeant = (change: KnownChange): boolean => scope.isShown(change, note);
      const cursor = before === undefined ? {} : { cursor: before };
      const page = await shown.history().list({ app, sinceMs, isMeant, limit, ...cursor });
      return {
        changes: page.changes.map((change) => scope.list(change)),
        isMore: page.nextCursor !== undefined,
      };
    },
    find: async (id, mostNotes) => {
      await begin();
      return findDetail(shown, id, mostNotes);
    },
    foresee: async (wish) => {
      await begin();
      return 'id' in wish ? foreseeOne(shown, wish) : foreseeAll(shown, wish);
    },
    undo: async (wish, cause) => {
      if (!canWrite) {
        throw new VaultReadOnly();
      }
      if (options.elsewhere) {
        return options.elsewhere.undo({ reach: options.reach, wish, cause });
      }
      await begin();
      return 'id' in wish ? undoOne(shown, wish, cause) : undoAll(shown, wish, cause);
    },
  };
}

const keptMs = 30_000;

/** One page asks several times, and people look at several pages: what is kept was read once, and never changes. */
function keepShortly<Kept extends object>(create: () => Kept): () => Kept {
  let kept: Kept | undefined;
  return () => {
    if (kept === undefined) {
      kept = create();
      setTimeout(() => {
        kept = undefined;
      }, keptMs).unref();
    }
    return kept;
  };
}

interface Shown {
  root: string;
  history: () => ChangeHistory;
  scope: ChangeScope;
  undoer: ChangeUndoer;
}

async function findShown({ history, scope }: Shown, id: string): Promise<KnownChange | undefined> {
  const found = await history().find(id);
  return found && scope.isShown(found.change) ? found.change : undefined;
}

async function findDetail(shown: Shown, id: string, most: number): Promise<ChangeDetail | undefined> {
  const { root, history, scope } = shown;
  const change = await findShown(shown, id);
  if (change === undefined) {
    return undefined;
  }
  const steps = new Set(
    change.steps.flatMap((step, index) => (scope.hasStep(step) ? index : [])).slice(0, most),
  );
  const detail = await showChange(root, history(), { id, isMeant: (step) => steps.has(step) });
  return detail && { change: scope.list(change), notes: detail.notes };
}

async function foreseeOne(
  shown: Shown,
  { id, asCopy }: Extract<UndoWish, { id: string }>,
): ReturnType<ShownChanges['foresee']> {
  const { scope, undoer } = shown;
  const change = await findShown(shown, id);
  if (change === undefined) {
    return undefined;
  }
  const outcome = scope.canUndo(change)
    ? scope.show(await undoer.foreseeChange(id, asCopy))
    : scope.close(change);
  return { outcomes: [outcome], isMore: false };
}

async function undoOne(
  shown: Shown,
  { id, asCopy }: Extract<UndoWish, { id: string }>,
  cause: Cause,
): ReturnType<ShownChanges['undo']> {
  const { scope, undoer } = shown;
  const change = await findShown(shown, id);
  if (change === undefined) {
    return undefined;
  }
  const outcome = scope.canUndo(change)
    ? scope.show(await undoer.undoChange(id, { cause, asCopy }))
    : scope.close(change);
  return { outcomes: [outcome] };
}

type WideWish = Extract<UndoWish, { app: string }>;

/** The newest of those that are meant, and whether there are more. */
async function findMeant(
  { history, scope }: Shown,
  { app, sinceMs, through }: WideWish,
): Promise<{ changes: KnownChange[]; isMore: boolean }> {
  const all = await history().findAll({
    ...{ app, sinceMs },
    isMeant: (change) =>
      (through === undefined || change.id <= through) &&
      change.undoneBy === undefined &&
      change.kind !== 'undo' &&
      scope.isShown(change),
  });
  return { changes: all.slice(0, mostAtOnce), isMore: all.length > mostAtOnce };
}

async function foreseeAll(shown: Shown, wish: WideWish): ReturnType<ShownChanges['foresee']> {
  const { changes, isMore } = await findMeant(shown, wish);
  const { outcomes, failure } = await runAll(shown, changes, (filter) => shown.undoer.foreseeAll(filter));
  if (failure !== undefined) {
    throw failure as Error;
  }
  return { outcomes, isMore };
}

async function undoAll(shown: Shown, wish: WideWish, cause: Cause): ReturnType<ShownChanges['undo']> {
  const { changes } = await findMeant(shown, wish);
  const told = await runAll(shown, changes, (filter) => shown.undoer.undoAll(filter, { cause }));
  if (told.failure !== undefined && told.outcomes.every(({ undo }) => undo === undefined)) {
    throw told.failure as Error;
  }
  return told;
}

/** Those that are not theirs are told with the others, in the order of time. */
async function runAll(
  { scope }: Shown,
  changes: readonly KnownChange[],
  run: (filter: ChangeFilter) => AsyncIterable<UndoOutcome>,
): Promise<{ outcomes: ShownOutcome[]; failure?: unknown }> {
  const open = new Set(changes.filter((change) => scope.canUndo(change)).map(({ id }) => id));
  const outcomes = changes.filter(({ id }) => !open.has(id)).map((change) => scope.close(change));
  const inOrder = (): ShownOutcome[] =>
    outcomes.sort((one, other) => (one.change.id < other.change.id ? 1 : -1));
  try {
    for await (const outcome of run({ isMeant: ({ id }) => open.has(id) })) {
      outcomes.push(scope.show(outcome));
    }
  } catch (failure) {
    return { outcomes: inOrder(), failure };
  }
  return { outcomes: inOrder() };
}
