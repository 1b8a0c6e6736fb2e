// One writer at a time for a file, among all processes that have its folder: a file beside it that only one can make.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { foldName } from '../notes/name.ts';

/** A lock is held for as long as one file takes to read; one that stays so long was left by a process that died. */
const longestHoldMs = 5000;
const retryMs = 20;

/**
 * Runs `work` while no other does for the same file. Who is held up for too long loses the lock to another:
 * `requireLock` throws then, and is to be called at the last moment.
 */
export async function withFileLock<Result>(
  path: string,
  work: (requireLock: () => void) => Promise<Result>,
): Promise<Result> {
  const name = createHash('sha256')
    .update(foldName(basename(path)))
    .digest('hex')
    .slice(0, 16);
  const lock = join(dirname(path), `.loop-${name}.lock`);
  const token = randomUUID();
  await take(lock, token);
  const isHeld = (): boolean => readNow(lock) === token;
  try {
    return await work(() => {
      if (!isHeld()) {
        throw new Error('the lock of a note was lost: the disk was too slow');
      }
    });
  } finally {
    if (isHeld()) {
      await rm(lock, { force: true });
    }
  }
}

async function take(lock: string, token: string): Promise<void> {
  let seen: string | undefined;
  let seenAt = 0;
  while (!(await make(lock, token))) {
    const other = await readFile(lock, 'utf8').catch(() => undefined);
    if (other === undefined || other !== seen) {
      seen = other;
      seenAt = performance.now();
    } else if (performance.now() - seenAt > longestHoldMs) {
      await rm(lock, { force: true });
    }
    await setTimeout(retryMs);
  }
}

async function make(lock: string, token: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    try {
      await file.writeFile(token);
    } catch (error) {
      await rm(lock, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

function readNow(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8');
  } catch {
    return undefined;
  }
}
