// One of the two services as a child process: its log lines, its end, its restarts.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const root = join(import.meta.dirname, '..');

export interface ServiceOptions {
  readonly name: 'auth' | 'api';
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Every line that the service prints, as it is. */
  readonly onLine: (line: string) => void;
}

export interface ServiceProcess {
  readonly child: ChildProcess;
  /** The exit code, or null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts `auth/main.ts` or `api/main.ts`. It stops when this process ends, however that happens. */
export function startServiceProcess({ name, environment, onLine }: ServiceOptions): ServiceProcess {
  // The ipc channel carries nothing: its end tells the child that nobody is there to stop it any more.
  const child = spawn(process.execPath, [join(root, name, 'main.ts')], {
    env: { ...environment },
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

/** Resolves to whether the service answered 200 on `/readyz` before it ended or the time was over. */
export async function isReady(service: ServiceProcess, port: number, withinMs = 30_000): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  let hasEnded = false;
  void service.ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded && performance.now() < deadline) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
    await delay(50);
  }
  return false;
}

/** Asks the service to stop and waits for its end; after 12 s it is killed. */
export async function stopServiceProcess({ child, ended }: ServiceProcess): Promise<void> {
  child.kill('SIGTERM');
  const overdue = setTimeout(() => child.kill('SIGKILL'), 12_000);
  await ended;
  clearTimeout(overdue);
}
