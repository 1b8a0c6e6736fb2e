// An app that wants the vault: registers itself, sends the person's browser off, and takes what comes back.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { authorizeInBrowser, type Person } from '../../../scripts/demo/sign-in.ts';
import { callTool, type WireAnswer } from '../../support/mcp-call.ts';
import { createPkce, type Tokens } from '../../support/oauth.ts';
import type { Site } from './site.ts';

export interface AppOptions {
  readonly name?: string;
  /** A page of its own on this machine by default; else such as `cursor://callback` or `https://app.example/callback`. */
  readonly redirectUri?: string;
  readonly scope?: string;
}

/** A sign-in that the app began. */
export interface Attempt {
  readonly url: string;
  readonly verifier: string;
  readonly state: string;
}

export class App {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly #site: Site;
  readonly #scope: string;

  private constructor(site: Site, clientId: string, redirectUri: string, scope: string) {
    this.#site = site;
    this.clientId = clientId;
    this.redirectUri = redirectUri;
    this.#scope = scope;
  }

  /** The page that it listens with, if it has one, ends with the test. */
  static async register(t: Test, site: Site, options: AppOptions = {}): Promise<App> {
    const redirectUri = options.redirectUri ?? (await startCallback(t));
    const response = await fetch(`${site.issuer}/reg`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        client_name: options.name ?? 'A notebook 공책',
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'none',
      }),
    });
    if (response.status !== 201) throw new Error(`the app was refused: ${await response.text()}`);
    const { client_id: clientId } = (await response.json()) as { client_id: string };
    return new App(site, clientId, redirectUri, options.scope ?? 'vault.read vault.write offline_access');
  }

  /** `undefined` leaves a parameter away. */
  begin(parameters: Readonly<Record<string, string | undefined>> = {}): Attempt {
    const { verifier, challenge } = createPkce();
    const state = randomBytes(8).toString('hex');
    const query = {
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      response_type: 'code',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      resource: this.#site.resource,
      scope: this.#scope,
      state,
      ...parameters,
    };
    const present = Object.entries(query).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    return { url: `${this.#site.issuer}/auth?${new URLSearchParams(present)}`, verifier, state };
  }

  /**
   * The address that the browser is sent back to while `act` runs, with the answer in its query. `act` must not wait for
   * the next page (`noWaitAfter`) where the app is not on this machine.
   */
  async answerTo(page: Page, act: () => Promise<unknown>): Promise<URL> {
    // Before the browser follows it: nothing on this machine opens links of an app's own scheme.
    const sent = page.waitForResponse((response) =>
      Boolean(response.headers()['location']?.startsWith(this.redirectUri)),
    );
    const [response] = await Promise.all([sent, act()]);
    return new URL(response.headers()['location'] ?? '');
  }

  /** Trades the code of an answer. Throws with what the answer or the token endpoint says instead. */
  async exchange(answer: URL, { verifier, state }: Attempt): Promise<Tokens> {
    const code = answer.searchParams.get('code');
    if (!code || answer.searchParams.get('state') !== state) throw new Error(`no code: ${answer.search}`);
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: this.clientId,
      code,
      code_verifier: verifier,
      redirect_uri: this.redirectUri,
      resource: this.#site.resource,
    });
    const response = await fetch(`${this.#site.issuer}/token`, { method: 'POST', body });
    if (response.status !== 200) throw new Error(`the code was refused: ${await response.text()}`);
    return (await response.json()) as Tokens;
  }

  /** The whole way without Chromium, for tests about what comes after it. */
  async connect(person: Person): Promise<Tokens> {
    const attempt = this.begin();
    return this.exchange(await authorizeInBrowser(attempt.url, person), attempt);
  }

  call(tokens: Tokens, tool: string, input: Record<string, unknown>): Promise<WireAnswer> {
    return callTool(this.#site.resource, tokens.access_token, tool, input);
  }
}

/** The page of an app on this computer, where a browser ends up. */
async function startCallback(t: Test): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><html lang="en"><title>An app</title><h1>Back at the app</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
}
