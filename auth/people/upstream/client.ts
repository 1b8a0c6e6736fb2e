// loop-auth as an OpenID client of the provider: code flow with PKCE (OpenID Connect Core section 3.1, RFC 7636, RFC 9207).
import type { Configuration, IDToken } from 'openid-client';
import { recentSeconds } from '../account-session.ts';
import type { Claims } from './allowed.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { UpstreamSettings } from './settings.ts';

/** The provider can't be asked just now, or not as it is set up; nothing is said of the person. */
export class UpstreamAway extends Error {
  override readonly name = 'UpstreamAway';
}

/** The sign-in came to nothing; it can be begun anew. */
export class UpstreamRefused extends Error {
  override readonly name = 'UpstreamRefused';
  readonly why: 'cancelled' | 'refused' | 'unfit';

  constructor(why: UpstreamRefused['why'], options: ErrorOptions) {
    super(`the provider’s answer: ${why}`, options);
    this.why = why;
  }
}

/** What is kept while a person signs in. */
interface Checks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Whom the provider has signed in. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** Of the ID token, and beside it of userinfo. */
  readonly claims: Claims;
  /** Epoch seconds; undefined where the provider does not say it. */
  readonly authenticatedAt: number | undefined;
}

export interface UpstreamClient {
  /** The address at which a person signs in; `isAnew` asks for it also where they are signed in. Throws UpstreamAway. */
  readonly begin: (isAnew: boolean) => Promise<{ readonly url: URL; readonly checks: Checks }>;
  /** `search` is the query of the address that the browser came back to. Throws UpstreamAway, UpstreamRefused. */
  readonly finish: (search: string, checks: Checks) => Promise<Identity>;
}

type Library = typeof import('openid-client');

interface Connected {
  readonly library: Library;
  readonly config: Configuration;
}

const timeoutSeconds = 5;
// Keys are read again by the library whenever one is not known; endpoints hardly ever change.
const knownMs = 3600_000;

export function createUpstreamClient(settings: UpstreamSettings, redirectUri: string): UpstreamClient {
  const connect = rememberConnection(settings);
  return {
    begin: async (isAnew) => begin(await connect(), settings, redirectUri, isAnew),
    finish: async (search, checks) => {
      const connected = await connect();
      const seen = new URL(`${redirectUri}${search}`);
      return translated(connected.library, () => finish(connected, settings, seen, checks));
    },
  };
}

/** Read when somebody signs in and not before: a start needs no provider. Asked once for all who wait. */
function rememberConnection(settings: UpstreamSettings): () => Promise<Connected> {
  let known: { readonly connected: Connected; readonly until: number } | undefined;
  let reading: Promise<Connected> | undefined;
  const read = async (): Promise<Connected> => {
    try {
      const connected = await discover(settings);
      known = { connected, until: performance.now() + knownMs };
      return connected;
    } catch (error) {
      // What it said an hour ago is as good as ever, as long as it lets people in.
      if (known) return known.connected;
      throw awayFor(error);
    } finally {
      reading = undefined;
    }
  };
  return async () => {
    if (known && performance.now() < known.until) return known.connected;
    reading ??= read();
    return reading;
  };
}

async function discover({ issuer, clientId, clientSecret }: UpstreamSettings): Promise<Connected> {
  const library = await import('openid-client');
  const isPlain = issuer.startsWith('http:');
  // The signature of an ID token is checked also where it came over TLS from the provider itself.
  const execute = [library.enableNonRepudiationChecks, ...(isPlain ? [library.allowInsecureRequests] : [])];
  const config = await library.discovery(
    new URL(issuer),
    clientId,
    undefined,
    (...given) => authenticate(library, clientSecret)(...given),
    { execute, timeout: timeoutSeconds, [library.customFetch]: boundedFetch },
  );
  return { library, config };
}

/** Basic is what a client is registered for where nobody chose (OpenID Connect Core section 9). */
function authenticate(library: Library, secret: string): ReturnType<Library['ClientSecretBasic']> {
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const isBasic = methods.includes('client_secret_basic') || !methods.includes('client_secret_post');
    const chosen = isBasic ? library.ClientSecretBasic(secret) : library.ClientSecretPost(secret);
    return chosen(server, client, body, headers);
  };
}

