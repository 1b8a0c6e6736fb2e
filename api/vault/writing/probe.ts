// Whether notes may be written: asked of the disk itself, since modes say nothing of mounts and network folders.
import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const refusals = ['EROFS', 'EACCES', 'EPERM'];

/** False where the folder refuses a new file. Throws for a disk that fails otherwise than by being full. */
export async function isWritable(folder: string): Promise<boolean> {
  const path = join(folder, `.loop-${randomUUID()}.tmp`);
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (refusals.includes(code)) {
      return false;
    }
    // A full disk has room again some day; then the tools should be there.
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      return true;
    }
    throw error;
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
