// Runs a program again and again, each time ended at another of its writes to the file system, and looks at a folder as a
// whole.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const preload = new URL('kill-at-write.ts', import.meta.url).href;

/**
 * `program` is a module that begins with the work after `countWrites()`, and finds `given` in `process.argv`. True where it
 * was ended at its `at`-th write, false where it had fewer. Throws where it ends otherwise.
 */
export async function isKilledAt(at: number, program: string, given: readonly string[]): Promise<boolean> {
  const source = program.replace('countWrites()', `globalThis.countWrites(${at})`);
  const args = ['--import', preload, '--input-type=module', '-e', source, ...given];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the program failed: ${said}`);
  return signal === 'SIGKILL';
}

/** What is in a folder, by path; folders are `null`. Without the journal, and without hidden files of a write that was ended. */
export async function readTree(root: string): Promise<Record<string, string | null>> {
  const tree: Record<string, string | null> = {};
  for (const path of (await readdir(root, { recursive: true })).sort()) {
    if (/(?:^|\/)\.loop(?:$|\/|-[\da-f-]+\.(?:tmp|lock)$)/.test(path)) continue;
    const isFolder = (await lstat(join(root, path))).isDirectory();
    tree[path] = isFolder ? null : await readFile(join(root, path), 'latin1');
  }
  return tree;
}
