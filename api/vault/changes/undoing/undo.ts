// Bringing back what a change took away: note by note, where nothing that was written since would be lost. Undoing is a change
// of its own, so that it can be undone.
// The room: the changes that there are, what they did, and undoing them. Not who asks.
import { explainDisk, NoteReadOnly, VaultRefusal } from '../../errors.ts';
import type { Cause } from '../cause.ts';
import { isMove, type Step } from '../change.ts';
import { ChangeJournal, type JournalOptions } from '../journal.ts';
import type { OpenedEntry } from '../journal-folder.ts';
import { isRefused } from '../steps.ts';
import { NotWritable } from '../surroundings.ts';
import { createDisk, type Disk, ForeseenDisk } from './disk.ts';
import { type ChangeFilter, ChangeHistory, type KnownChange } from './history.ts';
import {
  type BroughtBack,
  foreseeMoves,
  forgetNotes,
  isRelocation,
  planMoves,
  planSteps,
  type RefusedNote,
  type UndoPlan,
} from './undo-plan.ts';

export type { BroughtBack, RefusedNote };

export interface UndoOutcome {
  /** What was to be undone. Where that was done before (`undoneBy`), nothing is done. */
  change: KnownChange;
  /** The id of the change that did it; undefined where nothing was done. */
  undo?: string;
  broughtBack: BroughtBack[];
  refused: RefusedNote[];
}

export interface UndoOptions extends Pick<JournalOptions, 'root' | 'requireHome' | 'onLeft'> {
  /** The steps that undo a move with its links. Throws NoteNotFound, NoteExists, VaultRefusal. */
  planMoveBack(entry: OpenedEntry): Promise<Step[]>;
  /** Told of what was done on the disk, before the caller is. */
  onDone?: ((steps: readonly Step[]) => Promise<void>) | undefined;
  /** Whether whoever undoes may change what is at this path (NFC); everything by default. Moves are not asked for. */
  isChangeable?: ((path: string) => boolean) | undefined;
}

export interface UndoOrder {
  /** Who undoes it. */
  cause: Cause;
  /** The earlier text beside the note, which stays as it is. */
  asCopy?: boolean | undefined;
}

/** There is no change of this id, or it is kept no longer. */
class ChangeNotFound extends VaultRefusal {
  override readonly name = 'ChangeNotFound';
  constructor() {
    super('missing', 'There is no change with this id, or it is kept no longer.');
  }
}

/** How often it is planned anew where somebody was there in between. */
const mostPlans = 3;

interface Foreseen {
  disk: ForeseenDisk;
  later: readonly Pick<KnownChange, 'steps'>[];
  asCopy: boolean;
}

export class ChangeUndoer {
  readonly #options: UndoOptions;
  readonly #journal: ChangeJournal;
  readonly #disk: Disk;

  constructor(options: UndoOptions) {
    this.#options = options;
    this.#disk = createDisk(options.root);
    // While older changes are still to be undone, none may go to make room for what undoing writes: the next change of a
    // client sweeps.
    const retention = { days: Number.POSITIVE_INFINITY, size: Number.POSITIVE_INFINITY };
    this.#journal = new ChangeJournal({ ...options, retention });
  }

  /**
   * Undoes what can be undone of one change without losing anything, as one change. Throws ChangeNotFound, VaultReadOnly,
   * VaultFull, VaultAway and what the journal and the mover throw, with nothing done.
   */
  undoChange(id: string, order: UndoOrder): Promise<UndoOutcome> {
    return this.#undo(new ChangeHistory(this.#options.root), id, order);
  }

