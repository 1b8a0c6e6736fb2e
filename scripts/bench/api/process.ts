// loop-api as a process of its own, as it runs in production, on a free port.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../api/main.ts', import.meta.url));

export interface ApiProcess {
  url: string;
  /** From the start of the process until it answers that it is ready. */
  readyMs: number;
  /** Bytes that the process holds in memory. */
  memory(): Promise<number>;
  /** Processor time since it started. */
  cpuMicroseconds(): Promise<number>;
  stop(): Promise<void>;
}

export async function startApi(settings: Record<string, string>): Promise<ApiProcess> {
  const [port, metricsPort] = [await findPort(), await findPort()];
  const url = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      API_PORT: String(port),
      API_METRICS_PORT: String(metricsPort),
      API_CLIENT_SECRET: 'bench',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error('loop-api ended instead of starting');
    await setTimeout(2);
  }
  const readyMs = performance.now() - startedAt;
  return {
    url,
    readyMs,
    memory: () => readMetric(metricsPort, 'process_resident_memory_bytes'),
    cpuMicroseconds: async () => (await readMetric(metricsPort, 'process_cpu_seconds_total')) * 1e6,
    stop: () => stop(child),
  };
}

/** Waits until the whole vault is indexed. */
export async function waitForIndex(url: string): Promise<void> {
  for (;;) {
    const { indexing } = (await (await fetch(`${url}/readyz`)).json()) as { indexing: boolean };
    if (!indexing) return;
    await setTimeout(20);
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}

async function readMetric(metricsPort: number, name: string): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(
    metrics
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}

async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
