// Where the folder of notes really is, and that it may be read.
import { access, constants, realpath, stat } from 'node:fs/promises';
import { VaultNotFound, VaultNotReadable } from './errors.ts';

/** The real path of a folder. Throws VaultNotFound, VaultNotReadable. */
export async function findRoot(directory: string): Promise<string> {
  try {
    const root = await realpath(directory);
    if (!(await stat(root)).isDirectory()) {
      throw new VaultNotFound(directory);
    }
    await access(root, constants.R_OK | constants.X_OK);
    return root;
  } catch (error) {
    if (error instanceof VaultNotFound) {
      throw error;
    }
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? new VaultNotFound(directory, error)
      : new VaultNotReadable(directory, error);
  }
}
