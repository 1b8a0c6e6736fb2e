// Load on a benchmark's loop-auth: introspections over a few kept-alive connections, and what they cost it.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Pool } from 'undici';
import { apiSecret } from './place.ts';
import type { ServerFacts, ServerFigures } from './server.ts';

export interface LoadResult {
  readonly cpuMicrosecondsPerRequest: number;
  /** Milliseconds, one a request. */
  readonly latencies: number[];
}

const connections = 8;
const headers = {
  'Content-Type': 'application/x-www-form-urlencoded',
  Authorization: `Basic ${Buffer.from(`loop-api:${encodeURIComponent(apiSecret).replaceAll('%20', '+')}`).toString('base64')}`,
};

export class BenchServer {
  readonly #child: ChildProcess;
  readonly #pool: Pool;
  readonly #tokens: string[];

  private constructor(child: ChildProcess, { port, tokens }: ServerFacts) {
    this.#child = child;
    this.#tokens = tokens;
    this.#pool = new Pool(`http://127.0.0.1:${port}`, { connections });
  }

  /** The arguments of server.ts. */
  static start(...args: Array<string | number>): Promise<BenchServer> {
    return BenchServer.startWith([], ...args);
  }

  /** With options for node. */
  static async startWith(execArgv: string[], ...args: Array<string | number>): Promise<BenchServer> {
    const child = fork(join(import.meta.dirname, 'server.ts'), args.map(String), { execArgv });
    const [facts] = (await once(child, 'message')) as [ServerFacts];
    return new BenchServer(child, facts);
  }

  /** Introspects tokens at random until `isOver`; throws when one is not active. */
  async introspect(isOver: (done: number) => boolean): Promise<LoadResult> {
    const before = await this.figures();
    const latencies: number[] = [];
    const worker = async (): Promise<void> => {
      while (!isOver(latencies.length)) {
        const token = this.#tokens[Math.floor(Math.random() * this.#tokens.length)] ?? '';
        const startedAt = performance.now();
        const body = `token=${token}&token_type_hint=access_token`;
        const answer = await this.#pool.request({
          method: 'POST',
          path: '/token/introspection',
          headers,
          body,
        });
        const { active } = (await answer.body.json()) as { active?: boolean };
        if (!active) throw new Error(`introspection answered ${answer.statusCode}, not active`);
        latencies.push(performance.now() - startedAt);
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
    const after = await this.figures();
    return {
      cpuMicrosecondsPerRequest: (after.cpuMicroseconds - before.cpuMicroseconds) / latencies.length,
      latencies,
    };
  }

  async figures(): Promise<ServerFigures> {
    this.#child.send('facts');
    const [figures] = (await once(this.#child, 'message')) as [ServerFigures];
    return figures;
  }

  async stop(): Promise<void> {
    await this.#pool.close();
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}
