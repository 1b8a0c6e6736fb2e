// Runs an operator's script on a pair's database, as npm run NAME would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Pair } from '../../scripts/demo/pair.ts';

export interface ScriptEnd {
  readonly code: number;
  /** What it printed, on both streams. */
  readonly text: string;
}

export async function runScript(
  pair: Pair,
  name: string,
  args: string[] = [],
  input = '',
): Promise<ScriptEnd> {
  const script = join(import.meta.dirname, `../../scripts/${name}.ts`);
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env['PATH'], AUTH_ISSUER: pair.issuer, AUTH_DATABASE_URL: pair.databaseUrl },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
  }
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, text };
}
