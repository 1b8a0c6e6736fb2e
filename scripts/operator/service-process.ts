// One of the two services as a child process: its log lines, its end, its restarts.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../..');

export interface ServiceOptions {
  readonly name: 'auth' | 'api';
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Every line that the service prints, as it is. */
  readonly onLine: (line: string) => void;
  /** What is run in place of this project's sources, such as the program of an image. */
  readonly program?: string;
}

export interface ServiceProcess {
  readonly child: ChildProcess;
  /** The exit code, or null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts `auth/main.ts` or `api/main.ts`. It stops when this process ends, however that happens. */
export function startServiceProcess({
  name,
  environment,
  onLine,
  program = join(root, name, 'main.ts'),
}: ServiceOptions): ServiceProcess {
  // By the ipc channel the child says that it is ready, and learns by its end that nobody is there to stop it.
  const child = spawn(process.execPath, [program], {
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', onLine);
  }
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('error', (error) => {
    onLine(`can't start ${name}: ${error.message}`);
    resolve(1);
  });
  child.once('exit', resolve);
  return { child, ended: promise };
}

/** Resolves to whether the service said that it is ready, before it ended or the time was over. */
export async function isReady({ child, ended }: ServiceProcess, withinMs = 30_000): Promise<boolean> {
  // Its own word and not an answer on its port: that could be another program's.
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.once('message', (message) => resolve(message === 'ready'));
  void ended.then(() => resolve(false));
  const overdue = setTimeout(() => resolve(false), withinMs);
  try {
    return await promise;
  } finally {
    clearTimeout(overdue);
  }
}

/** Asks the service to stop and waits for its end; after 12 s it is killed. */
export async function stopServiceProcess({ child, ended }: ServiceProcess): Promise<void> {
  child.kill('SIGTERM');
  const overdue = setTimeout(() => child.kill('SIGKILL'), 12_000);
  await ended;
  clearTimeout(overdue);
}
