// Who changes the notes of a vault, put together: the journal, the mover, and the index, which is told of all of it.
import { ChangeJournal } from './changes/journal.ts';
import type { DailyNotes } from './daily/daily-notes.ts';
import type { HiddenFiles } from './hidden/hidden-files.ts';
import { Reach } from './hidden/reach.ts';
import type { IndexConnection } from './index/connection.ts';
import { createMover, type LinkSource, type MoverOptions } from './moving/mover.ts';
import { suggestIds } from './naming/named-notes.ts';
import { readReferences } from './naming/reference.ts';
import type { VaultOptions } from './options.ts';
import { createWriterFor, type WriterFor } from './writing/writer.ts';

export interface VaultWriterOptions {
  /** The vault's real path. */
  root: string;
  hidden: HiddenFiles;
  daily: DailyNotes;
  index: IndexConnection;
  links: LinkSource;
  options: Pick<VaultOptions, 'reach' | 'whole' | 'retention' | 'onLeft' | 'onWritten' | 'onMoved'>;
  /** Throws VaultAway while the folder is not there. */
  requireHome(cause?: unknown): Promise<void>;
}

export function createVaultWriter(parts: VaultWriterOptions): WriterFor {
  const { root, hidden, daily, index, requireHome } = parts;
  const { reach, retention, onLeft, onWritten } = parts.options;
  const journal = new ChangeJournal({ root, requireHome, retention, onLeft });
  // What it throws is thrown to the next change as well.
  journal.recover().catch(() => undefined);
  const changeable = reach?.writable && new Reach(reach.writable);
  const isChangeable = changeable && ((path: string): boolean => changeable.includes(path));
  return createWriterFor({
    ...{ root, hidden, isChangeable, daily, journal, requireHome },
    mover: createMover({ root, hidden, isChangeable, ...linkParts(parts, journal) }),
    refresh: async (id) => {
      await index.refresh(id);
      await onWritten?.(id);
    },
    suggestIds: (id) => index.ask((_, facts) => suggestIds(readReferences(id), facts)),
  });
}

function linkParts(
  { links, options }: VaultWriterOptions,
  journal: ChangeJournal,
): Pick<MoverOptions, 'own' | 'whole' | 'carryOut' | 'onMoved'> {
  return {
    own: links,
    whole: options.whole,
    carryOut: async (cause, steps) => {
      await journal.carryOut({ kind: 'move', cause, steps });
    },
    onMoved: async (part) => {
      await links.bringInStep(part);
      await options.onMoved?.(part);
    },
  };
}
