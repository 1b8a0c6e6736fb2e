// Runs a program where it may mount what it likes, in a mount namespace of its own; not every machine allows that.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether this machine gives a process mounts of its own. */
export async function canMount(): Promise<boolean> {
  return run('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).then(
    () => true,
    () => false,
  );
}

/** Runs `shell` with mounts of its own; `program ARGS` in it runs that module. Resolves to what was printed. */
export async function runWithMounts(shell: string, program: string, args: string[] = []): Promise<string> {
  // A file: a module given with --eval hands its own flags on to every thread it starts, which then does not start.
  const folder = await mkdtemp(join(tmpdir(), 'program-'));
  const file = join(folder, 'program.mjs');
  await writeFile(file, program);
  const script = `set -e\nprogram() { "${process.execPath}" "${file}" "$@"; }\n${shell}`;
  try {
    return (await run('unshare', ['-rm', 'sh', '-c', script, 'sh', ...args], { timeout: 900_000 })).stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
