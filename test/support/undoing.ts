// A vault whose changes can be undone.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import type { Cause } from '../../api/vault/changes/cause.ts';
import { ChangeHistory } from '../../api/vault/changes/undoing/history.ts';
import type { UndoOutcome } from '../../api/vault/changes/undoing/undo.ts';
import { createUndoer, rememberHome } from '../../api/vault/undoing.ts';
import type { NoteWriter } from '../../api/vault/writing/writer.ts';
import { openNotes } from './open-notes.ts';
import { cause } from './writer.ts';

const person: Cause = { client: { id: 'pages' }, account: { id: 'person-1', name: 'ann' } };

export async function openUndoing(t: Test, notes: Record<string, string | Buffer>) {
  const { directory, vault } = await openNotes(t, notes);
  const undoer = createUndoer({
    root: directory,
    requireHome: await rememberHome(directory),
    links: () => Promise.resolve(vault.links),
    onChanged: (part) => vault.links.bringInStep(part),
  });
  const history = (): ChangeHistory => new ChangeHistory(directory);
  const last = async (): Promise<string> => (await history().list({ limit: 1 })).changes[0]?.id ?? '';
  return {
    directory,
    vault,
    undoer,
    history,
    last,
    writerAs: (who: Cause): NoteWriter => {
      if (!vault.writerFor) throw new Error('the vault should be writable');
      return vault.writerFor(who);
    },
    writer: vault.writerFor?.(cause) as NoteWriter,
    /** Undoes the last change, or the one that is given. */
    undo: async (options: { id?: string; asCopy?: boolean } = {}): Promise<UndoOutcome> =>
      undoer.undoChange(options.id ?? (await last()), { cause: person, asCopy: options.asCopy }),
    read: (path: string): Promise<string> => readFile(join(directory, path), 'utf8'),
    write: async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    },
  };
}
