// api/sse/endpoint.ts, sessions.ts and stream.ts: the older HTTP+SSE transport.
import { setTimeout as delay } from 'node:timers/promises';
import { Client as ModernClient, SSEClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import t, { type Test } from 'tap';
import type { FakeAuthorizationServer } from '../../support/authorization-server.ts';
import { type Clock, shiftClockAndIntervals } from '../../support/clock.ts';
import { openEventStream } from '../../support/event-stream.ts';
import {
  callTool,
  LIST_TOOLS,
  RESOURCE,
  readJson,
  startGoodWorld,
  startWorld,
  type World,
  waitForIndex,
} from '../../support/loop-api.ts';

const METADATA = 'resource_metadata="https://notes.example/.well-known/oauth-protected-resource/sse"';
// a cache period of a second makes rechecks as frequent as they get
const QUICK = { API_INTROSPECTION_CACHE_SECONDS: '1' };

/** As startGoodWorld, for what asks nothing of the index. */
async function startWorldWithToken(t: Test, settings: Record<string, string> = {}): Promise<World> {
  const world = await startWorld(t, settings);
  world.auth.addToken('good', RESOURCE);
  return world;
}

/**
 * The next time that open streams are looked at: loop-auth has been asked when it resolves. A look that comes before
 * the answer to the one before shares that answer and asks nothing; the clock then goes on to the look after it.
 */
async function nextCheck(auth: FakeAuthorizationServer, clock: Clock): Promise<void> {
  const asked = auth.introspections.length;
  while (auth.introspections.length === asked) {
    clock.advance(1);
    for (let waits = 0; waits < 20 && auth.introspections.length === asked; waits += 1) await delay(5);
  }
}

const requestInit = { headers: { authorization: 'Bearer good' } };

t.test('clients of SDK 1.x and 2.x list the tools, search and fetch over it', async (t) => {
  const world = await startGoodWorld(t);
  await waitForIndex(world);
  const url = new URL(`${world.url}/sse`);
  const first = new Client({ name: 'test', version: '1' });
  await first.connect(new SSEClientTransport(url, { requestInit }) as never);
  const second = new ModernClient({ name: 'test', version: '1' });
  await second.connect(new ModernTransport(url, { requestInit }));
  for (const client of [first, second]) {
    t.teardown(() => client.close());
    const { tools } = await client.listTools();
    t.same(tools.map((tool) => tool.name).slice(0, 3), ['search', 'fetch', 'list']);
    const found = await client.callTool({ name: 'search', arguments: { query: 'apple' } });
    t.match(found.structuredContent, { results: [{ id: 'garden.md' }] });
    const notes = await Promise.all(
      ['garden.md', 'projects/loop.md'].map((id) => client.callTool({ name: 'fetch', arguments: { id } })),
    );
    t.match(notes, [{ structuredContent: { id: 'garden.md' } }, { structuredContent: { id: /loop/ } }]);
  }
});

t.test('the revision of its time is spoken, and no newer one is offered', async (t) => {
  const { url } = await startWorldWithToken(t);
  for (const [asked, answered] of [
    ['2024-11-05', '2024-11-05'],
    ['2025-11-25', '2025-11-25'],
    ['2026-07-28', '2025-11-25'],
  ]) {
    const stream = await openEventStream(t, url, 'good');
    const params = { protocolVersion: asked, capabilities: {}, clientInfo: { name: 'old', version: '1' } };
    await stream.post({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    t.match(await stream.message(), { id: 0, result: { protocolVersion: answered } });
  }
});

t.test('the stream is one that no proxy holds back, and names a path under the prefix', async (t) => {
  const { url, auth } = await startWorld(t, { API_RESOURCE: 'https://nas.example/loop/mcp' });
  auth.addToken('good', 'https://nas.example/loop/sse');
  const { headers, endpoint } = await openEventStream(t, `${url}/loop`, 'good');
  t.match(headers.get('content-type'), /^text\/event-stream/);
  t.equal(headers.get('x-accel-buffering'), 'no');
  t.match(headers.get('cache-control'), /no-store/);
  t.match(endpoint, /^\/loop\/messages\?sessionId=[0-9a-f-]{36}$/);
});

t.test('a message is taken with 202, and its answer comes on the stream', async (t) => {
  const { url } = await startWorldWithToken(t);
  const stream = await openEventStream(t, url, 'good');
  const taken = await stream.post(LIST_TOOLS);
  t.equal(taken.status, 202);
  t.match(await stream.message(), { id: 1, result: { tools: [{ name: 'search' }] } });
  await stream.post(callTool('fetch', { id: 'garden.md' }));
  t.match(await stream.message(), { id: 7, result: { structuredContent: { id: 'garden.md' } } });
  await stream.post(callTool('destroy', {}));
  t.match(await stream.message(), { id: 7, error: { code: -32_602 } });
});

t.test('a silent stream carries a comment every 15 seconds', async (t) => {
  const clock = shiftClockAndIntervals(t);
  const { url } = await startWorldWithToken(t);
  const stream = await openEventStream(t, url, 'good');
  clock.advance(14);
  await stream.post(LIST_TOOLS);
  t.match(await stream.next(), { event: 'message' }, 'not before');
  for (let times = 0; times < 2; times += 1) {
    clock.advance(15);
    t.same(await stream.next(), { event: 'comment', data: 'keep-alive' });
  }
});

t.test('without a token, both addresses challenge with the metadata of /sse', async (t) => {
  const { url } = await startWorldWithToken(t);
  for (const [method, path] of [
    ['GET', '/sse'],
    ['POST', '/sse'],
    ['POST', '/messages'],
    ['POST', '/messages?sessionId=unknown'],
  ] as const) {
    const answer = await fetch(url + path, { method });
    t.equal(answer.status, 401, `${method} ${path}`);
    t.equal(answer.headers.get('www-authenticate'), `Bearer ${METADATA}, scope="vault.read vault.write"`);
    t.match(answer.headers.get('content-type'), /application\/json/);
  }
  const invalid = await fetch(`${url}/sse`, { headers: { authorization: 'Bearer unknown' } });
  t.equal(invalid.status, 401);
  t.match(invalid.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
});

t.test('the bearer is checked on every message, and a stream’s own is not enough', async (t) => {
  const { url } = await startWorldWithToken(t);
  const { endpoint, post } = await openEventStream(t, url, 'good');
  const bare = await fetch(url + endpoint, { method: 'POST', body: JSON.stringify(LIST_TOOLS) });
  t.equal(bare.status, 401);
  t.equal((await post(LIST_TOOLS, { token: 'unknown' })).status, 401);
});

t.test('a session of another person or another client is as unknown as one that never was', async (t) => {
  const { url, auth } = await startWorldWithToken(t);
  auth.addToken('other-person', RESOURCE, { sub: 'person-2' });
  auth.addToken('other-client', RESOURCE, { client_id: 'client-2' });
  auth.addToken('refreshed', RESOURCE);
  const { post } = await openEventStream(t, url, 'good');
  const unknown = await post(LIST_TOOLS, { endpoint: '/messages?sessionId=never-was' });
  t.equal(unknown.status, 404);
  const said = await unknown.text();
  t.match(JSON.parse(said), { jsonrpc: '2.0', error: { data: { error: 'unknown_session' } } });
  for (const token of ['other-person', 'other-client']) {
    const answer = await post(LIST_TOOLS, { token });
    t.equal(answer.status, 404, token);
    t.equal(await answer.text(), said);
  }
  for (const endpoint of ['/messages', '/messages?sessionId=', '/messages?sessionid=x']) {
    t.equal((await post(LIST_TOOLS, { endpoint })).status, 404, endpoint);
  }
  t.equal((await post(LIST_TOOLS, { token: 'refreshed' })).status, 202, 'the same client, refreshed');
});

t.test('a session is gone with its stream', async (t) => {
  const { url, readMetrics } = await startWorldWithToken(t);
  const { abort, post } = await openEventStream(t, url, 'good');
  abort();
  let status = 202;
  while (status === 202) status = (await post(LIST_TOOLS)).status;
  t.equal(status, 404);
  t.match(await readMetrics(), /^loop_api_open_streams 0$/m);
});

t.test('a call without the scope gets 403, and on the stream the result that ChatGPT reads', async (t) => {
  const { url, auth } = await startWorld(t);
  auth.addToken('reader', RESOURCE, { scope: 'openid vault.read' });
  const stream = await openEventStream(t, url, 'reader');
  const answer = await stream.post(callTool('create_note', { path: 'a.md', text: 'x' }));
  t.equal(answer.status, 403);
  const challenge = answer.headers.get('www-authenticate') ?? '';
  t.match(challenge, /^Bearer error="insufficient_scope", error_description="[^"]+", /);
  t.ok(challenge.endsWith(`${METADATA}, scope="openid vault.read vault.write"`), challenge);
  const result = { isError: true, _meta: { 'mcp/www_authenticate': [challenge] } };
  t.match(await stream.message(), { id: 7, result });
});

t.test('while loop-auth is away a message gets 503 or is served, and the stream stays', async (t) => {
  const clock = shiftClockAndIntervals(t);
  const { url, auth } = await startWorldWithToken(t, QUICK);
  const stream = await openEventStream(t, url, 'good');
  auth.addToken('refreshed', RESOURCE);
  auth.failure = 500;
  const refused = await stream.post(LIST_TOOLS, { token: 'refreshed' });
  t.equal(refused.status, 503);
  t.match(refused.headers.get('retry-after'), /^[1-9]/);
  for (let check = 0; check < 3; check += 1) await nextCheck(auth, clock);
  t.equal((await stream.post(LIST_TOOLS)).status, 202, 'the token of the stream is known');
  t.match(await stream.message(), { id: 1, result: {} });
});

t.test('even past the time that a known token stays good, an outage ends no stream', async (t) => {
  const clock = shiftClockAndIntervals(t);
  const { url, auth } = await startWorldWithToken(t, { ...QUICK, API_INTROSPECTION_STALE_SECONDS: '0' });
  const stream = await openEventStream(t, url, 'good');
  auth.failure = 500;
  for (let check = 0; check < 2; check += 1) await nextCheck(auth, clock);
  t.equal((await stream.post(LIST_TOOLS)).status, 503);
  auth.failure = undefined;
  t.equal((await stream.post(LIST_TOOLS)).status, 202);
  t.match(await stream.message(), { id: 1, result: {} });
});

t.test('the stream ends when its token is revoked', async (t) => {
  const clock = shiftClockAndIntervals(t);
  const { url, auth } = await startWorldWithToken(t, QUICK);
  const stream = await openEventStream(t, url, 'good');
  auth.tokens.delete('good');
  await nextCheck(auth, clock);
  t.equal(await stream.next(), undefined);
  t.equal((await stream.post(LIST_TOOLS)).status, 401);
});

for (const failure of [undefined, 500] as const) {
  const when = failure === undefined ? '' : ', and while loop-auth is away';
  t.test(
    `an idle stream outlives its token, for a client that refreshes when it has something to say${when}`,
    async (t) => {
      const clock = shiftClockAndIntervals(t);
      const { url, auth } = await startWorldWithToken(t, QUICK);
      const stream = await openEventStream(t, url, 'good');
      auth.failure = failure;
      clock.advance(3_600 - 5);
      // as loop-auth answers about a token that is over, by a clock that is a little ahead
      auth.tokens.delete('good');
      clock.advance(8 * 3_600);
      auth.failure = undefined;
      t.equal((await stream.post(LIST_TOOLS)).status, 401, 'nothing goes through it without a token');
      auth.addToken('refreshed', RESOURCE);
      t.equal((await stream.post(LIST_TOOLS, { token: 'refreshed' })).status, 202);
      t.match(await stream.message(), { id: 1, result: {} });
      auth.tokens.delete('refreshed');
      await nextCheck(auth, clock);
      t.equal(await stream.next(), undefined, 'and from then on it lives with that one');
    },
  );
}

t.test('a stream that nobody used for a day after its token was over is ended', async (t) => {
  const clock = shiftClockAndIntervals(t);
  const { url } = await startWorldWithToken(t, QUICK);
  const stream = await openEventStream(t, url, 'good');
  clock.advance(25 * 3_600 + 1);
  t.equal(await stream.next(), undefined);
});

t.test('a refreshed token keeps the stream when the one before is over', async (t) => {
  const clock = shiftClockAndIntervals(t);
  const { url, auth } = await startWorldWithToken(t, QUICK);
  auth.addToken('refreshed', RESOURCE);
  const stream = await openEventStream(t, url, 'good');
  await stream.post(LIST_TOOLS, { token: 'refreshed' });
  t.match(await stream.message(), { id: 1 });
  auth.tokens.delete('good');
  const asked = auth.introspections.length;
  for (let check = 0; check < 2; check += 1) await nextCheck(auth, clock);
  t.ok(auth.introspections.slice(asked).every(({ form }) => form.get('token') === 'refreshed'));
  t.equal((await stream.post(LIST_TOOLS, { token: 'refreshed' })).status, 202);
  t.match(await stream.message(), { id: 1 });
  auth.tokens.delete('refreshed');
  await nextCheck(auth, clock);
  t.equal(await stream.next(), undefined, 'and with that one it ends');
});

t.test('a newer token that comes while the one before is being checked keeps the stream', async (t) => {
  const clock = shiftClockAndIntervals(t);
  const { url, auth } = await startWorldWithToken(t, QUICK);
  auth.addToken('refreshed', RESOURCE);
  const stream = await openEventStream(t, url, 'good');
  const { promise, resolve } = Promise.withResolvers<void>();
  auth.waits.set('good', promise);
  auth.tokens.delete('good');
  await nextCheck(auth, clock);
  t.equal((await stream.post(LIST_TOOLS, { token: 'refreshed' })).status, 202);
  t.match(await stream.message(), { id: 1 });
  resolve();
  // the answer about the one before is in before that to a later question
  t.equal((await stream.post(LIST_TOOLS, { token: 'good' })).status, 401);
  t.equal((await stream.post(LIST_TOOLS, { token: 'refreshed' })).status, 202);
  t.match(await stream.message(), { id: 1, result: {} });
});

t.test('one account has 32 streams and no more, another is not held back', async (t) => {
  const { url, auth } = await startWorldWithToken(t);
  auth.addToken('other-person', RESOURCE, { sub: 'person-2' });
  const streams = await Promise.all(Array.from({ length: 32 }, () => openEventStream(t, url, 'good')));
  const refused = await fetch(`${url}/sse`, requestInit);
  t.equal(refused.status, 429);
  t.match(refused.headers.get('retry-after'), /^[1-9]/);
  t.match(await refused.json(), { error: 'too_many_streams' });
  await openEventStream(t, url, 'other-person');
  streams[0]?.abort();
  let status = 429;
  while (status === 429) {
    const abort = new AbortController();
    ({ status } = await fetch(`${url}/sse`, { ...requestInit, signal: abort.signal }));
    abort.abort();
  }
  t.equal(status, 200);
});

t.test('a body that is not one JSON-RPC message gets 4xx with a JSON-RPC error', async (t) => {
  const { url } = await startWorldWithToken(t);
  const { post, message } = await openEventStream(t, url, 'good');
  for (const [body, status] of [
    ['', 400],
    ['{"jsonrpc"', 400],
    ['42', 400],
    ['{"hello":1}', 400],
    [JSON.stringify([LIST_TOOLS]), 400],
    [JSON.stringify({ ...LIST_TOOLS, pad: 'x'.repeat(1_048_577) }), 413],
  ] as const) {
    const answer = await post(body);
    t.equal(answer.status, status, body.slice(0, 20));
    t.match(await readJson(answer), { jsonrpc: '2.0', error: { code: Number, message: /\w/ } });
  }
  await post(LIST_TOOLS);
  t.match(await message(), { id: 1, result: {} }, 'and the stream goes on');
});

t.test('other methods get 405, other origins 403, and a preflight needs no token', async (t) => {
  const { url } = await startWorldWithToken(t);
  for (const [method, path, allow] of [
    ['POST', '/sse', 'GET, OPTIONS'],
    ['DELETE', '/sse', 'GET, OPTIONS'],
    ['GET', '/messages', 'POST, OPTIONS'],
  ] as const) {
    const wrong = await fetch(url + path, { method, ...requestInit });
    t.equal(wrong.status, 405, `${method} ${path}`);
    t.equal(wrong.headers.get('allow'), allow);
    const foreign = { headers: { ...requestInit.headers, origin: 'https://evil.example' } };
    t.equal((await fetch(url + path, foreign)).status, 403);
    const preflight = await fetch(url + path, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:6274' },
    });
    t.equal(preflight.status, 204);
    t.equal(preflight.headers.get('access-control-allow-methods'), allow);
  }
});

t.test('API_SSE=off takes both addresses and the metadata away, and leaves the rest', async (t) => {
  const { url } = await startWorldWithToken(t, { API_SSE: 'off' });
  const wellKnown = '/.well-known/oauth-protected-resource';
  for (const [method, path] of [
    ['GET', '/sse'],
    ['POST', '/messages?sessionId=x'],
    ['GET', `${wellKnown}/sse`],
  ] as const) {
    const answer = await fetch(url + path, { method, ...requestInit });
    t.equal(answer.status, 404, path);
    t.match(await answer.json(), { error: 'not_found' });
  }
  t.equal((await fetch(`${url + wellKnown}/mcp`)).status, 200);
});

t.test('streams end with the process: at once when nothing is asked', async (t) => {
  const { url, service } = await startWorldWithToken(t);
  const stream = await openEventStream(t, url, 'good');
  const stopping = service.stop(60_000);
  t.equal(await stream.next(), undefined);
  await stopping;
});

t.test('a client that lost its stream opens a new one and goes on', async (t) => {
  const { url } = await startWorldWithToken(t);
  (await openEventStream(t, url, 'good')).abort();
  const stream = await openEventStream(t, url, 'good');
  await stream.post(LIST_TOOLS);
  t.match(await stream.message(), { result: { tools: [{}, {}, {}] } }, 'without a new initialize');
});
