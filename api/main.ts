// Starts loop-api from the environment, and stops it on a signal: one process that answers, or several behind a primary.
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { InvalidConfiguration, parseConfig } from './config.ts';
import { createLogger } from './http/log.ts';
import { IndexNotUsable, VaultNotFound, VaultNotReadable } from './vault/errors.ts';
import type { Seat } from './workers/seat.ts';

/** What a primary says to a worker: which one it is. */
const numberSetting = 'LOOP_WORKER';

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

interface Running {
  stop(): Promise<void>;
}

let running: Running | undefined;
let isStopping = false;

async function stop(logger: Logger, signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  logger.info({ signal }, 'loop-api stops');
  await running?.stop();
  logger.info('loop-api stopped');
  process.exit(0);
}

// Before anything is opened: as the first process of a container we get no signal that we did not ask for.
// `disconnect`: npm start is gone, even killed, and nobody else would stop us.
function stopOnSignals(logger: Logger): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
    process.on(signal, () => void stop(logger, signal));
}

/** Answers in this process. */
async function serve(config: Config, logger: Logger, seat?: Seat): Promise<void> {
  const { startService } = await import('./service.ts');
  const service = await startService(config, logger, seat).catch((error) => explainStart(error, config));
  running = service;
  logger.info({ host: config.host, port: service.port, resource: config.resource }, 'loop-api listens');
}

async function serveAsWorker(config: Config, number: number): Promise<void> {
  const { joinWorkers } = await import('./workers/worker.ts');
  const logger = createLogger().child({ worker: number });
  // A terminal and a service manager send their signals to all processes of a group: the primary says when to stop.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
  const { seat, tellReady } = joinWorkers(number, logger, () => void stop(logger, 'primary'));
  await serve(config, logger, seat);
  tellReady();
}

/**
 * Where one process may use a percentage of the memory for its heap, as in the image: what each of several may use. Half of it for
 * all, so that there is as much for each as for one in 256 MB where it was raised by 160 MB for each.
 */
function shareMemory(workers: number): string[] {
  const options = [process.env['NODE_OPTIONS'] ?? '', ...process.execArgv].join(' ');
  const percentage = /--max-old-space-size-percentage=(\d+)/.exec(options)?.[1];
  if (percentage === undefined) return [];
  return [
    `--max-old-space-size-percentage=${Math.max(1, Math.floor((Number(percentage) * 1.6) / (workers + 1)))}`,
  ];
}

async function serveByWorkers(config: Config, logger: Logger): Promise<void> {
  const { FirstWorkerFailed, Primary } = await import('./workers/primary.ts');
  const nodeOptions = [...process.execArgv, ...shareMemory(config.workers)];
  const primary = new Primary({ workers: config.workers, logger, numberSetting, nodeOptions });
  running = primary;
  await primary.start().catch((error: unknown) => {
    if (error instanceof FirstWorkerFailed) process.exit(isStopping ? 0 : 1);
    throw error;
  });
}

async function main(): Promise<void> {
  const config = readConfig();
  const number = Number(process.env[numberSetting] ?? 0);
  if (number > 0) {
    await serveAsWorker(config, number);
    return;
  }
  const logger = createLogger();
  stopOnSignals(logger);
  await (config.workers > 1 ? serveByWorkers(config, logger) : serve(config, logger));
  // npm start waits for this word.
  process.send?.('ready');
}

void main();
