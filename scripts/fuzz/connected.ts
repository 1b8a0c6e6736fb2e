// A pair of services with a person's account and a client that was let in: what is real in bent requests.
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { deviceGrantType } from '../../auth/clients/metadata.ts';
import { connectOnce } from '../demo/connect-once.ts';
import { MemoryOAuthClient, redirectUrl } from '../demo/oauth-client.ts';
import { Pair } from '../demo/pair.ts';
import { authorizeInBrowser, createFirstAccount } from '../demo/sign-in.ts';
import type { ApiShapes, ListedTool, OpenApi } from './api-requests.ts';
import type { World } from './shapes.ts';

const person = { username: 'ann', password: 'a sentence that only Ann knows' };

/** The caller closes it. */
export async function startPair(): Promise<Pair> {
  const pair = await Pair.create({
    AUTH_TRUSTED_PROXIES: '127.0.0.1',
    AUTH_ACCESS_TOKEN_SECONDS: '86400',
    // As the images run within what compose.yaml allows them: without a bound the heap grows with what else the machine
    // does, and a level one says nothing.
    NODE_OPTIONS: '--max-semi-space-size=2 --max-old-space-size=77',
  });
  pair.set('API_VAULT_DIR', join(pair.folder, 'vault'));
  await cp(join(import.meta.dirname, '../../api/sample-vault'), join(pair.folder, 'vault'), {
    recursive: true,
  });
  await pair.start('auth');
  await pair.start('api');
  return pair;
}

export interface Connected {
  readonly world: World;
  /** What no line of a log may have. */
  readonly secrets: readonly string[];
  readonly shapes: ApiShapes;
  /** Paths that loop-auth's metadata names. */
  readonly routes: readonly string[];
}

export async function connect(pair: Pair): Promise<Connected> {
  await createFirstAccount(pair.setupUrl(), person);
  const oauth = new MemoryOAuthClient('A client gone wrong');
  const createTransport = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(pair.resource), { authProvider: oauth });
  await connectOnce(createTransport(), oauth, (url) => authorizeInBrowser(url, person));
  const client = new Client({ name: 'fuzz', version: '1.0.0' });
  await client.connect(createTransport());
  const { tools } = await client.listTools();
  await client.close();
  const { access_token: accessToken = '', refresh_token: refreshToken = '' } = oauth.tokens() ?? {};
  const apiSecret = (await readFile(join(pair.folder, 'api-client-secret'), 'utf8')).trim();
  const openApi = await readJson<OpenApi>(new URL('/openapi.json', pair.resource));
  const metadata = await readJson<Record<string, unknown>>(
    `${pair.issuer}/.well-known/oauth-authorization-server`,
  );
  return {
    world: {
      issuer: pair.issuer,
      resource: pair.resource,
      clientId: oauth.clientInformation()?.client_id ?? '',
      terminalId: await registerTerminal(pair.issuer),
      redirectUri: redirectUrl,
      apiSecret,
      accessToken,
      noteId: 'Projects/Loop.md',
    },
    secrets: [accessToken, refreshToken, apiSecret, person.password],
    shapes: { openApi, tools: tools as unknown as ListedTool[] },
    routes: Object.values(metadata)
      .filter((value): value is string => String(value).startsWith(`${pair.issuer}/`))
      .map((url) => new URL(url).pathname),
  };
}

async function registerTerminal(issuer: string): Promise<string> {
  const metadata = {
    client_name: 'A terminal',
    token_endpoint_auth_method: 'none',
    grant_types: [deviceGrantType],
  };
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${issuer}/reg`, { method: 'POST', headers, body: JSON.stringify(metadata) });
  return ((await answer.json()) as { client_id: string }).client_id;
}

async function readJson<T>(url: URL | string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}
