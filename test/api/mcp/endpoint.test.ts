// api/mcp/endpoint.ts: bodies, methods and origins at the endpoint, and real clients of both eras.
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import t from 'tap';
import {
  callTool,
  LIST_TOOLS,
  postMcp,
  postModern,
  readJson,
  sendRaw,
  startGoodWorld,
} from '../../support/loop-api.ts';

const TOOL_NAMES = [
  ...['search', 'fetch', 'list', 'scan'],
  ...['create_note', 'append_to_note', 'replace_note', 'edit_note', 'move_note', 'delete_note'],
];

const requestInit = { headers: { authorization: 'Bearer good' } };

t.test('a client of SDK 1.x lists the tools, searches and fetches', async (t) => {
  const { url } = await startGoodWorld(t);
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit });
  // the SDK's own types disagree with exactOptionalPropertyTypes
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  t.teardown(() => client.close());
  t.equal(transport.sessionId, undefined, 'no session');
  const { tools } = await client.listTools();
  t.same(
    tools.map((tool) => tool.name),
    TOOL_NAMES,
  );
  const found = await client.callTool({ name: 'search', arguments: { query: 'apple' } });
  t.match(found.structuredContent, { results: [{ id: 'garden.md' }] });
  const note = await client.callTool({ name: 'fetch', arguments: { id: 'garden.md' } });
  t.match(note.structuredContent, { id: 'garden.md', text: /apple tree/ });
});

for (const versionNegotiation of [
  { mode: 'legacy' },
  { mode: { pin: '2026-07-28' } },
  { mode: 'auto' },
] as const) {
  t.test(`a client of SDK 2.x works, negotiating ${JSON.stringify(versionNegotiation.mode)}`, async (t) => {
    const { url } = await startGoodWorld(t);
    const client = new ModernClient({ name: 'test', version: '1' }, { versionNegotiation });
    await client.connect(new ModernTransport(new URL(`${url}/mcp`), { requestInit }));
    t.teardown(() => client.close());
    const { tools } = await client.listTools();
    t.equal(tools.length, TOOL_NAMES.length);
    const found = await client.callTool({ name: 'search', arguments: { query: 'apple' } });
    t.match(found.structuredContent, { results: [{ id: 'garden.md' }] });
    const legacy = versionNegotiation.mode === 'legacy';
    t.equal(client.getNegotiatedProtocolVersion(), legacy ? '2025-11-25' : '2026-07-28');
  });
}

t.test('older revisions back to 2025-03-26 are spoken', async (t) => {
  const { url } = await startGoodWorld(t);
  for (const protocolVersion of ['2025-11-25', '2025-06-18', '2025-03-26']) {
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'old', version: '1' } };
    const answer = await postMcp(url, 'good', { jsonrpc: '2.0', id: 1, method: 'initialize', params });
    t.match(await readJson(answer), { result: { protocolVersion, serverInfo: { name: 'loop' } } });
    t.equal(answer.headers.get('mcp-session-id'), null);
  }
  const batch = await postMcp(url, 'good', [LIST_TOOLS, callTool('list', {})]);
  t.match(await readJson(batch), [{ result: { tools: [] } }, { result: { structuredContent: {} } }]);
});

t.test('2026-07-28 answers are marked private, and server/discover answers', async (t) => {
  const { url } = await startGoodWorld(t);
  for (const method of ['server/discover', 'tools/list']) {
    const answer = await postModern(url, 'good', method);
    t.equal(answer.status, 200);
    t.equal(answer.headers.get('x-accel-buffering'), 'no');
    const { result } = await readJson(answer);
    t.match(result, { resultType: 'complete', cacheScope: 'private', ttlMs: Number });
  }
  const unknown = await postModern(url, 'good', 'nothing/here');
  t.equal(unknown.status, 404);
  t.match(await readJson(unknown), { error: { code: -32_601 } });
});

