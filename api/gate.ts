// Starts the gate from the environment, and stops it on a signal: `node api/gate.ts`.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createGate } from './gate/app.ts';
import { type GateConfig, parseConfig } from './gate/config.ts';
import { createForwarder } from './gate/forward.ts';
import { openServedResources } from './gate/served.ts';
import { createLogger } from './http/log.ts';
import { createMetrics } from './http/metrics.ts';
import { startServer, stopServer } from './http/server.ts';
import { InvalidConfiguration } from './settings.ts';
import { openTokenChecks } from './tokens/checks.ts';

export interface Gate {
  port: number;
  /** Takes no new connections, lets running requests end within `drainMs`, then closes everything. */
  stop(drainMs?: number): Promise<void>;
}

/** Throws when the port can't be had. */
export async function startGate(config: GateConfig, logger: Logger): Promise<Gate> {
  const metrics = createMetrics();
  const checks = openTokenChecks(config, metrics, logger);
  const served = openServedResources(config);
  const forwarder = createForwarder();
  const close = async (): Promise<void> => {
    await Promise.all([checks.close(), served.close(), forwarder.close()]);
  };
  let ready = true;
  const app = createGate({
    config,
    verifierFor: checks.verifierFor,
    served,
    forwarder,
    metrics,
    logger,
    isReady: () => ready,
  });
  const server: Server = await startServer(app, config).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: async (drainMs = 10_000) => {
      ready = false;
      await stopServer(server, drainMs);
      await close();
    },
  };
}

async function main(): Promise<void> {
  const logger = createLogger();
  const config = readConfig();
  let gate: Gate | undefined;
  let isStopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, 'the gate stops');
    await gate?.stop();
    process.exit(0);
  };
  // As the first process of a container we get no signal that we did not ask for.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  gate = await startGate(config, logger).catch((error: NodeJS.ErrnoException) => {
    if (error.code === undefined) throw error;
    return fail(
      `The gate can't listen on ${config.host}:${config.port} (${error.code}). Set GATE_HOST and GATE_PORT.`,
    );
  });
  const resources = config.routes.map(({ resource }) => resource);
  logger.info({ host: config.host, port: gate.port, resources }, 'the gate listens');
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function readConfig(): GateConfig {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (error instanceof InvalidConfiguration) fail(error.message);
    throw error;
  }
}

if (import.meta.main) void main();
