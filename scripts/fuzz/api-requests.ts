// Requests to loop-api: every operation that its OpenAPI document describes, every tool that it lists, and its other routes.
import { methods, oddTexts, oddValues } from './odd.ts';
import type { Random } from './random.ts';
import { type Schema, type ValueOptions, valueBy } from './schema-values.ts';
import { bearer, type FuzzRequest, jsonRequest, plain, type World } from './shapes.ts';

type Maker = () => FuzzRequest;

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly parameters?: ReadonlyArray<{ name: string; in: string; schema?: Schema }>;
  readonly requestBody?: { content?: Record<string, { schema?: Schema }> };
}

export interface ListedTool {
  readonly name: string;
  readonly inputSchema: Schema;
}

export interface ApiShapes {
  readonly openApi: OpenApi;
  readonly tools: readonly ListedTool[];
}

export function apiMakers(world: World, shapes: ApiShapes, random: Random): Maker[] {
  const options = { random, real: [world.noteId, 'Projects', 'loop', 'daily:today', world.resource] };
  const operate = createOperator(world, shapes.openApi, options);
  const rpc = createCaller(shapes.tools, options);
  return [
    operate,
    operate,
    () => jsonRequest('api', '/mcp', rpc(), bearer(world)),
    () => jsonRequest('api', '/mcp', rpc(), { ...bearer(world), ...modern }),
    () => plain('api', random.pick(methods), random.pick(apiPaths), random.once(2) ? bearer(world) : {}),
    () => plain('api', 'GET', `/notes/${encodeURIComponent(random.pick(oddTexts).toWellFormed())}`),
  ];
}

function createOperator(world: World, { paths }: OpenApi, options: ValueOptions): Maker {
  const { random } = options;
  const operations = Object.entries(paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  );
  const text = (schema: Schema | undefined): string =>
    encodeURIComponent(String(valueBy(schema, options)).slice(0, 6_000).toWellFormed());
  const fill = (path: string, parameters: NonNullable<Operation['parameters']>): string => {
    const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
      text(parameters.find((one) => one.in === 'path' && one.name === name)?.schema),
    );
    const asked = parameters.filter((one) => one.in === 'query' && !random.once(3));
    return `${filled}?${asked.map(({ name, schema }) => `${name}=${text(schema)}`).join('&')}`;
  };
  return () => {
    const { path, method, operation } = random.pick(operations);
    const schema = operation.requestBody?.content?.['application/json']?.schema;
    const request = operation.requestBody
      ? jsonRequest('api', '', valueBy(schema, options), bearer(world))
      : plain('api', method, '', bearer(world));
    return { ...request, method, path: fill(path, operation.parameters ?? []) };
  };
}

function createCaller(tools: readonly ListedTool[], options: ValueOptions): () => unknown {
  const { random } = options;
  const call = (name: unknown, args: unknown): unknown => ({
    jsonrpc: '2.0',
    id: random.pick([1, 'x', null, undefined, -5, [], 1.5]),
    method: 'tools/call',
    params: { name, arguments: args },
  });
  return () => {
    const tool = random.pick(tools);
    const value = random.pick(oddValues);
    const params = random.pick([{}, value, { uri: value, cursor: value }]);
    return random.pick([
      call(tool.name, valueBy(tool.inputSchema, options)),
      call(tool.name, valueBy(tool.inputSchema, options)),
      call(tool.name, valueBy(tool.inputSchema, options)),
      call(random.once(2) ? tool.name : value, value),
      { jsonrpc: '2.0', id: 1, method: random.pick(rpcMethods), params },
      [call('search', { query: 'a' }), value],
      value,
    ]);
  };
}

const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'search' };

const rpcMethods = [
  'initialize',
  'ping',
  'tools/list',
  'resources/list',
  'resources/read',
  'prompts/list',
  'completion/complete',
  'logging/setLevel',
  'rpc.x',
  '',
];

const apiPaths = [
  '/',
  '/mcp',
  '/sse',
  '/messages',
  '/messages?sessionId=x',
  '/api',
  '/openapi.json',
  '/notes/',
  '/notes/%2e%2e/x',
  '/vault',
  '/vault?query=x',
  '/vault/changes',
  '/vault/files/x.png',
  '/sign-in?to=//evil.example',
  '/sign-in/callback?code=x&state=y',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
  '/.well-known/oauth-protected-resource/sse',
  '/metrics',
  '/healthz',
  '/readyz',
  '/token',
  '/register',
];
