// Requests as programs gone wrong and attackers send them: real ones of every route, each bent in a place or two.
import type { Random } from './random.ts';

export interface FuzzRequest {
  readonly service: 'auth' | 'api';
  readonly method: string;
  /** Path and query, ASCII only. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | undefined;
}

/** What is real in them. */
export interface World {
  readonly issuer: string;
  readonly resource: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly apiSecret: string;
  accessToken: string;
  readonly noteId: string;
}

/** An app that would describe itself at a host that can't be there (RFC 6761 section 6.4). */
export const documentUrl = 'https://app.invalid/client.json';

const methods = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'];

const oddTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'null',
  'undefined',
  '[object Object]',
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  '%2e%2e%2f',
  '%',
  '%00',
  '%ff',
  'a'.repeat(300),
  'a'.repeat(5_000),
  '한국어',
  '\u202Etxt.exe',
  '\ud800',
  '<script>alert(1)</script>',
  "' OR 1=1 --",
  '"; DROP TABLE clients; --',
  '{{7*7}}',
  '*',
  '"'.repeat(60),
  '('.repeat(200),
  '-1',
  '1e309',
  '9007199254740993',
  '2026-02-30T25:61:61Z',
  'https://[::1',
  'http://localhost:99999/',
  'javascript:alert(1)',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'openid profile offline_access vault.read vault.write',
  '  vault.read   vault.read ',
];

const oddValues: readonly unknown[] = [
  ...oddTexts,
  null,
  true,
  0,
  -1,
  1e21,
  [],
  {},
  [[]],
  [null],
  { a: { b: { c: [] } } },
  Array.from({ length: 200 }, () => 'x'),
  nested(30),
  nested(200),
];

function nested(depth: number): unknown {
  return depth === 0 ? 'deep' : [nested(depth - 1)];
}

const oddHeaders: ReadonlyArray<readonly [string, string]> = [
  ['accept', '*/*'],
  ['accept', 'text/html'],
  ['accept', 'application/json;q=0, text/event-stream;q=0'],
  ['accept-language', 'ko-KR,ko;q=0.9,*;q=0'],
  ['accept-language', 'x'.repeat(900)],
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'multipart/form-data; boundary='],
  ['content-type', 'application/x-www-form-urlencoded; charset=latin1'],
  ['content-encoding', 'gzip'],
  ['content-encoding', 'br, gzip, identity'],
  ['authorization', 'Basic'],
  ['authorization', 'Basic !!!!'],
  ['authorization', `Basic ${Buffer.from(':').toString('base64')}`],
  ['authorization', `Basic ${Buffer.from('loop-api:%zz').toString('base64')}`],
  ['authorization', 'Bearer'],
  ['authorization', 'Bearer a b c'],
  ['authorization', `Bearer ${'x'.repeat(4_000)}`],
  ['authorization', 'Negotiate abc'],
  ['cookie', 'loop_session=x; loop_session.sig=y; loop_interaction=z'],
  ['cookie', 'loop_said=%E0%A4%A; loop_said=removed.x; =; ;;'],
  ['host', 'evil.example'],
  ['host', 'localhost:1'],
  ['origin', 'null'],
  ['origin', 'https://evil.example'],
  ['sec-fetch-site', 'cross-site'],
  ['sec-fetch-site', 'same-origin'],
  ['x-forwarded-for', '1.2.3.4, junk, ::ffff:9'],
  ['x-forwarded-proto', 'javascript'],
  ['x-forwarded-host', 'evil.example'],
  ['forwarded', 'for="[::1]";host=evil.example'],
  ['mcp-protocol-version', '2026-07-28'],
  ['mcp-protocol-version', '1999-01-01'],
  ['mcp-protocol-version', 'x'.repeat(2_000)],
  ['mcp-method', 'tools/call'],
  ['mcp-session-id', '../..'],
  ['last-event-id', '-1'],
  ['range', 'bytes=0-1,5-,-3'],
  ['expect', '100-continue'],
  ['x-http-method-override', 'DELETE'],
  ['dpop', 'eyJ'],
];

