// Calls a tool over HTTP on so many connections at once, as clients of either era do, and counts.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type Era = '2026-07-28' | '2025-11-25';

export interface LoadResult {
  /** Calls answered in the time, per second. */
  perSecond: number;
  /** Milliseconds of each call. */
  times: number[];
  errors: number;
}

export interface LoadOptions {
  /** Where the MCP endpoint is. */
  url: string;
  era: Era;
  connections: number;
  /** Whose they are, in turn; 1 by default. */
  accounts?: number;
  /** When no more calls are begun: after so many, or after so long. */
  until: { calls: number } | { seconds: number };
  tool: string;
  /** The arguments of the calls in turn. */
  inputs: readonly Record<string, unknown>[];
}

export interface Clients {
  load(options: LoadOptions): Promise<LoadResult>;
  stop(): Promise<void>;
}

/**
 * In a process of their own, so that a server in this one has its time for itself, all its threads counted; and for all turns
 * of a measure, so that no turn pays for the start of another.
 */
export function startClients(): Clients {
  const child = fork(fileURLToPath(new URL('./lanes.ts', import.meta.url)), {
    serialization: 'advanced',
    execArgv: [],
    env: { PATH: process.env['PATH'] },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    load: async (options) => {
      const failed = ended.then(() => Promise.reject(new Error('The clients ended')));
      const answered = new Promise<LoadResult>((resolve) => {
        child.once('message', (result) => resolve(result as LoadResult));
      });
      child.send(options);
      return Promise.race([answered, failed]);
    },
    stop: async () => {
      child.disconnect();
      await ended;
    },
  };
}
