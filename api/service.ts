// loop-api as a whole: opens the vault and the way to loop-auth, listens, and stops in order. main.ts and the tests start it here.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { type App, createApp } from './app.ts';
import type { Config } from './config.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { createMetricsListener, type MetricsSource } from './http/metrics-listener.ts';
import { startServer, stopServer } from './http/server.ts';
import { openReporter } from './reporting/reporter.ts';
import { openTokenChecks } from './tokens/checks.ts';
import { type DescriptionKeeper, keepDescribed } from './tokens/resource-description.ts';
import { createAudienceCheck, parseResourceIdentifiers } from './tokens/resource-identifiers.ts';
import type { ChangedPart } from './vault/moving/mover.ts';
import { NarrowedVaults } from './vault/narrowed-vaults.ts';
import type { VaultOptions } from './vault/options.ts';
import { openVault, type Vault } from './vault/vault.ts';
import { collectMetrics } from './workers/metrics.ts';
import { type Place, type Seat, takePlace } from './workers/seat.ts';

export interface Service {
  port: number;
  /** Where /metrics is; undefined where it is nowhere. */
  metricsPort: number | undefined;
  /** Takes no new connections, lets running requests end within `drainMs`, then closes everything. */
  stop(drainMs?: number): Promise<void>;
}

/** `seat` is the place of a worker among several. Throws when the vault can't be opened or a port can't be had. */
export async function startService(config: Config, logger: Logger, seat?: Seat): Promise<Service> {
  const metrics = createMetrics();
  const resources = parseResourceIdentifiers(config.resource);
  const place = takePlace(seat);
  const vaultOptions = createVaultOptions(config, place, { metrics, logger });
  const onWritten = (id: string): Promise<void> => narrowed.refresh(id);
  const onMoved = (part: ChangedPart): Promise<void> => narrowed.bringInStep(part);
  // the vault may tell of itself before there is somebody to tell it to
  let described: DescriptionKeeper | undefined;
  const onProgress = (): void => described?.noteChange();
  const vault = await openVault({ ...vaultOptions, onWritten, onMoved, onProgress });
  const narrowed = new NarrowedVaults(vault, vaultOptions);
  if (place.isFirst) described = describeToAuth(config, vault, logger);
  const tokenChecks = openTokenChecks(config, metrics, logger);
  const reporter = openReporter(config);
  const close = async (): Promise<void> => {
    await Promise.all([tokenChecks.close(), narrowed.close(), described?.close(), reporter.close()]);
    await vault.close();
  };
  let ready = true;
  const verify = tokenChecks.verifierFor(createAudienceCheck(resources));
  const app = createApp({
    config,
    resources,
    vault,
    narrowed,
    verify,
    metrics,
    logger,
    noteCall: reporter.note,
    seat,
    isReady: () => ready,
  });
  place.serve({ vault, narrowed });
  const collect = collectMetrics(metrics.registry, seat);
  const servers = await startServers(config, app, { registry: metrics.registry, collect }).catch(
    async (error: unknown) => {
      await close();
      throw error;
    },
  );
  const [main, forMetrics] = servers;
  return {
    port: portOf(main),
    metricsPort: forMetrics && portOf(forMetrics),
    stop: async (drainMs = 10_000): Promise<void> => {
      ready = false;
      app.drain();
      await Promise.all(servers.map((server) => stopServer(server, drainMs)));
      await app.close();
      await seat?.whenFree();
      await close();
    },
  };
}

const mostFolders = 500;

function describeToAuth(config: Config, vault: Vault, logger: Logger): DescriptionKeeper {
  return keepDescribed({
    ...config,
    describe: () => ({
      name: config.vaultName,
      isWritable: vault.writerFor !== undefined,
      notes: vault.progress().notes,
      folders: vault.listTopFolders(mostFolders),
    }),
    onTrouble: (err) => logger.warn({ err }, 'loop-auth could not be told what the vault holds; tried again'),
  });
}

function createVaultOptions(
  config: Config,
  { isFirst, host, elsewhere }: Place,
  told: { metrics: Metrics; logger: Logger },
): VaultOptions {
  return {
    host,
    elsewhere,
    directory: config.vaultDirectory,
    indexPath: config.indexPath,
    hidden: config.hidden,
    timeZone: config.timeZone,
    retention: config.retention,
    // once for all workers, by the one that looks
    ...(isFirst ? tellOfVault(told) : {}),
    onProblem: (err) => told.logger.warn({ err }, 'the search index was in trouble and was started again'),
  };
}

function tellOfVault({ metrics, logger }: { metrics: Metrics; logger: Logger }): Partial<VaultOptions> {
  return {
    onLeft: (files) =>
      logger.warn(
        { files },
        'a change that came to no end was taken back, but for files that somebody else has changed since',
      ),
    onAway: (isAway) => {
      metrics.vaultAway.set(isAway ? 1 : 0);
      if (isAway) logger.warn('the folder of notes is not there: searches go on from the index');
      else logger.info('the folder of notes is back');
    },
    onForms: (names) =>
      logger.warn(
        { names },
        'names are there in several Unicode forms: folders are shown as one, each file by an id',
      ),
    onConflicts: (notes) => logger.warn({ notes }, 'notes are conflict copies that a sync program left'),
    onExcludedFaults: (faults) =>
      logger.warn({ faults }, "Obsidian's excluded files can't all be read: what is in doubt stays hidden"),
    onUnread: (notes) =>
      logger.warn(
        { notes },
        'notes and other files whose text could not be read are found by their names only',
      ),
  };
}

async function startServers(
  config: Config,
  app: App,
  metrics: MetricsSource,
): Promise<[Server, ...Server[]]> {
  const { host, port, metricsPort } = config;
  const main = await startServer(app.express, { host, port });
  if (metricsPort === undefined) return [main];
  try {
    return [main, await startServer(createMetricsListener(metrics), { host, port: metricsPort })];
  } catch (error) {
    await stopServer(main, 0);
    throw error;
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
