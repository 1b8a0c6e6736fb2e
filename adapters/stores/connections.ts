// Who is connected: live grants with their app, account and last use, and taking them away.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Row, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { createRevocation, type Revocation } from '../models/revocation.ts';

/** One app let in once by one account. Times in epoch seconds. */
export interface Connection {
  readonly grantId: string;
  readonly clientId: string;
  /** What the app says of itself; undefined where its registration is gone. */
  readonly client: AdapterPayload | undefined;
  readonly accountId: string;
  readonly username: string;
  readonly since: number;
  /** When it last got new tokens. */
  readonly lastUsed: number;
}

export class ConnectionStore {
  readonly #database: Database;
  readonly #revocation: Revocation;
  readonly #list: Statement;
  readonly #ofAccount: Statement;

  constructor(database: Database) {
    const { builder } = database;
    const live = () =>
      builder('grants')
        .join('refresh_tokens', 'refresh_tokens.grant_id', 'grants.id')
        .leftJoin('clients', 'clients.id', 'grants.client_id')
        .leftJoin('accounts', 'accounts.id', 'grants.account_id')
        // A generation that was never used and has not run out: what the app can come back with.
        .whereNull('refresh_tokens.used_at')
        .whereNull('refresh_tokens.replaced_at')
        .where('refresh_tokens.expires_at', '>', param('now'))
        .groupBy('grants.id', 'clients.id', 'accounts.id')
        .orderBy('grants.created_at', 'desc')
        .select('grants.id', 'grants.client_id', 'grants.account_id', 'grants.created_at')
        .select('clients.payload', 'accounts.display_name')
        .max('refresh_tokens.issued_at as last_used');
    this.#database = database;
    this.#revocation = createRevocation(database);
    this.#list = compile(live());
    this.#ofAccount = compile(live().where('grants.account_id', param('accountId')));
  }

  /** The newest first. */
  async list(): Promise<Connection[]> {
    return (await this.#database.all(this.#list, { now: epochSeconds() })).map(toConnection);
  }

  async listOfAccount(accountId: string): Promise<Connection[]> {
    return (await this.#database.all(this.#ofAccount, { accountId, now: epochSeconds() })).map(toConnection);
  }

  /** Takes grants with all their tokens away, in one transaction. Resolves to how many there were. */
  async revoke(connections: ReadonlyArray<{ readonly grantId: string }>): Promise<number> {
    await this.#database.commit(connections.flatMap(({ grantId }) => this.#revocation.ofGrant(grantId)));
    return connections.length;
  }

  /** Takes every grant, token and browser session away. */
  async revokeAll(): Promise<void> {
    await this.#database.commit(this.#revocation.ofEveryone());
  }
}

function toConnection(row: Row): Connection {
  const payload = row['payload'];
  return {
    grantId: String(row['id']),
    clientId: String(row['client_id']),
    client: typeof payload === 'string' ? (JSON.parse(payload) as AdapterPayload) : undefined,
    accountId: String(row['account_id']),
    username: String(row['display_name'] ?? ''),
    since: Number(row['created_at']),
    lastUsed: Number(row['last_used']),
  };
}
