// Starts loop-api from the environment, and stops it on a signal.
import type { Config } from './config.ts';
import { InvalidConfiguration, parseConfig } from './config.ts';
import { createLogger } from './http/log.ts';
import { startService } from './service.ts';
import { IndexNotUsable, VaultNotFound, VaultNotReadable } from './vault/errors.ts';

const logger = createLogger();

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function readConfig(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (error instanceof InvalidConfiguration) fail(error.message);
    throw error;
  }
}

function explainStart(error: unknown, settings: Config): never {
  const { code, port = settings.port } = error as NodeJS.ErrnoException & { port?: number };
  const name = port === settings.metricsPort ? 'API_METRICS_PORT' : 'API_PORT';
  if (code === 'EADDRINUSE') {
    fail(`Port ${port} on ${settings.host} is taken. Stop what uses it, or set ${name} to another port.`);
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    fail(`loop-api can't listen on ${settings.host}:${port} (${code}). Set API_HOST and ${name}.`);
  }
  const isPlain = [VaultNotFound, VaultNotReadable, IndexNotUsable].some((kind) => error instanceof kind);
  if (isPlain) fail((error as Error).message);
  throw error;
}

let service: Awaited<ReturnType<typeof startService>> | undefined;
let isStopping = false;

async function stop(signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  logger.info({ signal }, 'loop-api stops');
  await service?.stop();
  logger.info('loop-api stopped');
  process.exit(0);
}

// Before anything is opened: as the first process of a container we get no signal that we did not ask for.
// `disconnect`: npm start is gone, even killed, and nobody else would stop us.
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
  process.on(signal, () => void stop(signal));

const config = readConfig();
service = await startService(config, logger).catch((error) => explainStart(error, config));
logger.info({ host: config.host, port: service.port, resource: config.resource }, 'loop-api listens');
// npm start waits for this word.
process.send?.('ready');
