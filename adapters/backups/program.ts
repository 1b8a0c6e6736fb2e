// The program of one backup: copying, reading and encrypting all of a database would hold up every request, and a program can be
// ended at any moment (docs/decisions/ends-of-threads.md).
import type { BackupFacts } from './copy.ts';
import { type KeptBackupOptions, makeKeptBackup } from './kept-backup.ts';

/** What it tells, once; where it fails it tells that. A class does not come through. */
export type BackupNews =
  | { readonly facts: BackupFacts }
  | { readonly failed: { readonly message: string; readonly code: unknown } };

process.once('message', (wish: KeptBackupOptions) => {
  process.send?.(run(wish), () => process.disconnect());
});

function run(wish: KeptBackupOptions): BackupNews {
  try {
    return { facts: makeKeptBackup(wish) };
  } catch (error) {
    const { message = String(error), code } = error as NodeJS.ErrnoException;
    return { failed: { message, code } };
  }
}