  /**
   * Undoes every change that is meant, newest first, each as a change of its own, so that several of one note lead back to what
   * was there before the first. Throws what undoChange throws, after what was done before.
   */
  async *undoAll(filter: ChangeFilter, { cause }: Pick<UndoOrder, 'cause'>): AsyncGenerator<UndoOutcome> {
    await this.#journal.recover();
    const history = new ChangeHistory(this.#options.root);
    for (const change of await history.findAll(filter)) {
      if (isUndoneWithOthers(change)) {
        yield await this.#undo(history, change.id, { cause }).catch((error: unknown) => {
          if (error instanceof ChangeNotFound) return forget(change);
          throw error;
        });
      }
    }
  }

  /** What undoChange would do now. Throws ChangeNotFound, VaultAway, and what the disk says; nothing is done. */
  async foreseeChange(id: string, asCopy = false): Promise<UndoOutcome> {
    for await (const outcome of this.#foreseeSome({ isMeant: (change) => change.id === id }, asCopy)) {
      return outcome;
    }
    throw new ChangeNotFound();
  }

  /** What undoAll would do now, newest first, each as if those before it had been undone. Throws as foreseeChange. */
  foreseeAll(filter: ChangeFilter): AsyncGenerator<UndoOutcome> {
    const isMeant = (change: KnownChange): boolean =>
      isUndoneWithOthers(change) && filter.isMeant?.(change) !== false;
    return this.#foreseeSome({ ...filter, isMeant }, false);
  }

  async *#foreseeSome(filter: ChangeFilter, asCopy: boolean): AsyncGenerator<UndoOutcome> {
    await this.#options.requireHome();
    const history = new ChangeHistory(this.#options.root);
    const disk = new ForeseenDisk(this.#disk);
    const undone: Pick<KnownChange, 'steps'>[] = [];
    for (const change of await history.findAll(filter)) {
      if (change.undoneBy !== undefined && !asCopy) {
        yield { change, broughtBack: [], refused: [] };
        continue;
      }
      const later = [...((await history.find(change.id))?.later ?? []), ...undone];
      const plan = await history.open(change.id, (opened) => this.#foresee({ disk, later, asCopy }, opened));
      if (plan !== undefined) {
        disk.add(plan.steps);
        undone.push({
          steps: plan.steps.filter((step) => isMove(step)).map(({ from, to }) => ({ from, to })),
        });
      }
      yield plan ? { change, broughtBack: plan.broughtBack, refused: plan.refused } : forget(change);
    }
  }

  #foresee(known: Foreseen, opened: OpenedEntry): Promise<UndoPlan> {
    return opened.entry.steps.some(isRelocation)
      ? planMoves(opened, () => foreseeMoves(known.disk, opened))
      : planSteps({ ...this.#options, ...known }, opened);
  }

  async #undo(history: ChangeHistory, id: string, order: UndoOrder): Promise<UndoOutcome> {
    const { requireHome } = this.#options;
    try {
      await requireHome();
      await this.#journal.recover();
      for (let left = mostPlans; ; left -= 1) {
        const outcome = await this.#tryUndo(history, id, order).catch((error: unknown) => {
          if (left > 1 && isRefused(error)) return undefined;
          throw error;
        });
        if (outcome !== undefined) {
          return outcome;
        }
      }
    } catch (error) {
      await requireHome(error);
      throw error instanceof NotWritable
        ? new NoteReadOnly(` (${error.path})`, { cause: error })
        : explainDisk(error);
    }
  }

  async #tryUndo(history: ChangeHistory, id: string, { cause, asCopy }: UndoOrder): Promise<UndoOutcome> {
    const found = await history.find(id);
    if (found === undefined) {
      throw new ChangeNotFound();
    }
    const { change, later } = found;
    if (change.undoneBy !== undefined && asCopy !== true) {
      return { change, broughtBack: [], refused: [] };
    }
    const plan = await history.open(id, (opened) =>
      change.steps.some(isRelocation)
        ? planMoves(opened, () => this.#options.planMoveBack(opened))
        : planSteps({ ...this.#options, disk: this.#disk, later, asCopy: asCopy === true }, opened),
    );
    if (plan === undefined) {
      throw new ChangeNotFound();
    }
    const { steps, broughtBack, refused } = plan;
    if (steps.length === 0) {
      return { change, broughtBack, refused };
    }
    // A copy undoes nothing.
    const isUndone = broughtBack.some(({ how }) => how !== 'copy');
    const entry = await this.#journal.carryOut({
      ...{ kind: 'undo', cause, steps },
      undoes: isUndone ? id : undefined,
      removes: isUndone ? change.steps.flatMap(({ folders = [] }) => folders) : undefined,
    });
    await this.#options.onDone?.(steps);
    return { change, undo: entry.id, broughtBack, refused };
  }
}

/** Undoing all of something leaves alone what is undone, and what undid. */
const isUndoneWithOthers = ({ undoneBy, kind }: KnownChange): boolean =>
  undoneBy === undefined && kind !== 'undo';

function forget(change: KnownChange): UndoOutcome {
  return { change, broughtBack: [], refused: forgetNotes(change) };
}
