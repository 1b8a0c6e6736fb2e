// The gate: other MCP servers behind the same sign-in. Checks bearer tokens as loop-api does and passes what is allowed on.
// The room: what a server that knows no OAuth lacks. Not loop-api's own tools and pages; not who may what: loop-auth.
import type { Express, Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { createBareApp, hardenAnswers } from '../http/answer-headers.ts';
import { answerErrors, RequestRefused } from '../http/errors.ts';
import type { Metrics } from '../http/metrics.ts';
import { guardOrigin } from '../http/origins.ts';
import { logRequests } from '../http/request-log.ts';
import { type Challenge, requireBearer, type VerifyAgain } from '../tokens/bearer.ts';
import { methodNotAllowed } from '../tokens/resource-metadata.ts';
import type { TokenVerifier } from '../tokens/verifier.ts';
import { answerVerified, queryOf } from '../tokens/verify-route.ts';
import type { GateConfig } from './config.ts';
import type { Forwarder } from './forward.ts';
import { createMetadataRoute, metadataUrl } from './metadata.ts';
import { findRoute, type Route, routeAsTyped, type TypedRoute } from './routes.ts';
import type { ServedResource, ServedResources } from './served.ts';

export interface GateOptions {
  readonly config: Pick<GateConfig, 'issuer' | 'routes' | 'cacheSeconds'>;
  /** For one resource. */
  readonly verifierFor: (isOwn: (audience: string) => boolean) => TokenVerifier;
  readonly served: Pick<ServedResources, 'find'>;
  readonly forwarder: Pick<Forwarder, 'forward' | 'endpoints'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** False once the process is stopping. */
  isReady(): boolean;
}

const methods = 'GET, HEAD, POST, DELETE';

export function createGate(options: GateOptions): Express {
  const { config, metrics, logger } = options;
  const { routes } = config;
  const find = (resource: string): Promise<ServedResource> => findServed(options, resource);
  const check = createCheck(options);
  const app = createBareApp();
  app.use(logRequests(logger, metrics), hardenAnswers(routes[0]?.resource ?? ''));
  app.all('/healthz', onlyGet, (_req, res) => void res.json({ status: 'ok' }));
  app.all('/readyz', onlyGet, (_req, res) => {
    if (options.isReady()) res.json({ status: 'ready' });
    else res.status(503).json({ status: 'stopping' });
  });
  app.use(createMetadataRoute({ issuer: config.issuer, routes, find }));
  app.all('/verify', onlyGet, chooseForVerify(routes), nameScopes(find), check, answerVerified);
  app.use(choose(options), guardRoute(routes), requireMethod, nameScopes(find), check, pass(options));
  app.use(answerErrors('json-rpc', logger));
  return app;
}

const onlyGet: RequestHandler = (req, _res, next) => {
  if (req.method !== 'GET' && req.method !== 'HEAD') throw methodNotAllowed('GET, HEAD');
  next();
};

const requireMethod: RequestHandler = (req, _res, next) => {
  if (!methods.split(', ').includes(req.method)) throw methodNotAllowed(`${methods}, OPTIONS`);
  next();
};

const routeOf = (locals: Readonly<Record<string, unknown>>): Route => locals['route'] as Route;

/** Sets `res.locals.route`, `typed` and `target`, or refuses with 404: nothing else is reached through the gate. */
function choose({ config, forwarder }: GateOptions): RequestHandler {
  return (req, res, next) => {
    const [path = ''] = req.url.split('?', 1);
    const asked = { path, host: req.headers.host };
    const route = findRoute(config.routes, asked);
    const named = route ? undefined : forwarder.endpoints.find(path);
    const chosen = route ?? named?.route;
    if (chosen?.upstream === undefined) throw nothingHere();
    const target = new URL(chosen.upstream);
    if (named) target.pathname = named.path;
    target.search = req.url.slice(path.length);
    Object.assign(res.locals, { route: chosen, typed: routeAsTyped(chosen, asked), target });
    next();
  };
}

/** A proxy names the resource that it asks for, where there are several: what it guards is its own to say. */
function chooseForVerify(routes: readonly Route[]): RequestHandler {
  return (req, res, next) => {
    const asked = queryOf(req.url).getAll('resource');
    const named = routes.filter(({ resource }) => asked.length === 0 || resource === asked[0]);
    const route = asked.length < 2 && named.length === 1 ? named[0] : undefined;
    if (route === undefined) {
      throw new RequestRefused({
        status: 400,
        error: 'invalid_target',
        message: 'resource must be one of the public URLs in GATE_ROUTES',
      });
    }
    res.locals['route'] = route;
    next();
  };
}

function guardRoute(routes: readonly Route[]): RequestHandler {
  const guards = new Map(routes.map((route) => [route, guardOrigin(route, methods)]));
  return (req, res, next) => guards.get(routeOf(res.locals))?.(req, res, next);
}

/** A challenge names the scopes that there are to ask for. */
function nameScopes(find: (resource: string) => Promise<ServedResource>): RequestHandler {
  return async (_req, res, next) => {
    res.locals['scopes'] = (await find(routeOf(res.locals).resource)).scopes;
    next();
  };
}

function createCheck({ config, verifierFor }: GateOptions): RequestHandler {
  const checks = new Map(
    config.routes.map((route) => {
      const challengeOf = ({ res }: Request): Challenge => ({
        metadataUrl: metadataUrl((res?.locals['typed'] as TypedRoute | undefined) ?? route),
        scopes: res?.locals['scopes'] as string[],
      });
      return [
        route,
        requireBearer(
          verifierFor((audience) => audience === route.resource),
          challengeOf,
        ),
      ];
    }),
  );
  return (req, res, next) => checks.get(routeOf(res.locals))?.(req, res, next);
}

function pass({ config, forwarder, logger }: GateOptions): RequestHandler {
  return async (req, res) => {
    const { target, principal, verifyAgain } = res.locals;
    const caller = { principal, address: req.socket.remoteAddress };
    const watch = endWithToken(res, verifyAgain as VerifyAgain, Math.max(1, config.cacheSeconds));
    try {
      await forwarder.forward({ req, res }, routeOf(res.locals), target as URL, caller);
    } catch (error) {
      if (error instanceof RequestRefused) throw error;
      // Either side has gone; what was begun can only be cut off.
      logger.debug({ err: error, requestId: res.locals['requestId'] }, 'an answer was cut off');
      res.destroy();
    } finally {
      clearInterval(watch);
    }
  };
}

// A stream outlives the token that opened it, unless it is looked at again. Neither an outage nor a fault of ours ends one.
function endWithToken(res: { destroy(): void }, verifyAgain: VerifyAgain, seconds: number): NodeJS.Timeout {
  const look = async (): Promise<void> => {
    if ((await verifyAgain()).outcome === 'inactive') res.destroy();
  };
  return setInterval(() => void look().catch(() => undefined), seconds * 1000).unref();
}

async function findServed({ served, logger }: GateOptions, resource: string): Promise<ServedResource> {
  const found = await served.find(resource).catch((cause: Error) => {
    logger.warn({ err: cause }, 'loop-auth can not be asked for the gate’s resources now');
    throw unavailable('The authorization server can not be asked now; try again', cause);
  });
  if (found) return found;
  logger.error(
    { resource },
    'loop-auth knows no such resource of GATE_CLIENT_ID: npm run seed-client -- --resource-server makes it known',
  );
  throw unavailable('loop-auth does not know this resource yet');
}

const unavailable = (message: string, cause?: Error): RequestRefused =>
  new RequestRefused({
    status: 503,
    error: 'temporarily_unavailable',
    message,
    headers: { 'Retry-After': '5' },
    cause,
  });

const nothingHere = (): RequestRefused =>
  new RequestRefused({ status: 404, error: 'not_found', message: 'There is nothing at this address' });
