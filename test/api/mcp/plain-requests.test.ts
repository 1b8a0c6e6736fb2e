// api/mcp/plain-requests.ts: what a server of the pool answers is what the SDK's own way answers, to the byte.
import {
  classifyInboundRequest,
  isJSONRPCRequest,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';
import fc from 'fast-check';
import t from 'tap';
import { findPlainRequest } from '../../../api/mcp/plain-requests.ts';
import { postMcp, startWriterWorld } from '../../support/loop-api.ts';

const versionKey = 'io.modelcontextprotocol/protocolVersion';
const capabilitiesKey = 'io.modelcontextprotocol/clientCapabilities';
const goodMeta = { [versionKey]: '2026-07-28', [capabilitiesKey]: {} };

interface Asked {
  method: string;
  params: Record<string, unknown>;
}

const call = (name: unknown, args?: unknown): Asked => ({
  method: 'tools/call',
  params: { name, arguments: args },
});
const read = (uri: unknown): Asked => ({ method: 'resources/read', params: { uri } });

const asked: Asked[] = [
  call('list', {}),
  call('list', { of: 'recent' }),
  call('search', { query: 'apple' }),
  call('search', { query: 7 }),
  call('search'),
  call('search', 'apple'),
  call('search', ['apple']),
  call('fetch', { id: 'garden.md' }),
  call('fetch', { id: 'nothing-here.md' }),
  call('no such tool', {}),
  call('', {}),
  call('create_note', { path: 'garden.md', text: 'taken' }),
  { method: 'tools/list', params: {} },
  { method: 'tools/list', params: { cursor: 'any' } },
  { method: 'resources/list', params: {} },
  { method: 'resources/list', params: { cursor: 'bad' } },
  { method: 'resources/templates/list', params: {} },
  read('vault:///garden.md'),
  read('vault:///nothing.md'),
  read('nothing'),
];

const metas: Record<string, unknown>[] = [
  goodMeta,
  { ...goodMeta, progressToken: 'p', 'example.com/own': 1 },
  { ...goodMeta, 'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' } },
  { ...goodMeta, 'io.modelcontextprotocol/clientInfo': 'test' },
  { ...goodMeta, 'io.modelcontextprotocol/logLevel': 'loud' },
  { ...goodMeta, [capabilitiesKey]: 7 },
  { [versionKey]: '2026-07-28' },
  { ...goodMeta, traceparent: 7 },
];

/** Said in a way that is as good and that only the SDK understands. */
function sayOtherwise({ method, params }: Asked): string {
  const name = method === 'resources/read' ? params['uri'] : params['name'];
  return typeof name === 'string' ? `=?base64?${Buffer.from(name).toString('base64')}?=` : 'any';
}

function nameOf({ method, params }: Asked): Record<string, string> {
  const name = method === 'resources/read' ? params['uri'] : params['name'];
  return typeof name === 'string' ? { 'mcp-name': name } : {};
}

t.test('2026-07-28: status, headers and body are those of the SDK’s own handler', async (t) => {
  const { url } = await startWriterWorld(t);
  const statuses = new Set<number>();
  for (const one of asked) {
    for (const _meta of metas) {
      const { method, params } = one;
      const body = { jsonrpc: '2.0', id: 'a', method, params: { ...params, _meta } };
      const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method };
      const answers = await Promise.all(
        [nameOf(one), { 'mcp-name': sayOtherwise(one) }].map(async (name) => {
          const answer = await postMcp(url, 'writer', body, { ...headers, ...name });
          const told = ['content-type', 'content-length', 'cache-control', 'x-accel-buffering'];
          return {
            status: answer.status,
            headers: told.map((header) => answer.headers.get(header)),
            body: await answer.text(),
          };
        }),
      );
      for (const { status } of answers) statuses.add(status);
      t.same(answers[0], answers[1], `${method} ${JSON.stringify(params)} ${JSON.stringify(_meta)}`);
    }
  }
  t.same([...statuses].sort(), [200, 400], 'what is compared are answers and refusals');
});

