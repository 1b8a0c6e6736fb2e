// What a process that was killed while it wrote leaves in a folder: hidden files, removed when surely nobody uses them.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const ours = /^\.loop-[0-9a-f-]{16,36}\.(?:tmp|lock)$/;
/** No write takes nearly as long, and a network folder's clock is not that wrong. */
const longestUseMs = 3_600_000;

/** Looks into each folder once; never throws, since nothing depends on it. */
export function createLeftoverRemover(): (folder: string) => Promise<void> {
  const done = new Set<string>();
  return async (folder) => {
    if (done.has(folder)) {
      return;
    }
    done.add(folder);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((candidate) => ours.test(candidate))) {
      await removeIfOld(join(folder, name)).catch(() => undefined);
    }
  };
}

async function removeIfOld(path: string): Promise<void> {
  if (Date.now() - (await stat(path)).mtimeMs > longestUseMs) {
    await rm(path);
  }
}
