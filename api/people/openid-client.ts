// loop-api as an OpenID client of loop-auth: code flow with PKCE (OpenID Connect Core section 3.1, RFC 7636, RFC 9207).
import * as openid from 'openid-client';
import type { ClientSecret } from '../config.ts';

export interface OpenidClientOptions {
  issuer: string;
  /** Replaces the issuer's origin in every address that is asked from here. */
  authOrigin: string;
  clientId: string;
  clientSecret: ClientSecret;
  resource: string;
  redirectUri: string;
}

/** loop-auth can't be asked just now; nothing is said of the person. */
export class SignInAway extends Error {
  override readonly name = 'SignInAway';
}

/** The sign-in came to nothing; it can be begun anew. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed';
}

/** What is kept while a person signs in. */
interface Checks {
  state: string;
  nonce: string;
  verifier: string;
}

export interface SignedIn {
  accessToken: string;
  /** Epoch seconds. */
  expiresAt: number;
  name: string;
}

interface SignInWish {
  uiLocales: string;
  /** For changing notes as well as reading them. */
  isChanging: boolean;
}

export interface OpenidClient {
  /** The address at which a person signs in. Throws SignInAway. */
  begin(wish: SignInWish): Promise<{ url: URL; checks: Checks }>;
  /** `callback` is the address that the browser came back to. Throws SignInAway, SignInFailed. */
  finish(callback: URL, checks: Checks): Promise<SignedIn>;
}

const timeoutSeconds = 5;
const longestName = 100;

export function createOpenidClient(options: OpenidClientOptions): OpenidClient {
  let known: { secret: string; client: openid.Configuration } | undefined;
  const connect = async (): Promise<openid.Configuration> => {
    const secret = options.clientSecret.read();
    if (known?.secret !== secret) known = { secret, client: await discover(options, secret) };
    return known.client;
  };
  return {
    begin: (wish) => translated(async () => begin(await connect(), options, wish)),
    finish: (callback, checks) => translated(async () => finish(await connect(), options, callback, checks)),
  };
}

async function discover(
  { issuer, authOrigin, clientId }: OpenidClientOptions,
  secret: string,
): Promise<openid.Configuration> {
  const own = new URL(issuer).origin;
  const viaAuthOrigin: openid.CustomFetch = (url, init) => {
    const inside = url.startsWith(`${own}/`) ? authOrigin + url.slice(own.length) : url;
    return fetch(inside, init as RequestInit);
  };
  // plain http is how a home network and a container's network are; https where the issuer has it
  const execute = [openid.allowInsecureRequests, openid.enableNonRepudiationChecks];
  const auth = openid.ClientSecretBasic(secret);
  return openid.discovery(new URL(issuer), clientId, undefined, auth, {
    execute,
    timeout: timeoutSeconds,
    [openid.customFetch]: viaAuthOrigin,
  });
}

async function begin(
  client: openid.Configuration,
  { resource, redirectUri }: OpenidClientOptions,
  { uiLocales, isChanging }: SignInWish,
): Promise<{ url: URL; checks: Checks }> {
  const checks = {
    state: openid.randomState(),
    nonce: openid.randomNonce(),
    verifier: openid.randomPKCECodeVerifier(),
  };
  const url = openid.buildAuthorizationUrl(client, {
    redirect_uri: redirectUri,
    scope: `openid profile vault.read${isChanging ? ' vault.write' : ''}`,
    resource,
    state: checks.state,
    nonce: checks.nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(checks.verifier),
    code_challenge_method: 'S256',
    ui_locales: uiLocales,
  });
  return { url, checks };
}

async function finish(
  client: openid.Configuration,
  { resource, redirectUri }: OpenidClientOptions,
  callback: URL,
  checks: Checks,
): Promise<SignedIn> {
  // behind a proxy the address that arrives here is not the one that the browser has
  const seen = new URL(`${redirectUri}${callback.search}`);
  const tokens = await openid.authorizationCodeGrant(
    client,
    seen,
    {
      pkceCodeVerifier: checks.verifier,
      expectedState: checks.state,
      expectedNonce: checks.nonce,
      idTokenExpected: true,
    },
    { resource },
  );
  const claims = tokens.claims();
  const name = claims?.['preferred_username'] ?? claims?.['name'];
  const expiresIn = tokens.expiresIn();
  if (expiresIn === undefined) throw new SignInFailed('the token has no end');
  return {
    accessToken: tokens.access_token,
    expiresAt: Math.floor(Date.now() / 1_000) + expiresIn,
    name: typeof name === 'string' ? name.slice(0, longestName).toWellFormed() : '',
  };
}

/** What the library throws, told apart by who can mend it. */
async function translated<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SignInFailed) throw cause;
    if (isRefusal(cause))
      throw new SignInFailed('the sign-in was refused, or its answer does not fit', { cause });
    throw new SignInAway('loop-auth can not be asked', { cause });
  }
}

// The library's codes for an answer that is whole and yet not the one that was asked for.
const mismatches = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
]);

function isRefusal(error: unknown): boolean {
  if (error instanceof openid.AuthorizationResponseError) return true;
  // of our own credential: a person can't mend it by signing in again
  if (error instanceof openid.ResponseBodyError) {
    return error.status < 500 && error.status !== 429 && error.error !== 'invalid_client';
  }
  return error instanceof openid.ClientError && mismatches.has(String(error.code));
}
