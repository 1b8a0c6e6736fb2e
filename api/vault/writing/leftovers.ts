// What a process that was killed while it wrote leaves in a folder: hidden files, removed when surely nobody uses them.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeldFolder } from '../notes/opened-path.ts';

export const ours = /^\.loop-[0-9a-f-]{16,36}\.(?:tmp|lock)$/;
/** No write takes nearly as long, and a network folder's clock is not that wrong. */
const longestUseMs = 3_600_000;

/** Looks into each folder once; never throws, since nothing depends on it. */
export function createLeftoverRemover(): (folder: HeldFolder) => Promise<void> {
  const done = new Set<string>();
  return async ({ path, realPath }) => {
    if (done.has(realPath)) {
      return;
    }
    done.add(realPath);
    const names = await readdir(path).catch(() => []);
    for (const name of names.filter((candidate) => ours.test(candidate))) {
      await removeIfOld(join(path, name)).catch(() => undefined);
    }
  };
}

async function removeIfOld(path: string): Promise<void> {
  if (Date.now() - (await stat(path)).mtimeMs > longestUseMs) {
    await rm(path);
  }
}
