// The REST API on Express: the tools once more, at addresses of their own, for clients that don't speak MCP.
import type { Request, RequestHandler, Response } from 'express';
import { Router } from 'express';
import type { FindAccess } from '../access.ts';
import { type RefusalOptions, RequestRefused } from '../http/errors.ts';
import { parseJsonBody, readJsonBody } from '../http/json-body.ts';
import { guardOrigin } from '../http/origins.ts';
import { type HeldBytes, holdCall, sendHeld } from '../sharing/held-bytes.ts';
import { inRound } from '../sharing/rounds.ts';
import { createChallenge, insufficientScope, requireBearer } from '../tokens/bearer.ts';
import type { ResourceIdentifiers } from '../tokens/resource-identifiers.ts';
import { methodNotAllowed } from '../tokens/resource-metadata.ts';
import { allows } from '../tokens/scopes.ts';
import type { Principal, TokenVerifier } from '../tokens/verifier.ts';
import { type DescribedTool, listScopes } from '../tools/tool.ts';
import { type RefusalReason, RevisionStale, VaultRefusal } from '../vault/errors.ts';
import { type RestOperation, restOperations, takesBody } from './operations.ts';

export interface RestOptions {
  /** What is described; what a request uses is its caller's own. */
  tools: readonly DescribedTool[];
  verify: TokenVerifier;
  findAccess: FindAccess;
  resources: ResourceIdentifiers;
  heldBytes: HeldBytes;
}

interface Route {
  operation: RestOperation;
  tool: DescribedTool;
}

/** Refuses with RequestRefused; its caller answers that as problem details. */
export function createRestRouter({ tools, verify, findAccess, resources, heldBytes }: RestOptions): Router {
  const bearer = requireBearer(verify, createChallenge(resources, 'mcp', listScopes(tools)));
  const readBody = readJsonBody();
  const hold = holdCall(heldBytes);
  const apiUrl = resources.origin + resources.pathPrefix;

  const requireScopes: RequestHandler = (_req, res, next) => {
    const { tool } = routeOf(res);
    const principal: Principal = res.locals['principal'];
    if (!allows(principal.scopes, tool.scopes)) throw insufficientScope(res.locals, tool.scopes);
    next();
  };
  const readBodyIfAny: RequestHandler = (req, res, next) =>
    takesBody(routeOf(res).operation) ? readBody(req, res, next) : next();
  const answer: RequestHandler = async (req, res) => {
    const { operation, tool } = routeOf(res);
    const { tools: own, caller } = await findAccess(res.locals['principal']);
    const ownTool = own.find(({ name }) => name === tool.name);
    if (!ownTool) throw new Error('a tool is described that nobody has');
    const output = await ownTool.run(readInput(req, routeOf(res)), caller).catch(explainRefusal);
    res.set({ 'Cache-Control': 'no-store', 'Content-Type': 'application/json; charset=utf-8' });
    if (operation.tool === 'create_note') {
      res.status(201).set('Location', `${apiUrl}${noteAddress(String(output['id']))}`);
    }
    sendHeld(res, JSON.stringify(output));
  };

  const router = Router({ caseSensitive: true, strict: true });
  for (const [path, routes] of groupByPath(tools)) {
    const methods = routes.map(({ operation }) => operation.method).join(', ');
    const choose: RequestHandler = (req, res, next) => {
      const method = req.method === 'HEAD' ? 'GET' : req.method;
      const route = routes.find(({ operation }) => operation.method === method);
      if (!route) throw methodNotAllowed(`${methods}, OPTIONS`);
      res.locals['route'] = route;
      next();
    };
    const guard = guardOrigin(resources, methods);
    router.all(expressPath(path), guard, bearer, choose, requireScopes, hold, readBodyIfAny, inRound, answer);
  }
  return router;
}

const routeOf = (res: Response): Route => res.locals['route'];

function groupByPath(tools: readonly DescribedTool[]): Map<string, Route[]> {
  const routes = restOperations.flatMap((operation) => {
    const tool = tools.find(({ name }) => name === operation.tool);
    return tool ? [{ operation, tool }] : [];
  });
  return Map.groupBy(routes, ({ operation }) => operation.path);
}

const expressPath = (path: string): string => path.replace(/\{(\w+)\}/, '*$1');

function noteAddress(id: string): string {
  return `/api/notes/${id.split('/').map(encodeURIComponent).join('/')}`;
}

function readInput(req: Request, { operation, tool }: Route): Record<string, unknown> {
  const given = takesBody(operation) ? readObject(parseJsonBody(req)) : readQuery(req, tool);
  const [before = '', after = ''] = operation.path.split('{id}');
  if (!operation.path.includes('{id}')) return given;
  const end = after === '' ? undefined : -after.length;
  const id = decodePath(req.path.slice(before.length, end));
  return { ...given, id: operation.operationId === 'readNote' ? id + readStretch(req.url) : id };
}

// metadata.next put behind the address as it is: its `?from=…` is then a query, and no part of the path.
function readStretch(url: string): string {
  return /\?from=\d+(?:&to=\d+)?$/.exec(url)?.[0] ?? '';
}

function readObject(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw badRequest('The body is not a JSON object');
}

// A query holds text; what the tool takes as a number becomes one, and what is none is left for the tool to refuse.
function readQuery(req: Request, { definition }: DescribedTool): Record<string, unknown> {
  const { searchParams } = new URL(req.url, 'http://localhost');
  const properties = definition.inputSchema.properties ?? {};
  return Object.fromEntries(
    [...searchParams].map(([name, text]) => {
      const type = properties[name]?.['type'];
      const isNumber = (type === 'integer' || type === 'number') && /^-?\d{1,15}$/.test(text);
      return [name, isNumber ? Number(text) : text];
    }),
  );
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw badRequest('The address is not well-formed', cause);
  }
}

function badRequest(message: string, cause?: unknown): RequestRefused {
  return new RequestRefused({ status: 400, error: 'invalid_request', message, cause });
}

const statuses: Record<RefusalReason, Pick<RefusalOptions, 'status' | 'error' | 'headers'>> = {
  invalid: { status: 400, error: 'invalid_request' },
  missing: { status: 404, error: 'not_found' },
  exists: { status: 409, error: 'already_exists' },
  stale: { status: 409, error: 'stale_revision' },
  'read-only': { status: 403, error: 'read_only' },
  full: { status: 507, error: 'disk_full' },
  away: { status: 503, error: 'vault_away', headers: { 'Retry-After': '30' } },
};

function explainRefusal(error: unknown): never {
  if (!(error instanceof VaultRefusal)) throw error;
  const stale = error instanceof RevisionStale ? { currentRevision: error.currentRevision } : {};
  throw new RequestRefused({
    ...statuses[error.reason],
    message: error.message,
    problemMembers: stale,
    cause: error,
  });
}
