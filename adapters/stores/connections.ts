// Who is connected: live grants with their app, account and last use, and taking them away.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Row, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { createRevocation, type Revocation } from '../models/revocation.ts';
import { allOf, type ListPage, newest, type Place, pageOf, toPage } from './listing/keyset.ts';

/** One app let in once by one account. Times in epoch seconds. */
export interface Connection {
  readonly grantId: string;
  readonly clientId: string;
  /** What the app says of itself; undefined where its registration is gone. */
  readonly client: AdapterPayload | undefined;
  readonly accountId: string;
  readonly username: string;
  readonly since: number;
  /** When it last got new tokens; of one that needs none, when it last called or was made. */
  readonly lastUsed: number;
}

export class ConnectionStore {
  readonly #database: Database;
  readonly #revocation: Revocation;
  readonly #page: Statement;
  readonly #ofAccount: Statement;

  constructor(database: Database) {
    const { builder } = database;
    const called = builder('grant_calls')
      .max('last_at')
      .where('grant_calls.grant_id', builder.ref('grants.id'));
    // A generation that was never used and has not run out: what the app can come back with.
    const generations = () =>
      builder('refresh_tokens')
        .where('refresh_tokens.grant_id', builder.ref('grants.id'))
        .whereNull('refresh_tokens.used_at')
        .whereNull('refresh_tokens.replaced_at')
        .where('refresh_tokens.expires_at', '>', param('now'));
    const live = () =>
      builder('grants')
        .leftJoin('clients', 'clients.id', 'grants.client_id')
        .leftJoin('accounts', 'accounts.id', 'grants.account_id')
        .where((either) =>
          either.where({ is_standing: 1 }).orWhereExists(generations().select(builder.raw('1'))),
        )
        .select('grants.id', 'grants.client_id', 'grants.account_id', 'grants.created_at')
        .select('clients.payload', 'accounts.display_name')
        .select(called.as('last_called'))
        .select(generations().max('issued_at').as('last_used'));
    this.#database = database;
    this.#revocation = createRevocation(database);
    this.#page = compile(pageOf(live(), 'grants'));
    this.#ofAccount = compile(
      live()
        .where('grants.account_id', param('accountId'))
        .orderBy('grants.created_at', 'desc')
        .orderBy('grants.id', 'desc'),
    );
  }

  /** The newest first. */
  async page(place: Place = newest): Promise<ListPage<Connection>> {
    const rows = await this.#database.all(this.#page, { now: epochSeconds(), ...place });
    return toPage(rows.map(toConnection), ({ since, grantId: id }) => ({ since, id }));
  }

  /** The newest first, however many there are. */
  async list(): Promise<Connection[]> {
    const all: Connection[] = [];
    for await (const one of allOf((place) => this.page(place))) all.push(one);
    return all;
  }

  async listOfAccount(accountId: string): Promise<Connection[]> {
    return (await this.#database.all(this.#ofAccount, { accountId, now: epochSeconds() })).map(toConnection);
  }

  /** Takes grants with all their tokens away, in one transaction. Resolves to how many there were. */
  async revoke(connections: ReadonlyArray<{ readonly grantId: string }>): Promise<number> {
    if (connections.length === 0) return 0;
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
    lastUsed: Number(row['last_used'] ?? row['last_called'] ?? row['created_at']),
  };
}
