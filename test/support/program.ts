// Runs a program that nobody here wrote, with a home of its own and no browser, and follows what it prints.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Test } from 'tap';

const bin = join(import.meta.dirname, '../../node_modules/.bin');

/** Everything that a program gets of the environment; a folder of its own stands in for the home. */
export async function makeEnvironment(t: Test): Promise<Record<string, string>> {
  const home = await mkdtemp(join(tmpdir(), 'loop-interop-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  return {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    // Empty is none.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
    HOME: home,
    USERPROFILE: home,
    // what xdg-open starts where there is no desktop
    BROWSER: 'true',
    NO_COLOR: '1',
  };
}

export interface Program {
  /** What it has printed so far, on both streams. */
  readonly output: string;
  /** The first match in what it prints. Throws with all of that when it ends without. */
  see(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for its end. Throws with what it printed when its exit code is not 0. */
  succeed(): Promise<void>;
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>;
}

/** Starts a program of node_modules/.bin, or one by its whole path; it is killed when the test ends. */
export function startProgram(
  t: Test,
  name: string,
  args: readonly string[],
  environment: Record<string, string>,
): Program {
  const child = spawn(isAbsolute(name) ? name : join(bin, name), args, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => void child.kill('SIGKILL'));
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const printed = createWaiter(ended);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      printed.wake();
    });
  }
  return {
    get output(): string {
      return output;
    },
    see: async (pattern) => {
      for (;;) {
        const match = pattern.exec(output);
        if (match) return match;
        if (!(await printed.next())) throw new Error(`it ended without ${pattern}:\n${output}`);
      }
    },
    succeed: async () => {
      const code = await ended;
      if (code !== 0) throw new Error(`it ended with ${code}:\n${output}`);
    },
    ended,
  };
}

interface Waiter {
  wake(): void;
  /** True when woken, false at the end. */
  next(): Promise<boolean>;
}

function createWaiter(end: Promise<unknown>): Waiter {
  let waiting: Array<() => void> = [];
  return {
    wake: () => {
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    next: () =>
      Promise.race([
        new Promise<boolean>((resolve) => waiting.push(() => resolve(true))),
        end.then(() => false),
      ]),
  };
}
