// The Express application: every route in one place. It listens nowhere and opens nothing.
import type { Express, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { createAccess } from './access.ts';
import { createBrowsing } from './browsing/routes.ts';
import type { Config } from './config.ts';
import { createBareApp, hardenAnswers } from './http/answer-headers.ts';
import { answerErrors, RequestRefused } from './http/errors.ts';
import type { Metrics } from './http/metrics.ts';
import { guardHost } from './http/origins.ts';
import { logRequests } from './http/request-log.ts';
import { whenAsked } from './http/when-asked.ts';
import { createMcpEndpoint, type McpOptions } from './mcp/endpoint.ts';
import { type NotedCall, noteCalls } from './reporting/noted-calls.ts';
import { createRestRouter } from './rest/endpoint.ts';
import { createOpenApi } from './rest/openapi.ts';
import { HeldBytes, heldLimits } from './sharing/held-bytes.ts';
import { inRound } from './sharing/rounds.ts';
import { mostNotesAtOnce, Turns } from './sharing/turns.ts';
import { createSseEndpoint, type SseEndpoint } from './sse/endpoint.ts';
import { createChallenge } from './tokens/bearer.ts';
import type { ResourceIdentifiers } from './tokens/resource-identifiers.ts';
import { createNoteUrl } from './tokens/resource-identifiers.ts';
import { createResourceMetadataRouter, methodNotAllowed } from './tokens/resource-metadata.ts';
import type { TokenVerifier } from './tokens/verifier.ts';
import { createVerifyRoute } from './tokens/verify-route.ts';
import { listScopes } from './tools/tool.ts';
import type { NarrowedVaults } from './vault/narrowed-vaults.ts';
import type { Vault } from './vault/vault.ts';
import type { Seat } from './workers/seat.ts';
import { serveStreams, streamsElsewhere } from './workers/streams.ts';

export interface AppOptions {
  config: Pick<
    Config,
    'issuer' | 'authOrigin' | 'clientId' | 'clientSecret' | 'sse' | 'cacheSeconds' | 'vaultName'
  >;
  resources: ResourceIdentifiers;
  vault: Vault;
  /** What a token gets that reaches a part of it only. */
  narrowed: Pick<NarrowedVaults, 'within'>;
  verify: TokenVerifier;
  metrics: Metrics;
  logger: Logger;
  /** Told of calls what the timeline wants to know. */
  noteCall: (call: NotedCall) => void;
  /** The place of this process among several. */
  seat?: Seat | undefined;
  /** False once the process is stopping. */
  isReady(): boolean;
}

export interface App {
  express: Express;
  /** Lets what has no end of its own come to one. */
  drain(): void;
  /** For after the last answer. */
  close(): Promise<void>;
}

export function createApp(options: AppOptions): App {
  const { config, resources, vault, verify, metrics, logger } = options;
  const noteUrl = createNoteUrl(resources);
  const turns = new Turns(mostNotesAtOnce);
  const access = createAccess({ vault, narrowed: options.narrowed, noteUrl, turns });
  const { tools, notes } = access.all;
  const heldBytes = new HeldBytes(heldLimits, (bytes) => metrics.heldBytes.set(bytes));
  const shared = { tools, notes, findAccess: access.find, verify, resources, logger, heldBytes };
  const mcp = createMcpEndpoint(shared);
  const sse = config.sse ? createStreams(options, shared) : undefined;

  const app = createBareApp();
  app.use(stripPathPrefix(resources.pathPrefix), logRequests(logger, metrics), hardenAnswers(resources.mcp));
  app.all('/healthz', onlyGet, (_req, res) => void res.json({ status: 'ok' }));
  app.all('/readyz', onlyGet, (_req, res) => {
    // not loop-auth's state or the vault's: without them much goes on; and no counts: anybody may ask
    const away = {
      ...(vault.isAway() && { vault: 'away' }),
      ...(options.seat?.peers.areEnding() && { workers: 'ending' }),
    };
    if (options.isReady()) res.json({ status: 'ready', indexing: vault.progress().building, ...away });
    else res.status(503).json({ status: 'stopping' });
  });
  const browsing = createBrowsing({
    config,
    resources,
    verify,
    logger,
    turns,
    noteUrl,
    vaultFor: access.vaultFor,
  });
  app.use(browsing.door);
  const noted = noteCalls(options.noteCall);
  app.all(['/mcp', '/mcp/'], noted, mcp.handlers, answerErrors('json-rpc', logger));
  if (sse) {
    app.all(['/sse', '/sse/'], noted, sse.streamHandlers, answerErrors('json', logger));
    app.all('/messages', noted, sse.messageHandlers, answerErrors('json-rpc', logger));
  }
  app.use('/api', noted);
  app.use(whenAsked(() => createRestRouter(shared), '/api/'));
  app.use('/api', nothingHere, answerErrors('problem', logger));
  app.use(guardHost(resources));
  app.all(
    '/verify',
    onlyGet,
    createVerifyRoute(verify, createChallenge(resources, 'mcp', listScopes(tools))),
  );
  app.use(createResourceMetadataRouter({ resources, scopes: listScopes(tools), ...config }));
  app.use(inRound, browsing.pages);
  let openApi: ReturnType<typeof createOpenApi> | undefined;
  app.all('/openapi.json', onlyGet, (_req, res) => {
    openApi ??= createOpenApi({ tools, resources, issuer: config.issuer });
    res.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=300' }).json(openApi);
  });
  app.use(browsing.nothingHere, nothingHere);
  app.use(answerErrors('json', logger));
  return { express: app, drain: () => sse?.drain(), close: mcp.close };
}

function createStreams({ config, metrics, seat }: AppOptions, shared: McpOptions): SseEndpoint {
  const onCount = (open: number): void => metrics.openStreams.set(open);
  const elsewhere = seat && streamsElsewhere(seat);
  const sse = createSseEndpoint({ ...shared, cacheSeconds: config.cacheSeconds, onCount, elsewhere });
  if (seat) serveStreams(seat, sse);
  return sse;
}

const onlyGet: RequestHandler = (req, _res, next) => {
  if (req.method !== 'GET' && req.method !== 'HEAD') throw methodNotAllowed('GET, HEAD');
  next();
};

const nothingHere: RequestHandler = () => {
  throw new RequestRefused({ status: 404, error: 'not_found', message: 'There is nothing at this address' });
};

// A proxy in front of a resource under a prefix may pass the prefix on or take it off.
function stripPathPrefix(pathPrefix: string): RequestHandler {
  return (req, _res, next) => {
    if (pathPrefix !== '' && req.url.startsWith(`${pathPrefix}/`)) req.url = req.url.slice(pathPrefix.length);
    next();
  };
}