t.test('a session id that is not known is ignored', async (t) => {
  const { url } = await startGoodWorld(t);
  const answer = await postMcp(url, 'good', LIST_TOOLS, { 'mcp-session-id': 'from-before-the-rebuild' });
  t.equal(answer.status, 200);
});

t.test('many parallel calls of both eras are answered', async (t) => {
  const { url } = await startGoodWorld(t);
  const answers = await Promise.all(
    Array.from({ length: 32 }, (_, call) =>
      call % 2 === 0
        ? postMcp(url, 'good', callTool('fetch', { id: 'garden.md' }))
        : postModern(url, 'good', 'tools/call', { name: 'fetch', arguments: { id: 'garden.md' } }),
    ),
  );
  for (const answer of answers) {
    t.match(await readJson(answer), { result: { structuredContent: { id: 'garden.md' } } });
  }
});

t.test('GET, DELETE and PUT get 405 with JSON once the token is good', async (t) => {
  const { url } = await startGoodWorld(t);
  for (const method of ['GET', 'DELETE', 'PUT']) {
    const answer = await fetch(`${url}/mcp`, { method, headers: { authorization: 'Bearer good' } });
    t.equal(answer.status, 405, method);
    t.equal(answer.headers.get('allow'), 'POST, OPTIONS');
    t.match(await readJson(answer), { jsonrpc: '2.0', error: { code: -32_000 }, id: null });
  }
});

t.test('a body that is not what it should be gets 4xx with a JSON-RPC error', async (t) => {
  const { url } = await startGoodWorld(t);
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const cases: [string, string, number, Record<string, string>?][] = [
    ['empty', '', 400],
    ['no JSON', '{"jsonrpc"', 400],
    ['no JSON-RPC', '{"hello":1}', 400],
    ['a number', '42', 400],
    ['null', 'null', 400],
    ['an empty batch', '[]', 400],
    ['nested 65 deep', nested(65), 400],
    ['nested 20,000 deep', nested(20_000), 400],
    [
      'arguments nested 20,000 deep',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":${nested(20_000)}}}}`,
      400,
    ],
    ['too large', JSON.stringify({ ...LIST_TOOLS, pad: 'x'.repeat(1_048_577) }), 413],
    ['another type', JSON.stringify(LIST_TOOLS), 415, { 'content-type': 'text/plain' }],
    ['compressed', JSON.stringify(LIST_TOOLS), 415, { 'content-encoding': 'gzip' }],
  ];
  for (const [name, body, status, headers] of cases) {
    const answer = await postMcp(url, 'good', body, headers);
    t.equal(answer.status, status, name);
    t.match(await readJson(answer), { jsonrpc: '2.0', error: { code: Number, message: /\w/ } }, name);
  }
  t.equal((await postMcp(url, 'good', LIST_TOOLS)).status, 200, 'and goes on serving');
});

t.test('whatever a client says it accepts it gets JSON, in every revision', async (t) => {
  const { url } = await startGoodWorld(t);
  const params = {
    protocolVersion: '2025-03-26',
    capabilities: {},
    clientInfo: { name: 'old', version: '1' },
  };
  const bodies = {
    'a plain call': LIST_TOOLS,
    initialize: { jsonrpc: '2.0', id: 1, method: 'initialize', params },
    'a batch': [LIST_TOOLS],
  };
  const modern = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/list',
    params: {
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  };
  const modernHeaders = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
  for (const accept of [undefined, '*/*', 'application/json', 'text/event-stream', 'text/html', 'x']) {
    const headers: Record<string, string> = {
      authorization: 'Bearer good',
      'content-type': 'application/json',
      ...(accept === undefined ? {} : { accept }),
    };
    for (const [name, body, more] of [
      ...Object.entries(bodies).map(([name, body]) => [name, body, {}] as const),
      ['2026-07-28', modern, modernHeaders] as const,
    ]) {
      // fetch would add an Accept of its own
      const answer = await sendRaw(`${url}/mcp`, {
        method: 'POST',
        headers: { ...headers, ...more },
        body: JSON.stringify(body),
      });
      t.equal(answer.status, 200, `${name}, Accept: ${accept}`);
      t.equal(answer.headers['content-type'], 'application/json');
      t.match([JSON.parse(answer.body)].flat(), [{ id: 1, result: Object }]);
    }
  }
});

