// One backup into the folder of those that are kept: whole, verified by opening what was stored, or not at all.
import { rmSync } from 'node:fs';
import { type BackupFacts, backUp, readBackup, settle } from './copy.ts';
import { makeBackupFolder, pathOfBackup, pruneBackups, removeUnfinished } from './folder.ts';
import { sealFile, unsealFile } from './sealed-file.ts';

export interface KeptBackupOptions {
  /** The SQLite file. */
  readonly databasePath: string;
  readonly folder: string;
  /** How many stay. */
  readonly keep: number;
  readonly encryptionKey: string | undefined;
  /** Epoch seconds. */
  readonly now: number;
}

/** Takes the thread for as long as it lasts: worker.ts runs it. Throws BackupRefused or what the file system does. */
export function makeKeptBackup(options: KeptBackupOptions): BackupFacts {
  const { databasePath, folder, keep, encryptionKey, now } = options;
  makeBackupFolder(folder);
  removeUnfinished(folder);
  const path = pathOfBackup(folder, now, encryptionKey !== undefined);
  const facts =
    encryptionKey === undefined ? backUp(databasePath, path, now) : makeSealed(options, path, encryptionKey);
  pruneBackups(folder, keep, now);
  return facts;
}

/** In clear it lies beside the database only, where all of it is in clear already. */
function makeSealed({ databasePath, now }: KeptBackupOptions, path: string, key: string): BackupFacts {
  const clear = `${databasePath}.backup`;
  const unfinished = `${path}.unfinished`;
  rmSync(clear, { force: true });
  try {
    backUp(databasePath, clear, now);
    sealFile(clear, unfinished, key);
    rmSync(clear);
    unsealFile(unfinished, clear, key);
    const facts = readBackup(clear);
    // Before it has its name: whoever sees the one may end this process, and nothing in clear stays.
    rmSync(clear);
    settle(unfinished, path);
    return facts;
  } finally {
    rmSync(clear, { force: true });
    rmSync(unfinished, { force: true });
  }
}
