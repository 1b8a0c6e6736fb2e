// Ways in which a connection fails at loop-api: by clients of this machine, and by the shapes of what others send there.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { Browser } from '../../../../scripts/demo/browser.ts';
import { connectOnce } from '../../../../scripts/demo/connect-once.ts';
import { MemoryOAuthClient } from '../../../../scripts/demo/oauth-client.ts';
import { authorizeInBrowser } from '../../../../scripts/demo/sign-in.ts';
import type { Clock } from '../../../support/clock.ts';
import { LIST_TOOLS, sendRaw } from '../../../support/loop-api.ts';
import { ann, redirectUri } from '../../../support/loop-auth.ts';
import type { PagesPair } from '../../../support/pages-pair.ts';
import { files, serveFiles } from '../../../support/served.ts';
import { registrationOf, type Way } from './way.ts';

export interface ApiWorld {
  readonly pair: PagesPair;
  readonly clock: Clock;
  /** Where it comes from, as the proxy in front of both says. */
  readonly address: string;
}

/** A client of the official SDK that goes the whole way; resolves to its tokens. */
async function connect(world: ApiWorld, choice: Readonly<Record<string, string>> = {}) {
  const oauth = new MemoryOAuthClient('A program with the MCP SDK');
  const browser = new Browser(from(world.address));
  await connectOnce(transportOf(world, { authProvider: oauth }), oauth, async (url) => {
    // A person takes a moment, and another one: what happens within one second has no order.
    world.clock.advance(5);
    const answer = await authorizeInBrowser(url, ann, { browser, choice });
    world.clock.advance(5);
    return answer;
  });
  world.clock.advance(5);
  const { access_token: accessToken, refresh_token: refreshToken = '' } = oauth.tokens() ?? {};
  if (accessToken === undefined) throw new Error('the SDK got no token');
  return { clientId: oauth.clientInformation()?.client_id ?? '', accessToken, refreshToken };
}

/** Codex as it was recorded, at a resource server beside loop-api; resolves to its access token. */
async function connectElsewhere({ pair: { auth }, address }: ApiWorld): Promise<string> {
  await serveFiles(auth);
  const body = JSON.stringify(registrationOf('codex'));
  const headers = { 'Content-Type': 'application/json', ...from(address) };
  const made = await auth.ask('/reg', { method: 'POST', headers, body });
  const app = { clientId: String(made.body['client_id']) };
  const attempt = auth.authorization(app, { resource: files, scope: 'files.read' });
  const { verifier: code_verifier } = attempt;
  const code = await auth.code(attempt, new Browser(from(address)));
  const fields = { grant_type: 'authorization_code', code, code_verifier, redirect_uri: redirectUri };
  return String((await auth.token(app, fields, from(address))).body['access_token']);
}

const from = (address: string) => ({ 'X-Forwarded-For': address });

type TransportOptions = NonNullable<ConstructorParameters<typeof StreamableHTTPClientTransport>[1]>;

function transportOf({ pair, address }: ApiWorld, options: TransportOptions): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(`${pair.url}/mcp`), {
    ...options,
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      for (const [name, value] of Object.entries(from(address))) headers.set(name, value);
      return fetch(url, { ...init, headers });
    },
  });
}

/** Calls a tool with that token and no way to get another, as the SDK does it. */
async function callWith(
  world: ApiWorld,
  token: string,
  { name, args }: { name: string; args: Record<string, unknown> } = { name: 'search', args: { query: 'a' } },
): Promise<void> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { Authorization: `Bearer ${token}` } };
  const called = client
    .connect(transportOf(world, { requestInit }))
    .then(() => client.callTool({ name, arguments: args }));
  await called.catch(() => undefined);
  await client.close();
}

const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

