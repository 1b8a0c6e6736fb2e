// The folder of backups that are made by themselves: their names say when each was made, and only so many stay.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A file of the folder; `madeAt` in epoch seconds. */
export interface KeptBackup {
  readonly path: string;
  readonly madeAt: number;
}

const kept = /^loop-auth-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db(\.sealed)?$/;
const unfinished = /^loop-auth-\d{8}T\d{6}Z\.db(\.sealed)?\.unfinished$/;

/** Where the backup of that moment (epoch seconds) goes. */
export function pathOfBackup(folder: string, madeAt: number, isSealed: boolean): string {
  const moment = new Date(madeAt * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
  return join(folder, `loop-auth-${moment}.db${isSealed ? '.sealed' : ''}`);
}

/** Those that are there, newest first. Throws what the file system does. */
export function listBackups(folder: string): KeptBackup[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const [, ...parts] = kept.exec(name) ?? [];
      if (parts.length === 0) return [];
      const [year, month, day, hour, minute, second] = parts;
      const madeAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
      return Number.isFinite(madeAt) ? [{ path: join(folder, name), madeAt }] : [];
    })
    .sort((one, other) => other.madeAt - one.madeAt);
}

/**
 * When the newest was made (epoch seconds); undefined where there is none or the folder can't be read. What is dated later
 * than `now` comes of a clock that was wrong, and must not keep a new one from being made.
 */
export function findLatestBackup(folder: string, now: number): number | undefined {
  try {
    return listBackups(folder).find(({ madeAt }) => madeAt <= now)?.madeAt;
  } catch {
    return undefined;
  }
}

/** Makes the folder where only it is missing, not one above it: that would be a share that is not mounted. */
export function makeBackupFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Removes all but the newest `keep` at `now`. What is dated later comes of a clock that was wrong: it goes before any other, else
 * each new one would.
 */
export function pruneBackups(folder: string, keep: number, now: number): void {
  const all = listBackups(folder);
  const ahead = all.filter(({ madeAt }) => madeAt > now);
  const inOrder = [...all.filter(({ madeAt }) => madeAt <= now), ...ahead];
  for (const { path } of inOrder.slice(keep)) rmSync(path, { force: true });
}

export function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (unfinished.test(name)) rmSync(join(folder, name), { force: true });
  }
}
