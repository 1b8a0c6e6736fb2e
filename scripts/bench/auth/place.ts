// Where a loop-auth of the benchmarks runs, as a process of its own: a folder for its database, a port, its settings, and how
// it answers whoever began it.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuthConfig, parseConfig } from '../../../auth/config.ts';

export const apiSecret = 'a secret for the benchmarks only';

export interface Place {
  /** The database's file. */
  readonly path: string;
  readonly port: number;
  readonly config: AuthConfig;
  /** Listens; answers any message with its processor time, its memory and `figures`; ends with whoever began it. */
  readonly serve: (listener: RequestListener, figures?: () => object) => void;
}

export async function openPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-bench-'));
  const path = join(folder, 'auth.db');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const config = parseConfig({
    AUTH_ISSUER: `http://127.0.0.1:${port}`,
    AUTH_DATABASE_URL: `sqlite:${path}`,
    API_CLIENT_SECRET: apiSecret,
  });
  const serve = (listener: RequestListener, figures = (): object => ({})): void => {
    server.on('request', listener);
    process.on('message', () => {
      const { user, system } = process.cpuUsage();
      const rssBytes = process.memoryUsage.rss();
      process.send?.({ cpuMicroseconds: user + system, rssBytes, ...figures() });
    });
    process.once('disconnect', () => {
      rmSync(folder, { recursive: true, force: true });
      process.exit(0);
    });
  };
  return { path, port, config, serve };
}