export function createRequests(world: World, random: Random): () => FuzzRequest {
  const makers = [
    () => formRequest('/token', tokenFields(world, random)),
    () =>
      formRequest('/token/introspection', { token: world.accessToken }, basic('loop-api', world.apiSecret)),
    () => formRequest('/token/revocation', { token: random.pick(oddTexts), client_id: world.clientId }),
    () => jsonRequest('auth', '/reg', registration(random)),
    () => ({ ...plain('auth', 'GET', `/auth?${query(authorization(world), random)}`) }),
    () => plain('auth', 'GET', `/auth?${query({ ...authorization(world), client_id: documentUrl }, random)}`),
    () => formRequest('/auth', authorization(world)),
    () => plain('auth', random.pick(methods), random.pick(authPaths)),
    () =>
      formRequest(random.pick(formPaths), {
        username: 'nobody',
        password: random.pick(oddTexts),
        decision: 'allow',
      }),
    () => jsonRequest('api', '/mcp', rpc(world, random), bearer(world)),
    () => jsonRequest('api', '/mcp', rpc(world, random), { ...bearer(world), ...modern }),
    () => plain('api', 'GET', restPath(world, random), bearer(world)),
    () => restWrite(world, random),
    () => plain('api', random.pick(methods), random.pick(apiPaths), random.once(2) ? bearer(world) : {}),
  ];
  return () => {
    let request: FuzzRequest = random.pick(makers)();
    for (let bend = random.number(3); bend > 0; bend -= 1) request = random.pick(bends)(request, random);
    // Behind the proxy that these services are told of, each request comes from another network.
    const address = `${random.number(220) + 1}.${random.number(256)}.${random.number(256)}.7`;
    return { ...request, headers: { 'x-forwarded-for': address, ...request.headers } };
  };
}

const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'search' };

type Bend = (request: FuzzRequest, random: Random) => FuzzRequest;

const bends: readonly Bend[] = [
  (request, random) => ({ ...request, method: random.pick(methods) }),
  (request, random) => {
    const [name, value] = random.pick(oddHeaders);
    return { ...request, headers: { ...request.headers, [name]: value } };
  },
  (request, random) => ({
    ...request,
    path: `${request.path}${request.path.includes('?') ? '&' : '?'}${query({ [random.pick(names)]: random.pick(oddTexts) }, random)}`,
  }),
  (request, random) => ({
    ...request,
    path: request.path.replace(/^[^?]*/, (path) =>
      random.pick([`${path}/`, `/${path}`, path.toUpperCase(), `${path}%2f..`, `${path};a=b`, `${path}//`]),
    ),
  }),
  (request, random) => ({ ...request, body: bendBody(request.body, random) }),
  (request, random) => ({
    ...request,
    body: Buffer.from(Array.from({ length: random.number(400) }, () => random.number(256))),
  }),
  (request) => ({ ...request, body: undefined }),
];

function bendBody(body: string | Buffer | undefined, random: Random): string | Buffer | undefined {
  if (typeof body !== 'string' || body === '') return body;
  const at = random.number(body.length);
  return random.pick([
    body.slice(0, at),
    body + body,
    `${body.slice(0, at)}${random.pick(oddTexts)}${body.slice(at)}`,
    body.replaceAll('"', "'"),
    `${body}&${random.pick(names)}=${encodeURIComponent(random.pick(oddTexts).toWellFormed())}`,
    `\uFEFF${body}`,
  ]);
}

const names = [
  'client_id',
  'scope',
  'resource',
  'redirect_uri',
  'state',
  'prompt',
  'grant_type',
  'request',
  'id',
  'cursor',
  'response_mode',
  'claims',
  'max_age',
  '__proto__',
  'a[b]',
];

const authPaths = [
  '/',
  '/account',
  '/account?action=revoke&id=x',
  '/account?before=1.x',
  '/account/sign-in',
  '/interaction/x',
  '/interaction/x/y',
  '/setup?token=x',
  '/session/end',
  '/session/end/confirm',
  '/session/end/success',
  '/me',
  '/jwks',
  '/reg/x',
  '/auth/x',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/.well-known/x',
  '/metrics',
  '/healthz',
  '/readyz',
  '/device',
  '/request',
  '/nothing',
];
const formPaths = [
  '/account/sign-in',
  '/account',
  '/account/sign-out',
  '/interaction/x',
  '/setup?token=x',
  '/session/end/confirm',
  '/session/end',
];
const apiPaths = [
  '/',
  '/mcp',
  '/sse',
  '/messages',
  '/messages?sessionId=x',
  '/api',
  '/api/notes',
  '/api/search',
  '/openapi.json',
  '/notes/a.md',
  '/notes/%2e%2e/x',
  '/notes/',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
  '/.well-known/oauth-protected-resource/sse',
  '/metrics',
  '/healthz',
  '/readyz',
  '/token',
  '/register',
];
const restWrites: ReadonlyArray<readonly [string, string]> = [
  ['POST', '/api/notes'],
  ['POST', '/api/notes/x.md/append'],
  ['PUT', '/api/notes/x.md'],
  ['PATCH', '/api/notes/x.md'],
  ['DELETE', '/api/notes/x.md'],
  ['POST', '/api/search'],
  ['PUT', '/api/notes/%00'],
];

