// What has to hold around the steps of a change: the vault is the folder that it was, and its files may be written.
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMove, type Step } from './change.ts';

const notWritable = ['EROFS', 'EACCES', 'EPERM', 'EBUSY'];

/** True for what the disk says of a place that this process may not write. */
export const isNotWritable = (error: unknown): boolean =>
  error instanceof NotWritable || notWritable.includes((error as NodeJS.ErrnoException).code ?? '');

/** A file or folder of the vault may not be written. */
export class NotWritable extends Error {
  override readonly name = 'NotWritable';
  /** As in a step; of a folder, what would have been written in it. */
  readonly path: string;
  constructor(path: string, options?: ErrorOptions) {
    super('a file or folder of the vault may not be written', options);
    this.path = path;
  }
}

/**
 * Returns what throws where another folder is at the path by now, or none: under the mount point of a share that is gone
 * nothing is made.
 */
export async function rememberRoot(root: string): Promise<() => Promise<void>> {
  const { dev, ino } = await lstat(root, { bigint: true });
  return async () => {
    const now = await lstat(root, { bigint: true });
    if (now.dev !== dev || now.ino !== ino) {
      throw new Error('the folder of notes is another one');
    }
  };
}

/**
 * Throws NotWritable where nobody may write a file that is to get other bytes: a rename in its place asks for the rights
 * of the folder alone, and who has made a note read-only wants it to stay as it is.
 */
export async function requireWritable(root: string, steps: readonly Step[]): Promise<void> {
  const moved = new Map(steps.filter((step) => isMove(step)).map(({ from, to }) => [to, from]));
  for (const step of steps) {
    if (!isMove(step) && step.before !== undefined && step.after !== undefined) {
      const stats = await lstat(join(root, pathBefore(step.path, moved))).catch(() => undefined);
      if (stats !== undefined && isReadOnly(stats)) {
        throw new NotWritable(step.path);
      }
    }
  }
}

const isReadOnly = ({ mode }: Stats): boolean => (mode & 0o222) === 0;

/** Where a file is before the moves of the change: it, or a folder above it. */
function pathBefore(path: string, moved: ReadonlyMap<string, string>): string {
  for (let above = path; above !== '.'; above = dirname(above)) {
    const from = moved.get(above);
    if (from !== undefined) {
      return from + path.slice(above.length);
    }
  }
  return path;
}
