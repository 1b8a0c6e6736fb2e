// The older HTTP+SSE transport between real processes: a client of SDK 1.x signs in over it, outlives a rebuild, and ends with a revocation.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import type { Test } from 'tap';
import t from 'tap';
import { MemoryOAuthClient } from '../../scripts/demo/oauth-client.ts';
import type { Pair } from '../../scripts/demo/pair.ts';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { connectApp, startConnectedPair } from '../support/connected-pair.ts';
import { openEventStream } from '../support/event-stream.ts';
import { LIST_TOOLS } from '../support/loop-api.ts';
import { callTool } from '../support/mcp-call.ts';
import { person } from '../support/person.ts';

const older = (pair: Pair): URL => new URL(pair.resource.replace(/\/mcp$/, '/sse'));

async function signIn(t: Test, pair: Pair, oauth: MemoryOAuthClient): Promise<Client> {
  const first = new SSEClientTransport(older(pair), { authProvider: oauth as never });
  await t.rejects(new Client({ name: 'first', version: '1' }).connect(first), 'it asks for a sign-in');
  const answer = await authorizeInBrowser(oauth.pendingAuthorization ?? '', person);
  await first.finishAuth(answer.searchParams.get('code') ?? '');
  await first.close();
  return reconnect(t, pair, oauth);
}

async function reconnect(t: Test, pair: Pair, oauth: MemoryOAuthClient): Promise<Client> {
  const client = new Client({ name: 'older', version: '1' });
  await client.connect(new SSEClientTransport(older(pair), { authProvider: oauth as never }));
  t.teardown(() => client.close());
  return client;
}

async function expectSearch(t: Test, client: Client): Promise<void> {
  const found = await client.callTool({ name: 'search', arguments: { query: 'NAS' } });
  t.match(found.structuredContent, { results: [{ id: /NAS/ }] });
}

t.test('a client of SDK 1.x signs in from the /sse address alone, calls tools and refreshes', async (t) => {
  const { pair } = await startConnectedPair(t);
  const oauth = new MemoryOAuthClient('SDK 1 over SSE');
  const client = await signIn(t, pair, oauth);
  await expectSearch(t, client);
  t.match(new URL(oauth.pendingAuthorization ?? '').searchParams.get('resource'), older(pair).href);
  t.equal(
    (await callTool(pair.resource, oauth.tokens()?.access_token)).status,
    200,
    'the same token opens /mcp',
  );
  oauth.forgetAccessToken();
  await expectSearch(t, client);
  t.equal(oauth.refreshes, 1, 'refreshed inside the same stream');
  oauth.forgetAccessToken();
  await expectSearch(t, await reconnect(t, pair, oauth));
  t.equal(oauth.refreshes, 2, 'and before a new one');
  t.equal(oauth.signIns, 1);
});

t.test('nobody signs in again when loop-api was killed and started', async (t) => {
  const { pair } = await startConnectedPair(t);
  const oauth = new MemoryOAuthClient('SDK 1 over SSE');
  await signIn(t, pair, oauth);
  await pair.kill('api');
  await pair.start('api');
  await expectSearch(t, await reconnect(t, pair, oauth));
  t.equal(oauth.signIns, 1);
});

t.test('a token revoked at loop-auth ends the stream that it opened', async (t) => {
  const { pair } = await startConnectedPair(t, { API_INTROSPECTION_CACHE_SECONDS: '1' });
  const { clientId, tokens } = await connectApp(pair);
  const stream = await openEventStream(t, new URL(pair.resource).origin, tokens.access_token);
  await stream.post(LIST_TOOLS);
  t.match(await stream.message(), { result: { tools: [{ name: 'search' }] } });
  const revoked = await fetch(`${pair.issuer}/token/revocation`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: clientId, token: tokens.access_token }),
  });
  t.equal(revoked.status, 200);
  t.equal(await stream.next(), undefined);
  t.equal((await stream.post(LIST_TOOLS)).status, 401);
});
