// Changes of notes that another process makes: what it is told, and a writer here that looks as if it made them itself.
// The room: writing that is done by another process. Not how it is told: workers/; not what is done: writing/.
import type { Cause } from '../changes/cause.ts';
import type { VaultReach } from '../hidden/reach.ts';
import type { Undone, UndoWish } from '../shown/change-scope.ts';
import type { NoteWriter, WriterFor } from '../writing/writer.ts';

/** In the vault of all, or in the part that `reach` is. */
interface Order {
  reach: VaultReach | undefined;
  cause: Cause;
}

/** One of NoteWriter's changes, with what that takes. */
export interface ChangeOrder extends Order {
  change: keyof NoteWriter;
  what: readonly unknown[];
}

export interface UndoOrder extends Order {
  wish: UndoWish;
}

/** The process that changes notes. Everything throws what is thrown there, and WriterAway. */
export interface WritingElsewhere {
  change(order: ChangeOrder): Promise<unknown>;
  undo(order: UndoOrder): Promise<Undone | undefined>;
}

export function createWriterElsewhere(
  elsewhere: Pick<WritingElsewhere, 'change'>,
  reach: VaultReach | undefined,
): WriterFor {
  return (cause) => {
    const pass =
      <Name extends keyof NoteWriter>(change: Name) =>
      (...what: Parameters<NoteWriter[Name]>): ReturnType<NoteWriter[Name]> =>
        elsewhere.change({ reach, cause, change, what }) as ReturnType<NoteWriter[Name]>;
    return {
      create: pass('create'),
      append: pass('append'),
      replace: pass('replace'),
      edit: pass('edit'),
      move: pass('move'),
      remove: pass('remove'),
    };
  };
}

/** Makes the change of an order here. */
export function carryOutChange(writer: NoteWriter, { change, what }: ChangeOrder): Promise<unknown> {
  const make = writer[change] as (...what: readonly unknown[]) => Promise<unknown>;
  return make(...what);
}