async function begin(
  { library, config }: Connected,
  { allow }: UpstreamSettings,
  redirectUri: string,
  isAnew: boolean,
): Promise<{ url: URL; checks: Checks }> {
  const checks = {
    state: library.randomState(),
    nonce: library.randomNonce(),
    verifier: library.randomPKCECodeVerifier(),
  };
  const { scopes_supported: scopes } = config.serverMetadata();
  // Asked for only where it is known: others refuse the whole request for it, and give groups without.
  const isGroups = allow.groups.length > 0 && scopes?.includes('groups');
  const url = library.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: ['openid', 'profile', 'email', ...(isGroups ? ['groups'] : [])]
      .filter((scope) => scope === 'openid' || (scopes?.includes(scope) ?? true))
      .join(' '),
    state: checks.state,
    nonce: checks.nonce,
    code_challenge: await library.calculatePKCECodeChallenge(checks.verifier),
    code_challenge_method: 'S256',
    ...(isAnew && { prompt: promptFor(config), max_age: String(recentSeconds) }),
  });
  return { url, checks };
}

/** Google takes no `login`, and knows another word that lets a person choose who they are. */
function promptFor(config: Configuration): string {
  const { issuer, prompt_values_supported: known } = config.serverMetadata();
  const isKnown = Array.isArray(known) ? known.includes('login') : issuer !== 'https://accounts.google.com';
  return isKnown ? 'login' : 'select_account';
}

async function finish(
  { library, config }: Connected,
  { issuer, allow }: UpstreamSettings,
  seen: URL,
  checks: Checks,
): Promise<Identity> {
  const tokens = await library.authorizationCodeGrant(config, seen, {
    pkceCodeVerifier: checks.verifier,
    expectedState: checks.state,
    expectedNonce: checks.nonce,
    idTokenExpected: true,
  });
  const said = tokens.claims() as IDToken;
  const isAsked = !isWhole(said, allow) && config.serverMetadata().userinfo_endpoint !== undefined;
  const more = isAsked ? await library.fetchUserInfo(config, tokens.access_token, said.sub) : {};
  return {
    issuer,
    subject: said.sub,
    claims: joinClaims(said, more),
    authenticatedAt: said.auth_time,
  };
}

/** Whether nothing more is to be learnt at userinfo. */
function isWhole(claims: Claims, { groups }: UpstreamSettings['allow']): boolean {
  const names = ['email', 'preferred_username', ...(groups.length > 0 ? ['groups'] : [])];
  return names.every((name) => claims[name] !== undefined);
}

/** The ID token's word counts; an address and whether it was verified are one word. */
function joinClaims(said: Claims, more: Claims): Claims {
  const { email, email_verified: isVerified } = said['email'] === undefined ? more : said;
  return { ...more, ...said, email, email_verified: isVerified };
}

/** What the library throws, told apart by who can mend it. */
async function translated<Result>(library: Library, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const why = whyRefused(library, cause);
    if (why) throw new UpstreamRefused(why, { cause });
    throw awayFor(cause);
  }
}

function awayFor(cause: unknown): UpstreamAway {
  return new UpstreamAway('the identity provider can not be asked', { cause });
}

// The library's codes for an answer that is whole and yet not the one that was asked for.
const mismatches = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_UNSUPPORTED_OPERATION',
]);

const outages = ['server_error', 'temporarily_unavailable'];

function whyRefused(library: Library, error: unknown): UpstreamRefused['why'] | undefined {
  if (error instanceof library.AuthorizationResponseError) {
    if (outages.includes(error.error)) return undefined;
    return error.error === 'access_denied' ? 'cancelled' : 'refused';
  }
  // Anything else at that endpoint is about our own credential or an outage: no person can mend it.
  if (error instanceof library.ResponseBodyError)
    return error.error === 'invalid_grant' ? 'unfit' : undefined;
  return error instanceof library.ClientError && mismatches.has(String(error.code)) ? 'unfit' : undefined;
}
