// loop-auth: reads the environment, opens what it needs, wires it together, listens, stops on a signal.
import type { Server } from 'node:http';
import type { Database } from '../adapters/database/database.ts';
import { DatabaseDamaged, DatabaseNewer, DatabaseUnavailable } from '../adapters/database/errors.ts';
import { openDatabase } from '../adapters/database/open.ts';
import { type AuthConfig, parseConfig, SettingsRefused } from './config.ts';
import { type Phase, withHealth } from './http/health.ts';
import { createLog } from './http/log.ts';
import { createMetrics, createMetricsListener } from './http/metrics.ts';
import { PortUnavailable, startServer, stopServer } from './http/server.ts';
import { HandoverUnavailable } from './keys/api-credential.ts';
import { KeysUnreadable } from './keys/seal.ts';
import { type App, openApp } from './service.ts';
import { requireVolumes, VolumeMissing } from './volumes.ts';

// Whatever this process writes (the database, the secret for loop-api) is for its own user only.
process.umask(0o077);

const log = createLog(process.env['LOG_LEVEL'] || 'info');
const metrics = createMetrics();

void start();

async function start(): Promise<void> {
  try {
    const config = parseConfig(process.env);
    // Set by Dockerfile.auth and by nobody else.
    if (process.env['LOOP_IMAGE']) requireVolumes(config);
    await run(config);
  } catch (error) {
    const isExplained = [
      SettingsRefused,
      DatabaseDamaged,
      DatabaseNewer,
      DatabaseUnavailable,
      HandoverUnavailable,
      PortUnavailable,
      KeysUnreadable,
      VolumeMissing,
    ].some((known) => error instanceof known);
    log.fatal(isExplained ? {} : { err: error }, `loop-auth can't start: ${(error as Error).message}`);
    process.exit(1);
  }
}

async function run(config: AuthConfig): Promise<void> {
  let phase: Phase = 'starting';
  let app: App | undefined;
  let database: Database | undefined;
  const servers: Server[] = [];
  const stop = async (signal: string): Promise<void> => {
    if (phase === 'stopping') return;
    phase = 'stopping';
    log.info({ signal }, 'loop-auth stops');
    await Promise.all(servers.map(stopServer));
    await app?.close();
    await database?.close();
    process.exit(0);
  };

  // Before anything is opened: as the first process of a container we get no signal that we did not ask for.
  // `disconnect`: npm start is gone, even killed, and nobody else would stop us.
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(signal, () => void stop(signal));
  const health = withHealth({
    phase: () => phase,
    app: () => app?.listener,
    isDatabaseThere: async () => (await database?.isThere()) ?? false,
  });
  const { host, port, metricsPort } = config;
  servers.push(await startServer(health, host, port));
  if (metricsPort !== undefined) {
    servers.push(await startServer(createMetricsListener(metrics), host, metricsPort, 'AUTH_METRICS_PORT'));
  }
  database = await openDatabase(config.databaseUrl);
  app = await openApp(config, { database, log, metrics });
  phase = 'ready';
  log.info(
    { issuer: config.issuer, resource: config.resources[0], upstream: config.upstream?.issuer },
    `loop-auth listens on ${config.host}:${config.port}`,
  );
  // npm start waits for this word.
  process.send?.('ready');
}