interface Sent {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request as it was seen of others, by whoever has signed in and got a token. */
const send =
  (shape: (token: string) => Sent) =>
  async (world: ApiWorld): Promise<unknown> =>
    sendShape(world, shape((await connect(world)).accessToken));

/** Of whoever never asked for one. */
const sendStrange =
  (shape: Sent) =>
  (world: ApiWorld): Promise<unknown> =>
    sendShape(world, shape);

function sendShape({ pair, address }: ApiWorld, shape: Sent): Promise<unknown> {
  const { path = '/mcp', headers = {}, body = JSON.stringify(LIST_TOOLS) } = shape;
  return sendRaw(pair.url + path, { method: 'POST', headers: { ...from(address), ...headers }, body });
}

export const waysOfLoopApi: readonly Way<ApiWorld>[] = [
  {
    sentence: 'a client that knows no OAuth',
    by: 'the MCP SDK',
    fail: async (world) => {
      const client = new Client({ name: 'test', version: '1' });
      await client.connect(transportOf(world, {})).catch(() => undefined);
    },
    step: 'knocked',
    cause: 'challengeIgnored',
  },
  {
    sentence: 'signed in, and it never calls',
    by: 'the MCP SDK',
    fail: (world) => connect(world),
    step: 'tokenGiven',
    cause: 'tokenUnused',
  },
  {
    sentence: 'a token that nobody gave',
    by: 'the MCP SDK',
    fail: (world) => callWith(world, 'copied-from-somewhere'),
    step: 'called',
    cause: 'tokenRefused',
  },
  {
    sentence: 'a token whose connection was taken away',
    by: 'the MCP SDK',
    fail: async (world) => {
      const { clientId, accessToken, refreshToken } = await connect(world);
      await callWith(world, accessToken);
      await world.pair.auth.revoke({ clientId }, refreshToken);
      await callWith(world, accessToken);
    },
    step: 'called',
    cause: 'tokenRefused',
  },
  {
    sentence: 'a token for another resource',
    by: 'codex',
    fail: async (world) => callWith(world, await connectElsewhere(world)),
    step: 'called',
    cause: 'tokenMisdirected',
  },
  {
    sentence: 'the refresh token instead of the access token',
    by: 'the MCP SDK',
    fail: async (world) => callWith(world, (await connect(world)).refreshToken),
    step: 'called',
    cause: 'tokenMisdirected',
  },
  {
    sentence: 'a change where reading alone was allowed',
    by: 'the MCP SDK',
    fail: async (world) => {
      const { accessToken } = await connect(world, { access: 'read' });
      const args = { path: 'New.md', text: 'A note' };
      await callWith(world, accessToken, { name: 'create_note', args });
    },
    step: 'called',
    cause: 'scopeMissing',
  },
  {
    sentence: 'a note of more than a megabyte',
    by: 'the MCP SDK',
    fail: async (world) => {
      const { accessToken } = await connect(world);
      const args = { path: 'Large.md', text: 'a'.repeat(1_100_000) };
      await callWith(world, accessToken, { name: 'create_note', args });
    },
    step: 'called',
    cause: 'callTooLarge',
  },
  {
    sentence: 'the older transport at the address of the newer',
    by: 'the MCP SDK 1, SSE',
    fail: async (world) => {
      const { accessToken } = await connect(world);
      const headers = { ...from(world.address), Authorization: `Bearer ${accessToken}` };
      const transport = new SSEClientTransport(new URL(`${world.pair.url}/mcp`), {
        requestInit: { headers },
        eventSourceInit: {
          fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }),
        },
      });
      await transport.start().catch(() => undefined);
      await transport.close();
    },
    step: 'called',
    cause: 'callMethod',
  },
  {
    sentence: 'a page of another site',
    by: 'a browser’s fetch',
    fail: sendStrange({
      headers: {
        ...json,
        origin: 'https://a-page.example',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'cors',
      },
    }),
    step: 'called',
    cause: 'originRefused',
  },
  {
    sentence: 'a name that was made to lead here',
    by: 'a browser’s fetch',
    fail: sendStrange({ headers: { ...json, host: 'rebound.example' } }),
    step: 'called',
    cause: 'hostRefused',
  },
  {
    sentence: 'a token that is lost on the way',
    by: 'a proxy that drops it',
    fail: send(() => ({ headers: json })),
    step: 'called',
    cause: 'tokenMisplaced',
  },
  {
    sentence: 'the token in the address',
    by: 'a URL with ?access_token=',
    fail: send((token) => ({ headers: json, path: `/mcp?access_token=${token}` })),
    step: 'called',
    cause: 'tokenMisplaced',
  },
  {
    sentence: 'the token in a header of its own',
    by: 'X-Api-Key',
    fail: send((token) => ({ headers: { ...json, 'x-api-key': token } })),
    step: 'called',
    cause: 'tokenMisplaced',
  },
  {
    sentence: 'another scheme than Bearer',
    by: 'Authorization: Token',
    fail: send((token) => ({ headers: { ...json, authorization: `Token ${token}` } })),
    step: 'called',
    cause: 'tokenMisplaced',
  },
  {
    sentence: 'a form instead of JSON',
    by: 'curl -d',
    fail: send((token) => ({
      headers: {
        authorization: `Bearer ${token}`,
        accept: '*/*',
        'content-type': 'application/x-www-form-urlencoded',
      },
    })),
    step: 'called',
    cause: 'callType',
  },
  {
    sentence: 'a body that ends too early',
    by: 'a proxy that cuts it',
    fail: send((token) => ({
      headers: { ...json, authorization: `Bearer ${token}` },
      body: '{"jsonrpc":"2.0",',
    })),
    step: 'called',
    cause: 'callInvalid',
  },
  {
    sentence: 'a change over REST where reading alone was allowed',
    by: 'a GPT Action',
    fail: async (world) => {
      const { accessToken } = await connect(world, { access: 'read' });
      const body = JSON.stringify({ path: 'New.md', text: 'A note' });
      const headers = {
        ...from(world.address),
        'content-type': 'application/json',
        authorization: `Bearer ${accessToken}`,
      };
      return sendRaw(`${world.pair.url}/api/notes`, { method: 'POST', headers, body });
    },
    step: 'called',
    cause: 'scopeMissing',
  },
];