function restWrite(world: World, random: Random): FuzzRequest {
  const [method, path] = random.pick(restWrites);
  const value = random.pick(oddValues);
  const body = { path: value, text: value, revision: value, heading: value, field: value };
  return { ...jsonRequest('api', path, body, bearer(world)), method };
}

function restPath(world: World, random: Random): string {
  const text = encodeURIComponent(random.pick(oddTexts).toWellFormed());
  return random.pick([
    `/api/search?query=${text}`,
    `/api/notes/${encodeURIComponent(world.noteId)}`,
    `/api/notes/${text}`,
    `/api/scan?folder=${text}&limit=${random.pick(oddTexts).length}&tag=${text}`,
    `/api/list?folder=${text}&cursor=${text}`,
  ]);
}

function tokenFields(world: World, random: Random): Record<string, string> {
  return random.pick([
    { grant_type: 'refresh_token', refresh_token: random.pick(oddTexts), client_id: world.clientId },
    {
      grant_type: 'authorization_code',
      code: random.pick(oddTexts),
      client_id: world.clientId,
      code_verifier: 'x'.repeat(50),
      redirect_uri: world.redirectUri,
    },
    { grant_type: random.pick(oddTexts), client_id: random.pick(oddTexts) },
    { grant_type: 'client_credentials', client_id: 'loop-api', client_secret: 'wrong' },
    {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: world.clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: random.pick(['a.b.c', 'eyJhbGciOiJub25lIn0.e30.', '', 'x'.repeat(9_000)]),
    },
  ]);
}

function authorization(world: World): Record<string, string> {
  return {
    client_id: world.clientId,
    response_type: 'code',
    redirect_uri: world.redirectUri,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    resource: world.resource,
    scope: 'vault.read',
    state: 'a state',
  };
}

function registration(random: Random): unknown {
  const fields: Record<string, unknown> = {
    client_name: 'A client',
    redirect_uris: ['https://app.example/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  };
  const field = random.pick([
    ...Object.keys(fields),
    'jwks',
    'jwks_uri',
    'scope',
    'software_id',
    'contacts',
    'client_uri',
    'application_type',
    'response_types',
    'client_id',
    'post_logout_redirect_uris',
    'default_max_age',
    'sector_identifier_uri',
    '__proto__',
  ]);
  fields[field] = random.pick(oddValues);
  return random.once(20) ? random.pick(oddValues) : fields;
}

function rpc(world: World, random: Random): unknown {
  const call = (name: unknown, args: unknown): unknown => ({
    jsonrpc: '2.0',
    id: random.pick([1, 'x', null, undefined, -5, [], 1.5]),
    method: 'tools/call',
    params: { name, arguments: args },
  });
  const value = random.pick(oddValues);
  return random.pick([
    call('search', { query: value }),
    call('fetch', { id: value }),
    call('fetch', { id: world.noteId }),
    call('list', { folder: value, cursor: value }),
    call('scan', {
      folder: value,
      tag: value,
      field: value,
      limit: value,
      cursor: value,
      modifiedSince: value,
    }),
    call('create_note', { path: value, text: value }),
    call('append_to_note', { id: value, text: value, heading: value, revision: value }),
    call('edit_note', { id: world.noteId, revision: value, heading: value, text: value }),
    call('replace_note', { id: value, revision: value, text: value }),
    call('delete_note', { id: value, revision: value }),
    call(value, value),
    {
      jsonrpc: '2.0',
      id: 1,
      method: random.pick([
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
      ]),
      params: random.pick([{}, value, { uri: value, cursor: value }]),
    },
    [call('search', { query: 'a' }), value],
    value,
  ]);
}

function query(fields: Record<string, string>, random: Random): string {
  return Object.entries(fields)
    .filter(() => !random.once(12))
    .map(
      ([name, value]) =>
        `${encodeURIComponent(name)}=${encodeURIComponent((random.once(12) ? random.pick(oddTexts) : value).toWellFormed())}`,
    )
    .join('&');
}

function plain(
  service: 'auth' | 'api',
  method: string,
  path: string,
  headers: Record<string, string> = {},
): FuzzRequest {
  return { service, method, path, headers, body: undefined };
}

function formRequest(
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): FuzzRequest {
  const body = new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, value.toWellFormed()]),
  ).toString();
  return {
    service: 'auth',
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  };
}

function jsonRequest(
  service: 'auth' | 'api',
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): FuzzRequest {
  return {
    service,
    method: 'POST',
    path,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify(body) ?? '',
  };
}

function bearer(world: World): Record<string, string> {
  return { authorization: `Bearer ${world.accessToken}` };
}

function basic(id: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}
