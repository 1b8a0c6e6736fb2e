// The thread of one backup: copying, reading and encrypting all of a database would hold up every request.
import { parentPort, workerData } from 'node:worker_threads';
import type { BackupFacts } from './copy.ts';
import { type KeptBackupOptions, makeKeptBackup } from './kept-backup.ts';

/** What it tells, once; where it fails it tells that and ends. A class does not come through. */
export type BackupNews =
  | { readonly facts: BackupFacts }
  | { readonly failed: { readonly message: string; readonly code: unknown } };

parentPort?.postMessage(run());

function run(): BackupNews {
  try {
    return { facts: makeKeptBackup(workerData as KeptBackupOptions) };
  } catch (error) {
    const { message = String(error), code } = error as NodeJS.ErrnoException;
    return { failed: { message, code } };
  }
}
