// The Express application: every route in one place. It listens nowhere and opens nothing.
import type { Express, RequestHandler } from 'express';
import express from 'express';
import type { Logger } from 'pino';
import { answerErrors, RequestRefused } from './errors.ts';
import { createMcpEndpoint } from './mcp.ts';
import type { Metrics } from './metrics.ts';
import { createNoteUrl, showNotePage } from './note-page.ts';
import { logRequests } from './request-log.ts';
import type { ResourceIdentifiers } from './resource-identifiers.ts';
import { createResourceMetadataRouter, methodNotAllowed } from './resource-metadata.ts';
import type { TokenVerifier } from './token-verifier.ts';
import { createTools } from './tools/tools.ts';
import type { Vault } from './vault/vault.ts';

export interface AppOptions {
  issuer: string;
  resources: ResourceIdentifiers;
  vault: Vault;
  verify: TokenVerifier;
  metrics: Metrics;
  logger: Logger;
  /** False once the process is stopping. */
  isReady(): boolean;
}

export interface App {
  express: Express;
  /** For after the last answer. */
  close(): Promise<void>;
}

export function createApp(options: AppOptions): App {
  const { resources, vault, metrics, logger } = options;
  const noteUrl = createNoteUrl(resources);
  const tools = createTools(vault, noteUrl);
  const mcp = createMcpEndpoint({ tools, verify: options.verify, resources, logger });

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(stripPathPrefix(resources.pathPrefix), logRequests(logger, metrics));
  app.all('/healthz', onlyGet, (_req, res) => void res.json({ status: 'ok' }));
  app.all('/readyz', onlyGet, (_req, res) => {
    // not loop-auth's state: while it is away, tokens that are known keep working; and no counts: anybody may ask
    if (options.isReady()) res.json({ status: 'ready', indexing: vault.progress().building });
    else res.status(503).json({ status: 'stopping' });
  });
  app.all('/metrics', onlyGet, async (_req, res) => {
    res.set('Content-Type', metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  app.use(createResourceMetadataRouter(resources, options.issuer));
  app.all('/notes/*path', onlyGet, showNotePage());
  app.all('/mcp', mcp.handlers, answerErrors('json-rpc', logger));
  app.use(() => {
    throw new RequestRefused({
      status: 404,
      error: 'not_found',
      message: 'There is nothing at this address',
    });
  });
  app.use(answerErrors('json', logger));
  return { express: app, close: mcp.close };
}

const onlyGet: RequestHandler = (req, _res, next) => {
  if (req.method !== 'GET' && req.method !== 'HEAD') throw methodNotAllowed('GET, HEAD');
  next();
};

// A proxy in front of a resource under a prefix may pass the prefix on or take it off.
function stripPathPrefix(pathPrefix: string): RequestHandler {
  return (req, _res, next) => {
    if (pathPrefix !== '' && req.url.startsWith(`${pathPrefix}/`)) req.url = req.url.slice(pathPrefix.length);
    next();
  };
}
