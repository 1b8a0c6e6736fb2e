// What the benchmarks refresh and ask about: clients that were let in, each with a grant, a refresh token and an access token.
import { randomBytes } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Database } from '../../../../adapters/database/database.ts';
import { hashOpaque } from '../../../../adapters/database/hash.ts';
import { compile, param, type Values, type Write } from '../../../../adapters/database/statement.ts';

export interface Family {
  readonly clientId: string;
  /** The one to be exchanged next. */
  refreshToken: string;
  readonly accessToken: string;
}

const year = 365 * 24 * 3600;
const resource = 'http://localhost:8082/mcp';

export function makeFamilies(count: number): Family[] {
  return Array.from({ length: count }, (_, index) => ({
    clientId: `client-${index}`,
    refreshToken: opaque(),
    accessToken: opaque(),
  }));
}

/** Into the tables, as loop-auth keeps them. */
export async function storeFamilies(
  database: Database,
  accountId: string,
  families: readonly Family[],
): Promise<void> {
  await database.commit(
    families.flatMap((family) =>
      Object.entries(rowsOf(family, accountId)).map(([table, values]) => insert(database, table, values)),
    ),
  );
}

/** Into the library's own adapter. The clients are stored as well, since strangers are refused after some hundred requests. */
export async function keepFamilies(
  { database, adapter }: { readonly database: Database; readonly adapter: (name: string) => Adapter },
  accountId: string,
  families: readonly Family[],
): Promise<void> {
  for (const family of families) {
    const { client, grant, refresh, access } = payloadsOf(family, accountId);
    const { clientId, refreshToken, accessToken } = family;
    const grantId = grantOf(clientId);
    await adapter('Client').upsert(clientId, client as AdapterPayload, undefined as never);
    await adapter('Grant').upsert(grantId, { ...grant, jti: grantId }, year);
    await adapter('RefreshToken').upsert(refreshToken, { ...refresh, jti: refreshToken }, year);
    await adapter('AccessToken').upsert(accessToken, { ...access, jti: accessToken }, year);
  }
  const rows = families.map((family) => rowsOf(family, accountId).clients);
  await database.commit(rows.map((values) => insert(database, 'clients', values)));
}

function insert({ builder }: Database, table: string, values: Values): Write {
  const places = Object.fromEntries(Object.keys(values).map((name) => [name, param(name)]));
  return { statement: compile(builder(table).insert(places)), values };
}

function opaque(): string {
  return randomBytes(32).toString('base64url');
}

const grantOf = (clientId: string): string => `grant of ${clientId}`;

function payloadsOf({ clientId }: Family, accountId: string) {
  const now = Math.floor(Date.now() / 1000);
  const own = { accountId, clientId, iat: now, exp: now + year };
  const issued = { ...own, grantId: grantOf(clientId), gty: 'authorization_code', scope: 'vault.read' };
  return {
    now,
    client: {
      client_id: clientId,
      redirect_uris: ['https://app.example/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    grant: { ...own, kind: 'Grant', resources: { [resource]: 'vault.read' } },
    access: { ...issued, kind: 'AccessToken', aud: resource, extra: {} },
    refresh: { ...issued, kind: 'RefreshToken', iiat: now, rotations: 0, resource },
  };
}

function rowsOf(family: Family, accountId: string) {
  const { clientId, refreshToken, accessToken } = family;
  const { now, client, grant, access, refresh } = payloadsOf(family, accountId);
  const grantId = grantOf(clientId);
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
