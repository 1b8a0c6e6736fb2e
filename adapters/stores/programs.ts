// Clients that act for an account without a person: each comes with a grant that stands until somebody takes it away.
import { randomBytes } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';

// As long as any grant (auth/provider.ts); it ends by being taken away.
const grantSeconds = 50 * 365 * 24 * 3600;

export interface Program {
  /** With the secret as a hash only. */
  readonly client: AdapterPayload;
  readonly accountId: string;
  /** What oidc-provider's grant holds of resources and details. */
  readonly gives: { readonly resources: Readonly<Record<string, string>>; readonly rar: readonly object[] };
}

export class ProgramStore {
  readonly #database: Database;
  readonly #addClient: Statement;
  readonly #addGrant: Statement;
  readonly #find: Statement;

  constructor(database: Database) {
    const { builder } = database;
    const client = {
      id: param('clientId'),
      source: 'seeded',
      payload: param('clientPayload'),
      created_at: param('now'),
      granted_at: param('now'),
    };
    const grant = {
      id: param('grantId'),
      payload: param('grantPayload'),
      account_id: param('accountId'),
      client_id: param('clientId'),
      created_at: param('now'),
      expires_at: param('expiresAt'),
      is_standing: 1,
    };
    this.#database = database;
    this.#addClient = compile(builder('clients').insert(client));
    this.#addGrant = compile(builder('grants').insert(grant));
    this.#find = compile(
      builder('grants')
        .select('id')
        .where({ client_id: param('clientId'), is_standing: 1 })
        .limit(1),
    );
  }

  /** Resolves to the id of its grant. */
  async add({ client, accountId, gives }: Program): Promise<string> {
    const now = epochSeconds();
    const clientId = String(client.client_id);
    const [grantId, expiresAt] = [randomBytes(32).toString('base64url'), now + grantSeconds];
    const grant = { kind: 'Grant', accountId, clientId, iat: now, exp: expiresAt, ...gives };
    const payloads = { clientPayload: JSON.stringify(client), grantPayload: JSON.stringify(grant) };
    await this.#database.commit([
      { statement: this.#addClient, values: { clientId, clientPayload: payloads.clientPayload, now } },
      {
        statement: this.#addGrant,
        values: { grantId, grantPayload: payloads.grantPayload, accountId, clientId, now, expiresAt },
      },
    ]);
    return grantId;
  }

  /** Undefined where it was taken away. */
  async findGrantId(clientId: string): Promise<string | undefined> {
    const row = await this.#database.first(this.#find, { clientId });
    return row && String(row['id']);
  }
}
