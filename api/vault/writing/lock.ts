// One writer at a time for a file, among all processes that have its folder: a file beside it that only one can make.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { foldName } from '../notes/name.ts';
import { createToken, forget, isOfTheDead } from './lock-token.ts';

/** A lock is held for as long as one file takes to read; one that stays so long was left by a process that died. */
const longestHoldMs = 5000;
const retryMs = 20;
/** Far below what another waits for. */
const renewMs = 1000;

/**
 * Runs `work` while no other does for the same file. Who is held up for too long loses the lock to another:
 * `requireLock` throws then, and is to be called at the last moment. What takes longer than reading a file is `isLong`.
 */
export async function withFileLock<Result>(
  path: string,
  work: (requireLock: () => void) => Promise<Result>,
  { isLong = false }: { isLong?: boolean } = {},
): Promise<Result> {
  const name = createHash('sha256')
    .update(foldName(basename(path)))
    .digest('hex')
    .slice(0, 16);
  const lock = join(dirname(path), `.loop-${name}.lock`);
  let token = createToken();
  await take(lock, token).catch((error: unknown) => {
    forget(token);
    throw error;
  });
  const isHeld = (): boolean => readNow(lock) === token;
  const renew = (): void => {
    if (isHeld()) {
      const next = createToken();
      writeFileSync(lock, next);
      forget(token);
      token = next;
    }
  };
  const timer = isLong ? setInterval(() => attempt(renew), renewMs) : undefined;
  try {
    return await work(() => {
      if (!isHeld()) {
        throw new Error('the lock of a note was lost: the disk was too slow');
      }
    });
  } finally {
    clearInterval(timer);
    if (isHeld()) {
      // One that can't be removed just now is that of the dead to whoever comes; what was done is done.
      await rm(lock, { force: true }).catch(() => undefined);
    }
    forget(token);
  }
}

// A disk that fails is met by the work too.
function attempt(work: () => void): void {
  try {
    work();
  } catch {}
}

async function take(lock: string, token: string): Promise<void> {
  let seen: string | undefined;
  let seenAt = 0;
  while (!(await make(lock, token))) {
    const other = await readFile(lock, 'utf8').catch(() => undefined);
    if (other === undefined || other !== seen) {
      seen = other;
      seenAt = performance.now();
    }
    if (other !== undefined && (isOfTheDead(other) || performance.now() - seenAt > longestHoldMs)) {
      breakLock(lock, other);
      continue;
    }
    await setTimeout(retryMs);
  }
}

// Another may have broken it in between, and made its own.
function breakLock(lock: string, token: string): void {
  if (readNow(lock) === token) {
    rmSync(lock, { force: true });
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
