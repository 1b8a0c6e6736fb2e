// loop-api as a whole: opens the vault and the way to loop-auth, listens, and stops in order. main.ts and the tests start it here.
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { createMetrics } from './http/metrics.ts';
import { answerUnreadable } from './http/unreadable.ts';
import { openTokenChecks } from './tokens/checks.ts';
import { parseResourceIdentifiers } from './tokens/resource-identifiers.ts';
import { openVault } from './vault/vault.ts';

export interface Service {
  port: number;
  /** Takes no new connections, lets running requests end within `drainMs`, then closes everything. */
  stop(drainMs?: number): Promise<void>;
}

/** Throws when the vault can't be opened or the port can't be had. */
export async function startService(config: Config, logger: Logger): Promise<Service> {
  const metrics = createMetrics();
  const resources = parseResourceIdentifiers(config.resource);
  const vault = await openVault({
    directory: config.vaultDirectory,
    indexPath: config.indexPath,
    onProblem: (err) => logger.warn({ err }, 'the search index was in trouble and was started again'),
    onAway: (isAway) => {
      metrics.vaultAway.set(isAway ? 1 : 0);
      if (isAway) logger.warn('the folder of notes is not there: searches go on from the index');
      else logger.info('the folder of notes is back');
    },
  });
  const tokenChecks = openTokenChecks(config, resources, metrics, logger);
  const close = async (): Promise<void> => {
    await Promise.all([tokenChecks.close(), vault.close()]);
  };
  let ready = true;
  const { verify } = tokenChecks;
  const app = createApp({ config, resources, vault, verify, metrics, logger, isReady: () => ready });
  const server = createServer(app.express);
  server.on('clientError', answerUnreadable);
  try {
    await listen(server, config);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port: (server.address() as AddressInfo).port,
    stop: async (drainMs = 10_000): Promise<void> => {
      ready = false;
      app.drain();
      await drain(server, drainMs);
      await app.close();
      await close();
    },
  };
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function drain(server: Server, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // a connection that was busy when the server closed would otherwise be kept alive for seconds after its answer
  const closingIdle = setInterval(() => server.closeIdleConnections(), 50);
  const deadline = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(closingIdle);
  clearTimeout(deadline);
}
