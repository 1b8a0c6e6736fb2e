// A real loop-auth in this process on a free port, with the calls that apps and people make of it.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Database } from '../../adapters/database/database.ts';
import { openDatabase } from '../../adapters/database/open.ts';
import { hashClientSecret } from '../../adapters/models/client.ts';
import { AccountStore } from '../../adapters/stores/accounts.ts';
import { ClientStore } from '../../adapters/stores/clients.ts';
import { KeyStore } from '../../adapters/stores/keys.ts';
import { FetchFailed, type FetchJson } from '../../auth/clients/hosts/guarded-fetch.ts';
import { createSeededClient, type SeedWish } from '../../auth/clients/seeded.ts';
import { parseConfig } from '../../auth/config.ts';
import { type Phase, withHealth } from '../../auth/http/health.ts';
import { createLog } from '../../auth/http/log.ts';
import { createMetrics } from '../../auth/http/metrics.ts';
import { createKeySeal } from '../../auth/keys/seal.ts';
import { openKeys } from '../../auth/keys/server-keys.ts';
import { hashPassword } from '../../auth/people/passwords.ts';
import { openApp } from '../../auth/service.ts';
import { Browser } from '../../scripts/demo/browser.ts';
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { fixCounters } from './limits.ts';
import { createPkce, type Tokens } from './oauth.ts';
import './remembered-hashes.ts';

export const ann = { username: 'ann', password: 'a sentence that only Ann knows' };
export const redirectUri = 'http://127.0.0.1:40404/callback';
export const webRedirectUri = 'https://app.example/callback';
export const resource = 'http://localhost:8082/mcp';
export const apiSecret = 'the secret of loop-api, 32 signs';

export interface App {
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
}

/** An authorization on its way: what the app keeps until the answer comes back. */
export interface Attempt {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body where it is a JSON object, else empty. */
  readonly body: Record<string, unknown>;
}

export interface WorldOptions {
  /** Below the origin, such as `/auth`. */
  readonly issuerPath?: string;
  /** In place of 127.0.0.1, such as `localhost`: passkeys are for names. */
  readonly issuerHost?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly withoutAccount?: boolean;
  readonly databasePath?: string;
  /** Where documents and key sets of clients are read; by default from hosts that are never there. */
  readonly fetchJson?: FetchJson;
  /** The library answers all that it can, nothing in front of it. */
  readonly isLibraryAlone?: boolean;
}

/** What Ann marks on the page of consent. */
export type Choice = Readonly<Record<string, string | readonly string[]>>;

type Fields = Readonly<Record<string, string | undefined>>;

// Making an RSA key and hashing a password (remembered-hashes.ts) cost more than all else in a small test.
const once = new Map<string, Promise<string>>();

function remember(name: string, make: () => Promise<string>): Promise<string> {
  const made = once.get(name) ?? make();
  once.set(name, made);
  return made;
}

/** Opens a loop-auth that ends with the test. */
export async function startLoopAuth(t: Test, options: WorldOptions = {}): Promise<LoopAuth> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-auth-'));
  let listener: RequestListener = (_request, response) => void response.writeHead(500).end();
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const databasePath = options.databasePath ?? join(folder, 'auth.db');
  const config = parseConfig({
    AUTH_ISSUER: `http://${options.issuerHost ?? '127.0.0.1'}:${port}${options.issuerPath ?? ''}`,
    AUTH_DATABASE_URL: `sqlite:${databasePath}`,
    API_RESOURCE: resource,
    API_CLIENT_SECRET: apiSecret,
    ...options.settings,
  });
  const database = await openDatabase(config.databaseUrl);
  await Promise.all([seedKey(database), fixCounters(database)]);
  if (!options.withoutAccount) await addAccount(database, ann);
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const metrics = createMetrics();
  const app = await openApp(config, {
    database,
    log,
    metrics,
    fetchJson: options.fetchJson ?? nobodyIsThere,
    isLibraryAlone: options.isLibraryAlone ?? false,
  });
  const world = new LoopAuth({
    origin: `http://127.0.0.1:${port}`,
    config,
    database,
    databasePath,
    lines,
    refreshKeys: app.refreshKeys,
    storeCalls: app.storeCalls,
    backUpIfDue: app.backUpIfDue,
    storeTries: app.storeTries,
    readMetrics: () => metrics.render(),
  });
  listener = withHealth({
    phase: () => world.phase,
    app: () => app.listener,
    isDatabaseThere: () => database.isThere(),
  });
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await app.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  return world;
}