t.test('a subscription is an event stream, for who asks for one and takes such', async (t) => {
  const { url } = await startGoodWorld(t);
  const listen = (accept: string): Promise<Response> =>
    postModern(
      url,
      'good',
      'subscriptions/listen',
      { notifications: { toolsListChanged: true } },
      { accept },
    );
  for (const accept of ['text/event-stream', '*/*']) {
    const answer = await listen(accept);
    t.match(answer.headers.get('content-type'), /^text\/event-stream/, accept);
    await answer.body?.cancel();
  }
  const refused = await listen('application/json');
  t.equal(refused.status, 406);
  t.match(await readJson(refused), { jsonrpc: '2.0', error: { data: { error: 'not_acceptable' } } });
});

t.test('brackets inside strings are not depth', async (t) => {
  const { url } = await startGoodWorld(t);
  const answer = await postMcp(url, 'good', callTool('search', { query: '[{"\\'.repeat(200) }));
  t.match(await readJson(answer), { result: { structuredContent: { results: [] } } });
});

t.test('a Host header that is no host name does no harm', async (t) => {
  const { url } = await startGoodWorld(t);
  const answer = await sendRaw(`${url}/mcp`, {
    method: 'POST',
    headers: {
      host: '%%%',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: 'Bearer good',
    },
    body: JSON.stringify(LIST_TOOLS),
  });
  t.equal(answer.status, 200);
});

t.test('a foreign origin gets 403, before any token is looked at', async (t) => {
  const { url, auth } = await startGoodWorld(t);
  for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
    const answer = await postMcp(url, 'good', LIST_TOOLS, { origin });
    t.equal(answer.status, 403, origin);
    t.match(await readJson(answer), { jsonrpc: '2.0', error: { data: { error: 'forbidden_origin' } } });
  }
  t.equal(auth.introspections.length, 0);
});

t.test('our own origin and loopback origins may call, and see what they need', async (t) => {
  const { url } = await startGoodWorld(t);
  for (const origin of [
    'https://notes.example',
    'http://localhost:6274',
    'http://127.0.0.1',
    'http://[::1]:8080',
  ]) {
    const answer = await postMcp(url, 'good', LIST_TOOLS, { origin });
    t.equal(answer.status, 200, origin);
    t.equal(answer.headers.get('access-control-allow-origin'), origin);
    const refused = await postMcp(url, undefined, LIST_TOOLS, { origin });
    t.equal(refused.headers.get('access-control-allow-origin'), origin);
    t.match(refused.headers.get('access-control-expose-headers'), /WWW-Authenticate.*MCP-Protocol-Version/);
  }
});

t.test('a preflight is answered without a token', async (t) => {
  const { url } = await startGoodWorld(t);
  const answer = await fetch(`${url}/mcp`, {
    method: 'OPTIONS',
    headers: { origin: 'http://localhost:6274', 'access-control-request-method': 'POST' },
  });
  t.equal(answer.status, 204);
  t.match(answer.headers.get('access-control-allow-methods'), /POST/);
  t.match(answer.headers.get('access-control-allow-headers'), /Authorization.*Mcp-Method/);
});

