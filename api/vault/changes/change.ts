// What a change of the vault is: steps over files, all of them or none.
import type { Cause } from './cause.ts';

const kinds = ['create', 'append', 'replace', 'edit', 'move', 'delete', 'undo'] as const;
export type ChangeKind = (typeof kinds)[number];

export const isChangeKind = (word: unknown): word is ChangeKind => kinds.some((kind) => kind === word);

/**
 * Other bytes in a file. `path` is the way below the vault's root as the disk has it, links resolved, and as it is once
 * the moves of the change are done. Without `before` the file is made and must not be there; without `after` it goes.
 */
export interface WriteStep {
  path: string;
  before?: Buffer | undefined;
  after?: Buffer | undefined;
  /** Paths of the folders on the way that are not there yet, outermost first. */
  folders?: readonly string[] | undefined;
}

/** A file or a folder gets another path, which must be free; both paths as in WriteStep. */
export interface MoveStep {
  from: string;
  to: string;
  /** Of a note: the one that is meant. */
  revision?: string | undefined;
  /** Kept in the journal, for what is moved to where it may be lost. */
  before?: Buffer | undefined;
  folders?: readonly string[] | undefined;
}

export type Step = WriteStep | MoveStep;

export interface Change {
  kind: ChangeKind;
  cause: Cause;
  /** The moves come first; no path is in two steps of one kind. */
  steps: readonly Step[];
  /** Of an undo: the id of what is undone. */
  undoes?: string | undefined;
  /** Folders that go when all is done, where nothing is left in them; outermost first. */
  removes?: readonly string[] | undefined;
}

export const isMove = <Move extends { from: string }, Write extends { path: string }>(
  step: Move | Write,
): step is Move => 'from' in step;