const nobodyIsThere: FetchJson = async () => {
  throw new FetchFailed('nobody is there');
};

async function seedKey(database: Database): Promise<void> {
  const store = new KeyStore(database);
  if ((await store.list('signing')).length > 0) return;
  const secret = await remember('key', async () => {
    const elsewhere = await openDatabase('sqlite::memory:');
    await openKeys(new KeyStore(elsewhere), createKeySeal(undefined), Math.floor(Date.now() / 1000));
    const [key] = await new KeyStore(elsewhere).list('signing');
    await elsewhere.close();
    return key?.secret ?? '';
  });
  await store.add('signing', String((JSON.parse(secret) as { kid: string }).kid), secret);
}

export async function addAccount(
  database: Database,
  { username, password }: { username: string; password: string },
): Promise<string> {
  const hash = await remember(password, () => hashPassword(password));
  return (await new AccountStore(database).create(username, hash)).id;
}

interface Parts {
  readonly origin: string;
  readonly config: ReturnType<typeof parseConfig>;
  readonly database: Database;
  readonly databasePath: string;
  readonly lines: string[];
  readonly refreshKeys: () => Promise<void>;
  readonly storeCalls: () => Promise<void>;
  readonly backUpIfDue: () => Promise<void>;
  readonly storeTries: () => Promise<void>;
  readonly readMetrics: () => Promise<string>;
}

export class LoopAuth {
  phase: Phase = 'ready';
  /** Where it listens; the issuer's own origin unless the test says otherwise. */
  readonly origin: string;
  readonly issuer: string;
  readonly config: Parts['config'];
  readonly database: Database;
  readonly databasePath: string;
  readonly lines: string[];
  /** What the running service does every half minute. */
  readonly refreshKeys: () => Promise<void>;
  /** What it does every ten seconds. */
  readonly storeCalls: () => Promise<void>;
  /** What it does every minute. */
  readonly backUpIfDue: () => Promise<void>;
  /** What it does every two seconds. */
  readonly storeTries: () => Promise<void>;
  /** The text of /metrics. */
  readonly readMetrics: () => Promise<string>;

  constructor(parts: Parts) {
    const { origin, config, database, databasePath, lines, refreshKeys } = parts;
    this.origin = origin;
    this.issuer = config.issuer;
    this.config = config;
    this.database = database;
    this.databasePath = databasePath;
    this.lines = lines;
    this.refreshKeys = refreshKeys;
    this.storeCalls = parts.storeCalls;
    this.backUpIfDue = parts.backUpIfDue;
    this.storeTries = parts.storeTries;
    this.readMetrics = parts.readMetrics;
  }

