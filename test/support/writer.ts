// Who changes notes in tests, and his writer.
import type { Cause } from '../../api/vault/changes/cause.ts';
import type { Vault } from '../../api/vault/vault.ts';
import type { NoteWriter } from '../../api/vault/writing/writer.ts';

export const cause: Cause = {
  client: { id: 'app-1', name: 'An app' },
  account: { id: 'person-1', name: 'ann' },
};

/** Throws where the vault can't be written. */
export function writerOf({ writerFor }: Pick<Vault, 'writerFor'>): NoteWriter {
  if (!writerFor) throw new Error('the vault should be writable');
  return writerFor(cause);
}
