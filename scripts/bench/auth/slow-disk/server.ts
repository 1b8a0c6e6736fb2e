// A loop-auth for the benchmark of a slow disk, as a process of its own. Its argument: `stopping` is how it was before, each
// commit synced by SQLite itself; anything else is how it is.
import { randomBytes } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import type { Database } from '../../../../adapters/database/database.ts';
import { hashOpaque } from '../../../../adapters/database/hash.ts';
import { openSqliteDatabase } from '../../../../adapters/database/sqlite.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { createLog } from '../../../../auth/http/log.ts';
import { createMetrics } from '../../../../auth/http/metrics.ts';
import { openApp } from '../../../../auth/service.ts';
import { openPlace } from '../place.ts';

export interface Family {
  readonly clientId: string;
  readonly refreshToken: string;
  readonly accessToken: string;
}

export interface ServerFacts {
  readonly port: number;
  readonly families: readonly Family[];
}

/** Its answer to any message. */
export interface ServerFigures {
  readonly cpuMicroseconds: number;
  readonly logBytes: number;
}

const families = 64;
const normal = 'synchronous = NORMAL';
const year = 365 * 24 * 3600;
const resource = 'http://localhost:8082/mcp';

if (process.argv[1] === import.meta.filename) await serve(process.argv[2] === 'stopping');

async function serve(isStopping: boolean): Promise<void> {
  const { path, port, config, serve: serveApp } = await openPlace();
  const database = isStopping ? await openStopping(path) : await openSqliteDatabase(path);
  const account = await new AccountStore(database).create('bench', 'no password opens this');
  const made = fill(path, account.id);
  const log = createLog('fatal', { write: () => {} });
  const app = await openApp(config, { database, log, metrics: createMetrics() });
  const reader = new Sqlite(path, { readonly: true });
  const logSize = reader.prepare<[], { log: number }>('pragma wal_checkpoint(NOOP)');
  serveApp(app.listener, () => ({ logBytes: (logSize.get()?.log ?? 0) * 4120 }));
  process.send?.({ port, families: made } satisfies ServerFacts);
}

/** As it was: what makes commits wait for our own sync is left away, and SQLite syncs each, and its checkpoints. */
async function openStopping(path: string): Promise<Database> {
  const { pragma } = Sqlite.prototype;
  Sqlite.prototype.pragma = function (source, options) {
    const isLeftAway = /^wal_autocheckpoint/.test(source) || (source === normal && this === main);
    main ??= this;
    return isLeftAway ? undefined : pragma.call(this, source, options);
  };
  let main: Sqlite.Database | undefined;
  return openSqliteDatabase(path, async () => ({ datasync: async () => {}, close: async () => {} }));
}

/** Clients that were let in, each with a grant, a refresh token and an access token. */
function fill(path: string, accountId: string): Family[] {
  const file = new Sqlite(path);
  const now = Math.floor(Date.now() / 1000);
  const made = Array.from({ length: families }, (_, index) => ({
    clientId: `client-${index}`,
    refreshToken: opaque(),
    accessToken: opaque(),
  }));
  file.transaction(() => {
    for (const family of made) {
      for (const [table, row] of Object.entries(rowsOf(family, accountId, now))) {
        const names = Object.keys(row);
        const places = names.map((name) => `@${name}`);
        file.prepare(`INSERT INTO ${table} (${names}) VALUES (${places})`).run(row);
      }
    }
  })();
  file.close();
  return made;
}

function opaque(): string {
  return randomBytes(32).toString('base64url');
}

type Rows = Record<string, Record<string, string | number>>;

function rowsOf({ clientId, refreshToken, accessToken }: Family, accountId: string, now: number): Rows {
  const grantId = `grant of ${clientId}`;
  const client = {
    client_id: clientId,
    redirect_uris: ['https://app.example/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  const own = { accountId, clientId, iat: now, exp: now + year };
  const grant = { ...own, kind: 'Grant', resources: { [resource]: 'vault.read' } };
  const issued = { ...own, grantId, gty: 'authorization_code', scope: 'vault.read' };
  const access = { ...issued, kind: 'AccessToken', aud: resource, extra: {} };
  const refresh = { ...issued, kind: 'RefreshToken', iiat: now, rotations: 0, resource };
  const row = (id: string, payload: object) => ({ id, payload: JSON.stringify(payload) });
  const token = { expires_at: now + year, grant_id: grantId };
  const owners = { account_id: accountId, client_id: clientId };
  return {
    clients: { ...row(clientId, client), source: 'registration', created_at: now, granted_at: now },
    grants: { ...row(grantId, grant), ...owners, expires_at: now + year, created_at: now },
    access_tokens: { ...row(hashOpaque(accessToken), access), ...token },
    refresh_tokens: { ...row(hashOpaque(refreshToken), refresh), ...token, salt: opaque(), issued_at: now },
  };
}
