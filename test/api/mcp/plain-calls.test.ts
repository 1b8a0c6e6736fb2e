// api/mcp/plain-calls.ts: what is answered without a server of the SDK is what such a server answers.
import type { AuthInfo } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import t from 'tap';
import { createLogger } from '../../../api/http/log.ts';
import { answerPlainCall, findPlainCall } from '../../../api/mcp/plain-calls.ts';
import { findPlainRequest } from '../../../api/mcp/plain-requests.ts';
import { createCallTool, createMcpServerFactory } from '../../../api/mcp/server.ts';
import { createServerPool } from '../../../api/mcp/server-pool.ts';
import type { Tool, ToolResult } from '../../../api/tools/tool.ts';
import { postMcp, readJson, startWriterWorld } from '../../support/loop-api.ts';

const answers: Record<string, (input: unknown) => ToolResult> = {
  refuse: () => ({ content: [{ type: 'text', text: 'There is no such note' }], isError: true }),
  image: (input) => ({
    content: [
      { type: 'text', text: JSON.stringify(input) },
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
    ],
    structuredContent: { input },
  }),
  fail: () => {
    throw new Error('a disk that is gone');
  },
};

/** Says what it was given, in the way that it is asked for. */
function echo(name: string): Tool {
  const call = async (input: unknown): Promise<ToolResult> => {
    await Promise.resolve();
    const answer = answers[String((input as { how?: string } | undefined)?.how)];
    if (answer) return answer(input);
    return { content: [{ type: 'text', text: JSON.stringify({ input }) }], structuredContent: { input } };
  };
  const schema = { type: 'object' as const };
  return {
    name,
    scopes: [],
    isListed: true,
    definition: {
      name,
      title: name,
      description: 'Says what it was given',
      inputSchema: schema,
      outputSchema: schema,
      annotations: { readOnlyHint: true },
    },
    run: async (input) => ({ input }),
    call,
  };
}
const tools = [echo('echo'), echo('toString')];

const nested = fc.jsonValue({ maxDepth: 3 });
const input = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      { a: nested, b: fc.oneof(fc.string(), nested), how: fc.constantFrom('refuse', 'fail', 'image', '', 7) },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), nested) },
  { weight: 1, arbitrary: nested },
);
const meta = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        progressToken: fc.constantFrom(1, 2, 'p', 'q', 1.5, []),
        'openai/userAgent': nested,
        'io.modelcontextprotocol/related-task': fc.constantFrom({ taskId: 'a' }, { taskId: 1 }, 7),
        'io.modelcontextprotocol/clientCapabilities': fc.constantFrom({}, 7),
        'io.modelcontextprotocol/logLevel': fc.constantFrom('debug', 7),
        traceparent: fc.constantFrom('00-a-b-01', 7),
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: nested },
);
const params = fc
  .tuple(
    fc.record(
      {
        name: fc.constantFrom('echo', 'echo', 'echo', 'echo', 'toString', 'nobody', 7),
        arguments: input,
      },
      { requiredKeys: ['name'] },
    ),
    fc.option(meta, { freq: 4 }),
    fc.constantFrom(
      {},
      {},
      {},
      {},
      { task: { ttl: 1 } },
      { task: 7 },
      { inputResponses: {} },
      { requestState: 's' },
    ),
  )
  .map(([one, _meta, more]) => ({ ...one, ...(_meta === null ? {} : { _meta }), ...more }));
const requests = fc
  .record({
    id: fc.oneof(fc.string(), fc.integer(), fc.constantFrom(0, -1, '')),
    method: fc.constantFrom('tools/call', 'tools/call', 'tools/call', 'tools/list'),
    params,
  })
  .map((request) => ({ jsonrpc: '2.0', ...request }));

const authInfo = {
  token: '',
  clientId: 'test',
  scopes: [],
  extra: { access: { tools, caller: { client: { id: 'test' }, account: { id: 'test' } } } },
} satisfies AuthInfo;

