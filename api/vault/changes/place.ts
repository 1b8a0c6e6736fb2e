// The folder that a step is about, held open, and made where the step says that it is missing.
import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type HeldFolder, inFolder } from '../notes/opened-path.ts';
import { syncFolder } from '../writing/atomic-file.ts';
import { ours } from '../writing/leftovers.ts';
import { makeFolder } from '../writing/new-path.ts';

interface Place {
  folder: HeldFolder;
  name: string;
  /** Of the name, in the folder that is held. */
  path: string;
}

/** `path` is the way below `root`; `folders` are those to be made on it, outermost first. Throws what holdFolder throws. */
export async function inPlace<Result>(
  root: string,
  path: string,
  work: (place: Place) => Promise<Result>,
  folders: readonly string[] = [],
): Promise<Result> {
  for (const missing of folders) {
    await inFolder(dirname(join(root, missing)), async (parent) => {
      await makeFolder(join(parent.path, basename(missing)));
      await syncFolder(parent.path);
    });
  }
  const name = basename(path);
  return inFolder(dirname(join(root, path)), (folder) =>
    work({ folder, name, path: join(folder.path, name) }),
  );
}

/** Those that have nothing in them go, innermost first; what a write left in them that came to no end is nothing. */
export async function removeFolders(root: string, folders: readonly string[] = []): Promise<void> {
  for (const made of folders.toReversed()) {
    await inFolder(dirname(join(root, made)), async (parent) => {
      const path = join(parent.path, basename(made));
      const names = await readdir(path);
      if (names.every((name) => ours.test(name))) {
        await Promise.all(names.map((name) => rm(join(path, name), { force: true })));
      }
      await rmdir(path);
      await syncFolder(parent.path);
    }).catch(() => undefined);
  }
}

/** Whether the folder lists that very name: where case or Unicode form is left aside, another spelling opens too. */
export async function hasName(folder: HeldFolder, name: string): Promise<boolean> {
  return (await readdir(folder.path)).includes(name);
}
