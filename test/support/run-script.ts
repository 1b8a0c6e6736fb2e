// Runs an operator's script on a pair's database, as npm run NAME would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import type { Pair } from '../../scripts/demo/pair.ts';
import { bareEnvironment } from './bare-environment.ts';

type TrailLine = Readonly<Record<string, unknown>>;

export interface ScriptEnd {
  readonly code: number;
  /** What it printed, on both streams, without its trail. */
  readonly text: string;
  /** The lines of the trail (auth/http/trail.ts), which are on the standard error. */
  readonly trail: readonly TrailLine[];
}

export async function runScript(
  pair: Pair,
  name: string,
  args: string[] = [],
  input = '',
  settings: Readonly<Record<string, string>> = {},
): Promise<ScriptEnd> {
  const script = join(import.meta.dirname, `../../scripts/${name}.ts`);
  const child = spawn(process.execPath, [script, ...args], {
    env: {
      ...bareEnvironment,
      AUTH_ISSUER: pair.issuer,
      AUTH_DATABASE_URL: pair.databaseUrl,
      ...settings,
    },
  });
  const [printed, said] = [child.stdout, child.stderr].map((stream) => readText(stream));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  const lines = String(await said).split(/(?<=\n)/);
  const isTrail = (line: string): boolean => /^\{.*"msg":"trail"\}$/m.test(line);
  return {
    code,
    text: (await printed) + lines.filter((line) => !isTrail(line)).join(''),
    trail: lines.filter(isTrail).map((line) => JSON.parse(line) as TrailLine),
  };
}
