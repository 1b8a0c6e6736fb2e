// The terminal of docs/connecting.md: its lines ask for a code, poll with curl, and call a tool.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';

const document = join(import.meta.dirname, '../../docs/connecting.md');

/** Runs the document's lines; resolves to what the person is told, before they are through. */
export async function startTerminal(
  t: Test,
  { issuer, resource }: { readonly issuer: string; readonly resource: string },
) {
  const folder = await mkdtemp(join(tmpdir(), 'loop-terminal-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [, recipe = ''] =
    /## From a terminal[\s\S]*?```sh\n([\s\S]*?)```/.exec(await readFile(document, 'utf8')) ?? [];
  const here = recipe
    .replaceAll('https://notes.example/mcp', resource)
    .replaceAll('https://auth.example', issuer);
  const running = promisify(execFile)('bash', ['-euc', here], { cwd: folder });
  const told = new Promise<string>((resolve) => running.child.stdout?.once('data', resolve));
  const [, address = '', code = ''] = /Open (\S+) and enter (\S+)/.exec(await told) ?? [];
  return { address, code, output: running.then(({ stdout }) => stdout), folder };
}
