// The library that makes syncs slow (slow-disk.c), built where there is a C compiler, and the environment that a process needs.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SlowDisk {
  /** How long a sync takes. */
  readonly ms: number;
  /**
   * What was synced of the files in this folder goes to the other one: what is there after a power cut. While the file `fails`
   * is there a sync fails, and what it had to write is never written, whatever a later one says.
   */
  readonly power?: { readonly folder: string; readonly kept: string; readonly fails: string };
}

/** Resolves to the path of the library, made in that folder. Throws where it can't be built. */
export async function buildSlowDisk(folder: string): Promise<string> {
  const library = join(folder, 'slow-disk.so');
  const source = join(import.meta.dirname, 'slow-disk.c');
  await promisify(execFile)('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl']);
  return library;
}

export function slowDiskEnvironment(library: string, { ms, power }: SlowDisk): Record<string, string> {
  return {
    LD_PRELOAD: library,
    SLOW_DISK_MS: String(ms),
    ...(power && {
      SLOW_DISK_FOLDER: power.folder,
      SLOW_DISK_KEPT: power.kept,
      SLOW_DISK_FAILS: power.fails,
    }),
  };
}