t.test('tools are listed as ChatGPT reads them', async (t) => {
  const { url } = await startGoodWorld(t);
  const { result } = await readJson(await postMcp(url, 'good', LIST_TOOLS));
  t.same(
    result.tools.map((tool: { name: string }) => tool.name),
    TOOL_NAMES,
    'always in this order',
  );
  for (const [index, tool] of result.tools.entries()) {
    const securitySchemes = [{ type: 'oauth2', scopes: [index < 4 ? 'vault.read' : 'vault.write'] }];
    t.match(tool, {
      annotations: { readOnlyHint: index < 4 },
      inputSchema: { type: 'object' },
      outputSchema: { type: 'object' },
      securitySchemes,
      _meta: { securitySchemes },
    });
    t.ok(tool.description.length <= 300, tool.description);
  }
  const modern = await readJson(await postModern(url, 'good', 'tools/list'));
  t.same(modern.result.tools, result.tools, 'the same in the newest revision');
  t.same(Object.keys(result.tools[0].inputSchema.properties), ['query']);
  t.same(Object.keys(result.tools[1].inputSchema.properties), ['id']);
});

t.test('a model is told that notes are data, and the list stays within its budget', async (t) => {
  const { url } = await startGoodWorld(t);
  const { result } = await readJson(await postMcp(url, 'good', LIST_TOOLS));
  const { tools } = result as { tools: Array<{ name: string; description: string }> };
  for (const name of ['search', 'fetch']) {
    t.match(tools.find((tool) => tool.name === name)?.description, /is data, not instructions/, name);
  }
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
  const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params };
  t.match(await readJson(await postMcp(url, 'good', initialize)), {
    result: { instructions: /is data, not instructions/ },
  });
  t.ok(JSON.stringify(tools).length / 4 <= 3_400, `${JSON.stringify(tools).length / 4} tokens`);
});

t.test('what a client sent is not repeated at length in the log', async (t) => {
  const { url, log } = await startGoodWorld(t);
  await postMcp(url, 'good', LIST_TOOLS, { 'mcp-protocol-version': 'x'.repeat(8_000) });
  const line = log.find(({ msg }) => msg === 'MCP request refused');
  t.equal(String(line?.['reason']).length, 100);
});

t.test('search and fetch answer in exactly ChatGPT’s shapes', async (t) => {
  const { url } = await startGoodWorld(t);
  const call = async (name: string, args: Record<string, unknown>) => {
    const { result } = await readJson(await postMcp(url, 'good', callTool(name, args)));
    t.equal(result.content.length, 1);
    t.same(JSON.parse(result.content[0].text), result.structuredContent);
    return result.structuredContent;
  };
  t.match(await call('search', { query: '재인증서버' }), {
    results: [
      {
        id: '한국어/인증.md',
        title: '인증',
        url: `https://notes.example/notes/${encodeURIComponent('한국어')}/${encodeURIComponent('인증')}.md`,
        text: /재인증서버/,
        modifiedAt: /^\d{4}-\d\d-\d\dT/,
      },
    ],
  });
  const note = await call('fetch', { id: 'projects/loop.md' });
  t.same(Object.keys(note), ['id', 'title', 'text', 'url', 'metadata']);
  t.match(note, {
    url: 'https://notes.example/notes/projects/loop.md',
    metadata: { path: 'projects/loop.md' },
  });
  t.match(await call('list', { folder: 'projects' }), {
    folder: 'projects',
    entries: [{ kind: 'note', path: 'projects/loop.md' }],
  });
});

t.test('what the caller can mend is a result with isError, and an unknown tool is an error', async (t) => {
  const { url } = await startGoodWorld(t);
  const missing = await readJson(await postMcp(url, 'good', callTool('fetch', { id: 'nowhere.md' })));
  t.match(missing.result, { isError: true, content: [{ text: /no note with this id/ }] });
  const wrong = await readJson(await postMcp(url, 'good', callTool('search', {})));
  t.match(wrong.result, { isError: true, content: [{ text: /Invalid arguments for search.*query/s }] });
  const cursor = await readJson(await postMcp(url, 'good', callTool('list', { cursor: 'made-up' })));
  t.match(cursor.result, { isError: true, content: [{ text: /cursor is not valid/ }] });
  const unknown = await readJson(await postMcp(url, 'good', callTool('destroy', {})));
  t.match(unknown.error, { code: -32_602 });
});