t.test(
  'of thousands of calls, each that is answered plainly has the answer of the SDK’s server',
  async (t) => {
    const options = { tools, notes: { templates: [] }, logger: createLogger({ write: () => undefined }) };
    const createServer = createMcpServerFactory(options);
    const callTool = createCallTool(options);
    const pool = createServerPool({
      createServer: () => createServer({ era: 'legacy' }),
      onerror: () => undefined,
      classification: { era: 'legacy' },
    });
    const seen = { plain: 0, result: 0, refused: 0, error: 0, image: 0, meta: 0 };
    const isTheSame = fc.asyncProperty(requests, async (request) => {
      // As it comes over the wire: `__proto__` is a member there.
      const body: unknown = JSON.parse(JSON.stringify(request));
      const plain = findPlainRequest({}, body);
      const call = plain && findPlainCall(plain, tools);
      if (!call) return;
      const mine = JSON.stringify(await answerPlainCall(call, callTool, authInfo));
      const theirs = JSON.stringify(await pool.answer(plain.request, authInfo));
      if (mine !== theirs) throw new Error(`${mine}\n${theirs}`);
      seen.plain += 1;
      if ('_meta' in request.params) seen.meta += 1;
      const { result, error } = JSON.parse(mine);
      if (error) seen.error += 1;
      else if (result.isError) seen.refused += 1;
      else if (result.content.length > 1) seen.image += 1;
      else seen.result += 1;
    });
    await fc.assert(isTheSame, { numRuns: 24_000, seed: 17 });
    t.ok(
      Object.values(seen).every((count) => count > 50),
      JSON.stringify(seen),
    );
    await pool.close();
  },
);

t.test('what is more than a call with arguments is left to the SDK', (t) => {
  const find = (method: string, params?: Record<string, unknown>, era: 'legacy' | 'modern' = 'legacy') =>
    findPlainCall({ era, request: { jsonrpc: '2.0', id: 1, method, ...(params && { params }) } }, tools);
  t.same(find('tools/call', { name: 'echo', arguments: { a: 1 } }), { id: 1, name: 'echo', input: { a: 1 } });
  t.same(find('tools/call', { name: 'echo' }), { id: 1, name: 'echo', input: undefined });
  t.equal(find('tools/call', { name: 'echo' }, 'modern'), undefined, 'a newer revision');
  t.equal(find('tools/call'), undefined, 'no parameters');
  t.equal(find('tools/list', { name: 'echo' }), undefined, 'another method');
  t.equal(find('tools/call', { name: 'nobody' }), undefined, 'a tool that there is not');
  t.equal(find('tools/call', { name: 'echo', task: {} }), undefined, 'another parameter');
  for (const input of [null, 7, 'a', [], JSON.parse('{"__proto__":1}')])
    t.equal(find('tools/call', { name: 'echo', arguments: input }), undefined, JSON.stringify(input));
  t.end();
});

const call = (name: string, args: unknown, _meta?: unknown) => ({ name, arguments: args, _meta });

t.test('over HTTP a call alone is answered as the SDK’s own transport answers it in a batch', async (t) => {
  const { url } = await startWriterWorld(t);
  for (const params of [
    call('list', {}),
    call('list', { of: 'recent' }, { progressToken: 1 }),
    call('list', { of: 'nothing' }),
    call('search', { query: 'apple' }),
    call('search', { query: 7 }),
    call('fetch', { id: 'garden.md' }, { 'claudecode/toolUseId': 'a' }),
    call('fetch', { id: 'nothing-here.md' }),
    call('scan', {}),
    call('create_note', { path: 'garden.md', text: 'taken' }),
    call('no such tool', {}),
    call('list', 'nothing'),
  ]) {
    const body = { jsonrpc: '2.0', id: 'a', method: 'tools/call', params };
    const alone = await postMcp(url, 'writer', body);
    const batch = await postMcp(url, 'writer', [body]);
    t.equal(alone.status, batch.status);
    for (const name of ['content-type', 'cache-control', 'x-accel-buffering'])
      t.equal(alone.headers.get(name), batch.headers.get(name), name);
    t.same([await readJson(alone)], await readJson(batch), JSON.stringify(params));
  }
});
