// node:fs as on a disk that leaves case aside, as vfat and CIFS under Linux do: a name opens whatever its case, and a rename to
// another case alone does nothing (rename(2): both are the same file). A fake, since a kernel has such a file system or has not.
import fs, { type PathLike } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Test } from 'tap';

/** As the folder has it. */
function find(path: PathLike): string {
  const [folder, name] = [dirname(String(path)), basename(String(path))];
  const names = fs.readdirSync(folder);
  const key = name.toLowerCase();
  return join(folder, names.includes(name) ? name : (names.find((one) => one.toLowerCase() === key) ?? name));
}

/** Until the test ends. */
export function leaveCaseAside(t: Test): void {
  const { lstat } = fs.promises;
  const { lstatSync, renameSync } = fs;
  Object.assign(fs.promises, { lstat: (path: PathLike, ...rest: []) => lstat(find(path), ...rest) });
  Object.assign(fs, {
    lstatSync: (path: PathLike, ...rest: []) => lstatSync(find(path), ...rest),
    renameSync: (from: PathLike, to: PathLike) => {
      if (find(from) !== find(to)) renameSync(find(from), to);
    },
  });
  syncBuiltinESMExports();
  t.teardown(() => {
    Object.assign(fs.promises, { lstat });
    Object.assign(fs, { lstatSync, renameSync });
    syncBuiltinESMExports();
  });
}
