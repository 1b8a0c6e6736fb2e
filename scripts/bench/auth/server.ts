// A loop-auth for the benchmarks, as a process of its own: tells its port and tokens, and its CPU time when asked.
// Arguments: the storage (`memory` is the library's own adapter), how many tokens, clients and expired tokens there are,
// and of how many clients tokens are asked for.
// The room: what the benchmarks of loop-auth measure, and what they measure it beside. Not of loop-api: api/.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import Sqlite from 'better-sqlite3';
import type { Adapter } from 'oidc-provider';
import { hashOpaque } from '../../../adapters/database/hash.ts';
import { openDatabase } from '../../../adapters/database/open.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { createLog } from '../../../auth/http/log.ts';
import { createMetrics } from '../../../auth/http/metrics.ts';
import { openApp } from '../../../auth/service.ts';
import { openPlace } from './place.ts';

export interface ServerFacts {
  readonly port: number;
  /** Some of the tokens, chosen evenly. */
  readonly tokens: string[];
}

/** What the server answers to the message `facts`. */
export interface ServerFigures {
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
  /** Expired access tokens that are still there. */
  readonly expiredRows: number;
}

const shownTokens = 20_000;
const year = 365 * 24 * 3600;

interface Scale {
  readonly tokens: number;
  readonly clients: number;
  readonly expired: number;
  /** Tokens of the first so many clients are shown. */
  readonly askedClients: number;
}

if (process.argv[1] === import.meta.filename) await serve();

async function serve(): Promise<void> {
  const [storage, ...numbers] = process.argv.slice(2);
  const [tokens = 1, clients = 1, expired = 0, askedClients = clients] = numbers.map(Number);
  const { path, port, config, serve: serveApp } = await openPlace();
  const database = await openDatabase(config.databaseUrl);
  const account = await new AccountStore(database).create('bench', 'no password opens this');
  const log = createLog('fatal', { write: () => {} });
  const adapter = storage === 'memory' ? await createMemoryAdapter() : undefined;
  const scale = { tokens, clients, expired, askedClients };
  const shown = adapter ? await fillAdapter(adapter, account.id, scale) : fillFile(path, account.id, scale);
  const surroundings = {
    database,
    log,
    metrics: createMetrics(),
    ...(adapter && { adapter, isLibraryAlone: true }),
  };
  const app = await openApp(config, surroundings);
  const reader = new Sqlite(path, { readonly: true });
  const countExpired = reader.prepare('SELECT count(*) FROM access_tokens WHERE expires_at < ?').pluck();
  const countOver = (): number => (expired > 0 ? Number(countExpired.get(epochSeconds())) : 0);
  serveApp(app.listener, () => ({ expiredRows: countOver() }));
  process.send?.({ port, tokens: shown });
}

async function createMemoryAdapter(): Promise<(name: string) => Adapter> {
  // Not exported by the package; reached by its path.
  const path = createRequire(import.meta.url).resolve('oidc-provider/lib/adapters/memory_adapter.js');
  const made = (await import(path)) as {
    createMemoryAdapter: (clockTolerance: number) => (name: string) => Adapter;
  };
  return made.createMemoryAdapter(15);
}

function clientOf(id: string): Record<string, unknown> {
  return {
    client_id: id,
    client_name: 'A client of the benchmark',
    redirect_uris: ['https://app.example/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
}

function tokenOf(accountId: string, clientId: string, grantId: string): Record<string, unknown> {
  const now = epochSeconds();
  const shared = { accountId, clientId, grantId, gty: 'authorization_code', kind: 'AccessToken' };
  return {
    ...shared,
    iat: now,
    exp: now + year,
    aud: 'http://localhost:8082/mcp',
    scope: 'vault.read',
    extra: {},
  };
}

function grantOf(accountId: string, clientId: string): Record<string, unknown> {
  const resources = { 'http://localhost:8082/mcp': 'vault.read' };
  return { accountId, clientId, kind: 'Grant', iat: epochSeconds(), exp: epochSeconds() + year, resources };
}

async function fillAdapter(
  adapter: (name: string) => Adapter,
  accountId: string,
  scale: Scale,
): Promise<string[]> {
  const shown: string[] = [];
  for (let index = 0; index < scale.tokens; index += 1) {
    const client = `client-${index % scale.clients}`;
    const token = randomBytes(32).toString('base64url');
    const grant = `grant-${index}`;
    if (index < scale.clients) await adapter('Client').upsert(client, clientOf(client), undefined as never);
    await adapter('Grant').upsert(grant, { ...grantOf(accountId, client), jti: grant }, year);
    await adapter('AccessToken').upsert(token, { ...tokenOf(accountId, client, grant), jti: token }, year);
    shown.push(token);
  }
  return shown;
}

/** Straight into the tables, in one transaction: a million rows by the adapter would take the benchmark's whole time. */
function fillFile(path: string, accountId: string, scale: Scale): string[] {
  const file = new Sqlite(path);
  const insertClient = file.prepare(
    "INSERT INTO clients (id, source, payload, created_at) VALUES (?, 'registration', ?, ?)",
  );
  const insertGrant = file.prepare(
    'INSERT INTO grants (id, payload, expires_at, account_id, client_id, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertToken = file.prepare(
    'INSERT INTO access_tokens (id, payload, expires_at, grant_id) VALUES (?, ?, ?, ?)',
  );
  const shown: string[] = [];
  const wanted = (scale.tokens * scale.askedClients) / scale.clients;
  const every = Math.max(1, Math.floor(wanted / shownTokens));
  let asked = 0;
  const now = epochSeconds();
  file.transaction(() => {
    for (let index = 0; index < scale.clients; index += 1) {
      insertClient.run(`client-${index}`, JSON.stringify(clientOf(`client-${index}`)), now);
    }
    for (let index = 0; index < scale.tokens; index += 1) {
      const client = `client-${index % scale.clients}`;
      const grant = `grant-${index}`;
      const token = randomBytes(32).toString('base64url');
      const payload = JSON.stringify(grantOf(accountId, client));
      // The sweep has looked at it, and comes back when its token is over.
      insertGrant.run(grant, payload, now + year, accountId, client, now, now + year);
      insertToken.run(
        hashOpaque(token),
        JSON.stringify(tokenOf(accountId, client, grant)),
        now + year,
        grant,
      );
      const isAsked = index % scale.clients < scale.askedClients;
      if (isAsked && asked++ % every === 0) shown.push(token);
    }
    for (let index = 0; index < scale.expired; index += 1) {
      const payload = JSON.stringify(tokenOf(accountId, 'client-0', 'grant-0'));
      insertToken.run(randomBytes(32).toString('base64url'), payload, now - 3600, 'grant-0');
    }
  })();
  file.close();
  return shown;
}

function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
