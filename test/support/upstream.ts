// An identity provider beside loop-auth, played by a real HTTP server: it knows one person, and lies where a test says so.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import type { Test } from 'tap';
import type { Browser, Page } from '../../scripts/demo/browser.ts';
import { type LoopAuth, startLoopAuth, type WorldOptions } from './loop-auth.ts';

type Claims = Record<string, unknown>;
type Query = Readonly<Record<string, string>>;

export class FakeProvider {
  /** What the ID token says beside iss, aud, nonce and the times; `sub` among it. */
  claims: Claims = { sub: 'ann-there', email: 'ann@example.com', email_verified: true };
  userinfo: Claims = {};
  /** How the ID token is signed. */
  signing: 'right' | 'another key' | 'none' = 'right';
  /** Changes the members that the provider itself puts into the ID token. */
  lies: Claims = {};
  /** In place of the code, to the browser. */
  error: string | undefined;
  /** In place of its own issuer, with the answer to the browser; null leaves it away. */
  answerIssuer: string | null | undefined;
  /** Every connection is dropped. */
  isAway = false;
  /** Sent by /token in place of tokens, such as 'x' many times. */
  flood: string | undefined;
  metadata: Claims = {};
  /** Every request of ours, by its path. */
  readonly asked: string[] = [];
  /** The query of every browser that came. */
  readonly visits: Query[] = [];
  /** The bodies of every request for tokens. */
  readonly exchanges: Query[] = [];
  issuer = '';
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #codes = new Map<string, Query>();
  readonly #keys = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>();

  async start(): Promise<this> {
    for (const name of ['right', 'another key']) this.#keys.set(name, await generateKeyPair('ES256'));
    const server = createServer((req, res) => void this.#answer(req, res));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#server = server;
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
    this.#server = undefined;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (this.isAway) return void req.socket.destroy();
    const url = new URL(req.url ?? '', this.issuer);
    this.asked.push(url.pathname);
    let body = '';
    for await (const chunk of req) body += chunk;
    if (url.pathname === '/authorize') return this.#authorize(url, res);
    const answer = await this.#say(url.pathname, Object.fromEntries(new URLSearchParams(body)));
    res.writeHead(answer ? 200 : 400, { 'content-type': 'application/json' });
    res.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? { error: 'invalid_grant' }));
  }

  #authorize(url: URL, res: ServerResponse): void {
    const query = Object.fromEntries(url.searchParams);
    this.visits.push(query);
    const back = new URL(query['redirect_uri'] ?? '');
    const code = `code-${this.visits.length}`;
    this.#codes.set(code, query);
    if (this.error) back.searchParams.set('error', this.error);
    else back.searchParams.set('code', code);
    back.searchParams.set('state', query['state'] ?? '');
    const issuer = this.answerIssuer === undefined ? this.issuer : this.answerIssuer;
    if (issuer !== null) back.searchParams.set('iss', issuer);
    res.writeHead(303, { location: back.href }).end();
  }

  async #say(path: string, form: Query): Promise<unknown> {
    if (path === '/.well-known/openid-configuration') return this.#describe();
    if (path === '/jwks') {
      const { publicKey } = this.#keyOf('right');
      return { keys: [{ ...(await exportJWK(publicKey)), kid: 'right', alg: 'ES256', use: 'sig' }] };
    }
    if (path === '/userinfo') return { sub: this.claims['sub'], ...this.userinfo };
    if (path !== '/token') return undefined;
    this.exchanges.push(form);
    const query = this.#codes.get(form['code'] ?? '');
    this.#codes.delete(form['code'] ?? '');
    if (!query) return undefined;
    if (this.flood) return this.flood;
    const token = { access_token: 'upstream-access-token', refresh_token: 'upstream-refresh-token' };
    return { ...token, token_type: 'Bearer', expires_in: 60, id_token: await this.#identify(query) };
  }

  #describe(): Claims {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      userinfo_endpoint: `${this.issuer}/userinfo`,
      jwks_uri: `${this.issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      authorization_response_iss_parameter_supported: true,
      scopes_supported: ['openid', 'profile', 'email', 'groups'],
      ...this.metadata,
    };
  }

  #keyOf(name: string) {
    const pair = this.#keys.get(name);
    if (!pair) throw new Error(`no key ${name}`);
    return pair;
  }

  async #identify(query: Query): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const own = { iss: this.issuer, aud: query['client_id'], nonce: query['nonce'], iat: now, exp: now + 60 };
    const payload = { ...own, ...this.claims, ...this.lies } as JWTPayload;
    if (this.signing === 'none') return new UnsecuredJWT(payload).encode();
    const { privateKey } = this.#keyOf(this.signing);
    return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'right' }).sign(privateKey);
  }
}

export async function startProvider(t: Test): Promise<FakeProvider> {
  const provider = await new FakeProvider().start();
  t.teardown(() => provider.stop());
  return provider;
}

export const upstreamSecret = 'the-secret-of-loop-at-the-provider';

/** Settings for a provider at which loop-auth is `loop`. */
export function settingsFor(issuer: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    AUTH_UPSTREAM_ISSUER: issuer,
    AUTH_UPSTREAM_CLIENT_ID: 'loop',
    AUTH_UPSTREAM_CLIENT_SECRET: upstreamSecret,
    AUTH_UPSTREAM_NAME: 'Home',
    AUTH_UPSTREAM_ALLOW: 'ann@example.com',
    ...more,
  };
}

/** A loop-auth with a provider beside it that plays along. */
export async function startWithProvider(
  t: Test,
  settings: Record<string, string> = {},
  options: WorldOptions = {},
): Promise<{ provider: FakeProvider; loop: LoopAuth }> {
  const provider = await startProvider(t);
  const loop = await startLoopAuth(t, {
    withoutAccount: true,
    ...options,
    settings: settingsFor(provider.issuer, settings),
  });
  return { provider, loop };
}

/** The button of the page that one signs in at. */
export function pressProvider(browser: Browser, page: Page, stopAt?: string): Promise<Page> {
  return browser.submit(
    page,
    { upstream: /name="upstream" value="(\w+)"/.exec(page.text)?.[1] ?? '' },
    stopAt,
  );
}