  /** One request to a path below the issuer's; redirects are not followed. */
  async ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const base = this.origin + new URL(this.issuer).pathname.replace(/\/$/, '');
    return readAnswer(await fetch(base + path, { redirect: 'manual', ...init }));
  }

  async register(metadata: Record<string, unknown> = {}): Promise<App> {
    const { status, text, body } = await this.tryRegister({
      client_name: 'A test',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
      ...metadata,
    });
    if (status !== 201) throw new Error(`the registration was refused (${status}): ${text}`);
    return { clientId: String(body['client_id']), clientSecret: body['client_secret'] as string | undefined };
  }

  tryRegister(metadata: unknown): Promise<Answer> {
    const headers = { 'Content-Type': 'application/json' };
    return this.ask('/reg', { method: 'POST', headers, body: JSON.stringify(metadata) });
  }

  /** A web client with a secret as an operator makes one (scripts/seed-client.ts), unless the wish says otherwise. */
  async seed(wish: Partial<SeedWish> = {}): Promise<App> {
    const clientId = randomBytes(16).toString('hex');
    const isPublic = wish.authMethod === 'none';
    const clientSecret = isPublic ? undefined : randomBytes(32).toString('base64url');
    const metadata = createSeededClient(clientId, {
      name: 'A seeded test',
      redirectUris: [webRedirectUri],
      postLogoutRedirectUris: [],
      authMethod: 'client_secret_basic',
      grants: ['authorization_code', 'refresh_token'],
      scopes: [],
      withoutPkce: false,
      ...wish,
    });
    const secret = clientSecret === undefined ? {} : { client_secret: hashClientSecret(clientSecret) };
    await new ClientStore(this.database).add('seeded', { ...metadata, ...secret });
    return { clientId, clientSecret };
  }

  /** An authorization request as an app makes it; `undefined` leaves a parameter away. */
  authorization({ clientId }: App, parameters: Fields = {}): Attempt {
    const { verifier, challenge } = createPkce();
    const state = randomBytes(8).toString('hex');
    const query = present({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      resource,
      scope: 'vault.read',
      state,
      ...parameters,
    });
    return { url: new URL(`${this.issuer}/auth?${query}`), verifier, state };
  }

  /** Ann signs in and allows; resolves to the code. */
  async code({ url }: Attempt, browser = new Browser(), choice: Choice = {}): Promise<string> {
    const answer = await authorizeInBrowser(url, ann, { browser, choice });
    const code = answer.searchParams.get('code');
    if (!code) throw new Error(`no code in ${answer.search}`);
    return code;
  }

  /** A request to the token endpoint by that app. */
  token(app: App, fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
    return this.post(
      '/token',
      { client_id: app.clientId, client_secret: app.clientSecret, ...fields },
      headers,
    );
  }

  exchange(app: App, code: string, attempt: Attempt, fields: Fields = {}): Promise<Answer> {
    const own = { code, redirect_uri: redirectUri, code_verifier: attempt.verifier };
    return this.token(app, { grant_type: 'authorization_code', ...own, ...fields });
  }

  refresh(app: App, refreshToken: unknown, fields: Fields = {}): Promise<Answer> {
    return this.token(app, { grant_type: 'refresh_token', refresh_token: String(refreshToken), ...fields });
  }

  /** The whole way from nothing to tokens. */
  async connect(
    options: { app?: App; browser?: Browser; parameters?: Fields; choice?: Choice } = {},
  ): Promise<{ app: App; tokens: Tokens }> {
    const app = options.app ?? (await this.register());
    const attempt = this.authorization(app, options.parameters);
    const { status, text, body } = await this.exchange(
      app,
      await this.code(attempt, options.browser, options.choice),
      attempt,
    );
    if (status !== 200) throw new Error(`the code was refused (${status}): ${text}`);
    return { app, tokens: body as unknown as Tokens };
  }

  /** As loop-api asks, unless other credentials are given. */
  introspect(token: unknown, credentials = basic('loop-api', apiSecret)): Promise<Answer> {
    return this.post('/token/introspection', { token: String(token) }, { Authorization: credentials });
  }

  async isActive(token: unknown): Promise<boolean> {
    const { status, text, body } = await this.introspect(token);
    if (status !== 200) throw new Error(`introspection answered ${status}: ${text}`);
    return body['active'] === true;
  }

  /** As loop-api does, unless other credentials are given. */
  describe(description: object, credentials = basic('loop-api', apiSecret)): Promise<Answer> {
    const headers = { Authorization: credentials, 'Content-Type': 'application/json' };
    const whole = { resource, name: 'Notes', isWritable: true, notes: 3, folders: [], ...description };
    return this.ask('/resource-description', { method: 'PUT', headers, body: JSON.stringify(whole) });
  }

  revoke(app: App, token: unknown): Promise<Answer> {
    const fields = { client_id: app.clientId, client_secret: app.clientSecret, token: String(token) };
    return this.post('/token/revocation', fields);
  }

  post(path: string, fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { method: 'POST', body: present(fields), headers });
  }

  /** The bytes of the database, with what has not been written back from the log yet. */
  async storedBytes(): Promise<Buffer> {
    const files = [this.databasePath, `${this.databasePath}-wal`];
    return Buffer.concat(await Promise.all(files.map((file) => readFile(file))));
  }
}

export function basic(id: string, secret: string): string {
  const pair = [id, secret].map((part) => new URLSearchParams({ '': part }).toString().slice(1)).join(':');
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

export function present(fields: Fields): URLSearchParams {
  const entries = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(entries);
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /^application\/([\w-]+\+)?json/.test(response.headers.get('Content-Type') ?? '');
  const body = isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, text, body };
}
