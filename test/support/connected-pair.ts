// A pair of real processes with an account, and an app that a person has let in: the start of most stories.
import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { Pair } from '../../scripts/demo/pair.ts';
import { authorizeInBrowser, createFirstAccount } from '../../scripts/demo/sign-in.ts';
import { createPkce, type Tokens } from './oauth.ts';
import { person } from './person.ts';

const redirectUri = 'http://127.0.0.1:40404/callback';

export interface ConnectedPair {
  readonly pair: Pair;
  /** Registers an app, signs in, allows it. */
  readonly connect: (scope?: string) => Promise<Connection>;
}

export interface Connection {
  readonly clientId: string;
  readonly tokens: Tokens;
  /** One refresh; resolves to the HTTP status and, where there are any, the new tokens. */
  readonly refresh: (refreshToken: string) => Promise<{ status: number; tokens: Tokens; headers: Headers }>;
}

/** Starts both services; they are stopped when the test ends. `settings` go into their environment. */
export async function startConnectedPair(
  t: Test,
  settings: Record<string, string> = {},
): Promise<ConnectedPair> {
  const pair = await Pair.create(settings);
  t.teardown(() => pair.close());
  await pair.start('auth');
  await pair.start('api');
  await createFirstAccount(pair.setupUrl(), person);
  return { pair, connect: (scope) => connectApp(pair, scope) };
}

/** Registers an app, signs `person` in and allows it. */
export async function connectApp(pair: Pair, scope = 'vault.read'): Promise<Connection> {
  const registration = await fetch(`${pair.issuer}/reg`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: 'A test',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    }),
  });
  const { client_id: clientId } = (await registration.json()) as { client_id: string };
  const { verifier, challenge } = createPkce();
  const state = randomBytes(8).toString('hex');
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    resource: pair.resource,
    scope,
    state,
  });
  const answer = await authorizeInBrowser(`${pair.issuer}/auth?${query}`, person);
  const exchange = await postForm(`${pair.issuer}/token`, {
    grant_type: 'authorization_code',
    client_id: clientId,
    code: answer.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: redirectUri,
    resource: pair.resource,
  });
  return {
    clientId,
    tokens: (await exchange.json()) as Tokens,
    refresh: async (refreshToken) => {
      const response = await postForm(`${pair.issuer}/token`, {
        grant_type: 'refresh_token',
        client_id: clientId,
        refresh_token: refreshToken,
      });
      return {
        status: response.status,
        headers: response.headers,
        tokens: (await response.json()) as Tokens,
      };
    },
  };
}

function postForm(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
}
