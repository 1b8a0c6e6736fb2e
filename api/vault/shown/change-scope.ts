// Which changes there are for somebody, what of them is shown, and which they may take back: by what is hidden, and by the folders
// that they reach.
import type { Cause } from '../changes/cause.ts';
import { type ChangeKind, isMove } from '../changes/change.ts';
import type { RecordedMove, RecordedWrite } from '../changes/entry.ts';
import type { KnownChange } from '../changes/undoing/history.ts';
import type { BroughtBack, RefusedNote, UndoOutcome } from '../changes/undoing/undo.ts';
import { isRelocation } from '../changes/undoing/undo-plan.ts';
import type { HiddenFiles } from '../hidden/hidden-files.ts';
import type { Reach } from '../hidden/reach.ts';
import { normalizeText } from '../unicode.ts';
import { isInTrash } from '../writing/trash.ts';

/** By its paths: `from` is missing where the note was made, `to` where it was deleted. */
interface ListedNote {
  from: string | undefined;
  to: string | undefined;
}

export interface ListedChange extends Cause {
  id: string;
  /** Epoch seconds. */
  at: number;
  kind: ChangeKind;
  /** What is shown of them, the moved ones first; `mended` are those of a move in which links were mended. */
  notes: ListedNote[];
  mended: ListedNote[];
  /** The id of the change that it undid, and of the one that undid it. */
  undoes: string | undefined;
  undoneBy: string | undefined;
}

/** `closed`: it reaches what this person is not shown or may not change. */
interface LeftNote extends Pick<RefusedNote, 'path' | 'difference' | 'canCopy'> {
  why: RefusedNote['why'] | 'closed';
}

export interface ShownOutcome {
  change: ListedChange;
  /** The id of the change that did it; undefined where nothing was done. */
  undo: string | undefined;
  broughtBack: BroughtBack[];
  refused: LeftNote[];
}

/** One change, or all of an app since a time, of which `through` (an id) is the newest that is meant. */
export type UndoWish =
  | { id: string; asCopy: boolean }
  | { app: string; sinceMs: number; through?: string | undefined };

/** What came of it; where something was done before, with the `failure` that ended it. */
export interface Undone {
  outcomes: ShownOutcome[];
  failure?: unknown;
}

type RecordedStep = RecordedMove | RecordedWrite;

const toId = (way: string): string => normalizeText(way, 'NFC');

/** A place in the trash is nowhere. */
const toPlace = (way: string): string | undefined => (isInTrash(way) ? undefined : toId(way));

export class ChangeScope {
  readonly #hidden: HiddenFiles;
  readonly #writable: Reach | undefined;

  constructor(hidden: HiddenFiles, writable: Reach | undefined) {
    this.#hidden = hidden;
    this.#writable = writable;
  }

  /** What is moved may be a folder: a record does not say. */
  isOpen(id: string): boolean {
    return !(this.#hidden.isHidden(id) || this.#hidden.isHiddenFolder(id));
  }

  isChangeable(id: string): boolean {
    return this.isOpen(id) && this.#writable?.includes(id) !== false;
  }

  hasStep(step: RecordedStep): boolean {
    return placesOf(step).every((id) => this.isOpen(id));
  }

  /** `note`: of the note that had this id before or after it. */
  isShown({ steps }: KnownChange, note?: string | undefined): boolean {
    return steps.some((step) => this.hasStep(step) && (note === undefined || placesOf(step).includes(note)));
  }

  /** Links in notes of others are mended with a move, forth and back; all else that is brought back has to be theirs. */
  canUndo({ steps }: KnownChange): boolean {
    const moves = steps.filter(isRelocation);
    const meant = moves.length === 0 ? steps : moves;
    return meant.every((step) => placesOf(step).every((id) => this.isChangeable(id)));
  }

  list(change: KnownChange): ListedChange {
    const { id, kind, client, account, time, undoes, undoneBy } = change;
    const steps = change.steps.filter((step) => this.hasStep(step));
    const hasMoved = change.steps.some(isRelocation);
    const isMended = (step: RecordedStep): boolean => hasMoved && !isMove(step);
    return {
      ...{ id, kind, client, account, undoes, undoneBy },
      at: Math.floor(Date.parse(time) / 1000),
      notes: steps.filter((step) => !isMended(step)).map(toListed),
      mended: steps.filter(isMended).map(toListed),
    };
  }

  show({ change, undo, broughtBack, refused }: UndoOutcome): ShownOutcome {
    return {
      change: this.list(change),
      undo,
      broughtBack: broughtBack.filter(({ path }) => this.isOpen(path)),
      refused: refused.filter(({ path }) => this.isOpen(path)),
    };
  }

  /** Of a change that is not theirs to take back. */
  close(change: KnownChange): ShownOutcome {
    const listed = this.list(change);
    const refused = [...listed.notes, ...listed.mended].map(({ from, to }): LeftNote => {
      return { path: to ?? from ?? '', why: 'closed', difference: undefined, canCopy: false };
    });
    return { change: listed, undo: undefined, broughtBack: [], refused };
  }
}

const placesOf = (step: RecordedStep): string[] =>
  (isMove(step) ? [step.from, step.to] : [step.path]).map(toPlace).filter((id) => id !== undefined);

function toListed(step: RecordedStep): ListedNote {
  if (isMove(step)) {
    return { from: toPlace(step.from), to: toPlace(step.to) };
  }
  const id = toId(step.path);
  return { from: step.before && id, to: step.after && id };
}
