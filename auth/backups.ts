// Backups by themselves, as the settings want them: told in the log, counted, and their age shown.
import type { Logger } from 'pino';
import { findLatestBackup } from '../adapters/backups/folder.ts';
import { type Backups, startBackups } from '../adapters/backups/nightly.ts';
import { epochSeconds } from '../adapters/database/time.ts';
import type { AuthConfig } from './config.ts';
import type { Metrics } from './http/metrics.ts';

/** Undefined where none are wanted. The caller stops it. */
export function startOwnBackups(
  { databaseUrl, backupFolder, backupsKept, encryptionKey }: AuthConfig,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): Backups | undefined {
  if (backupFolder === undefined) return undefined;
  metrics.showBackupAge(() => {
    const now = epochSeconds();
    const latest = findLatestBackup(backupFolder, now);
    return latest === undefined ? undefined : now - latest;
  });
  return startBackups({
    databasePath: databaseUrl.replace(/^sqlite:/, ''),
    folder: backupFolder,
    keep: backupsKept,
    encryptionKey,
    onMade: ({ accounts, clients, grants }) => {
      metrics.count('backup.made');
      log.info({ accounts, clients, grants }, 'a backup was made and verified');
    },
    onFailed: (error) => {
      metrics.count('backup.failed');
      log.error({ err: error }, 'the backup failed and is tried again in a quarter of an hour');
    },
  });
}