t.test('these are what the pool is for', (t) => {
  for (const one of asked) {
    const { method, params } = one;
    const request = { jsonrpc: '2.0', id: 1, method, params };
    t.equal(findPlainRequest({}, request)?.era, 'legacy');
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...nameOf(one) };
    const modern = { ...request, params: { ...params, _meta: goodMeta } };
    t.equal(findPlainRequest(headers, modern)?.era, 'modern');
    t.equal(findPlainRequest({ ...headers, 'mcp-name': sayOtherwise(one) }, modern), undefined);
    const { 'mcp-method': _, ...fewer } = headers;
    t.equal(findPlainRequest(fewer, modern), undefined, 'without a header that has to be there');
  }
  const name = '=?base64?bGlzdA==?=';
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name };
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, _meta: goodMeta } };
  t.equal(findPlainRequest(headers, body), undefined, 'a header that means another name than it shows');
  t.end();
});

const versions = fc.constantFrom(
  ...SUPPORTED_PROTOCOL_VERSIONS,
  '2026-07-28',
  '2026-07-28',
  '2027-01-01',
  '',
);
const methods = fc.constantFrom(
  'tools/call',
  'tools/call',
  'tools/list',
  'resources/read',
  'initialize',
  'x',
);
const names = fc.constantFrom('list', 'list', '=?base64?bGlzdA==?=', 7, null);
const meta = fc.oneof(
  fc.constant(goodMeta),
  fc.record({ [versionKey]: versions, [capabilitiesKey]: fc.constantFrom({}, 7) }, { requiredKeys: [] }),
  fc.constantFrom(7, null, [], { [versionKey]: 7 }),
);
const params = fc.oneof(
  { weight: 8, arbitrary: fc.record({ name: names, uri: names, _meta: meta }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.constantFrom([], 7, null) },
);
const more = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { jsonrpc: '1.0' },
      { result: {} },
      { error: { code: 1, message: '' } },
      { own: 1 },
      { method: 7 },
    ),
  },
);
const bodies = fc
  .tuple(fc.record({ id: fc.constantFrom(1, 'a', null, 1.5), method: methods, params }), more)
  .map(([body, others]) => ({ jsonrpc: '2.0', ...body, ...others }));
const headersOf = fc.record({
  'mcp-protocol-version': fc.option(versions, { nil: undefined }),
  'mcp-method': fc.option(methods, { nil: undefined }),
  'mcp-name': fc.constantFrom('list', 'list', '=?base64?bGlzdA==?=', undefined),
});

t.test('what is plain here is the same to the SDK’s own classification', (t) => {
  const plain = { modern: 0, legacy: 0 };
  const isTheSame = fc.property(
    fc.oneof(bodies, bodies, fc.anything()),
    headersOf,
    fc.boolean(),
    (body, others, isAgreed) => {
      const headers = isAgreed ? { ...others, ...agreeWith(body) } : others;
      const found = findPlainRequest(headers, body);
      if (found === undefined) return true;
      // else a server of the pool would wait for one for ever
      if (!isJSONRPCRequest(body)) return false;
      plain[found.era] += 1;
      const route = classifyInboundRequest({
        httpMethod: 'POST',
        body,
        ...pick('protocolVersionHeader', headers['mcp-protocol-version']),
        ...pick('mcpMethodHeader', headers['mcp-method']),
        ...pick('mcpNameHeader', headers['mcp-name']),
      });
      if (route.kind === 'legacy') return found.era === 'legacy' && route.reason === 'no-claim';
      if (route.kind === 'modern') return found.era === 'modern' && route.messageKind === 'request';
      // The server itself refuses what is amiss in _meta before anything runs, and then the SDK's handler is asked.
      return found.era === 'modern' && route.cell === 'envelope-invalid';
    },
  );
  fc.assert(isTheSame, { numRuns: 20_000, seed: 17 });
  t.ok(plain.legacy > 100 && plain.modern > 100, JSON.stringify(plain));
  t.end();
});

const agreeWith = (body: unknown): Record<string, string> => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': String((body as { method?: unknown } | null)?.method),
});

const pick = <Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> =>
  value === undefined ? {} : ({ [name]: value } as Record<Name, string>);
