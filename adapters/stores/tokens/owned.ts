// An access token with all that it hangs on: its grant, the client and the account, found by one statement.
import type { Knex } from 'knex';
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../../database/database.ts';
import { hashOpaque } from '../../database/hash.ts';
import { compile, param, type Statement } from '../../database/statement.ts';

export interface OwnedToken {
  /** As the library's models keep them, without the values by which they are found. */
  readonly token: AdapterPayload;
  readonly grant: AdapterPayload;
  readonly client: AdapterPayload;
  readonly grantId: string;
  readonly clientId: string;
  readonly accountId: string;
  readonly username: string;
}

export class OwnedTokenStore {
  readonly #database: Database;
  readonly #find: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#find = compile(createQuery(database));
  }

  /** Undefined where any of them is not there, or the account is disabled; whether the token is over, its payload says. */
  async find(value: string): Promise<OwnedToken | undefined> {
    const row = await this.#database.first(this.#find, { id: hashOpaque(value) });
    if (!row || row['client'] === null || row['username'] === null) return undefined;
    const parse = (payload: unknown) => JSON.parse(String(payload)) as AdapterPayload;
    return {
      token: parse(row['token']),
      grant: parse(row['grant']),
      client: parse(row['client']),
      grantId: String(row['grant_id']),
      clientId: String(row['client_id']),
      accountId: String(row['account_id']),
      username: String(row['username']),
    };
  }
}

// Subselects, since a join of the same rows takes SQLite several times as long (models/access-token.ts).
function createQuery({ builder }: Database): Knex.QueryBuilder {
  const grant = (column: string): Knex.QueryBuilder =>
    builder('grants').select(column).where('id', builder.ref('access_tokens.grant_id'));
  const client = builder('clients').select('payload').where('id', grant('client_id'));
  const account = builder('accounts')
    .select('display_name')
    .where('id', grant('account_id'))
    .whereNull('disabled_at');
  return builder('access_tokens')
    .select('payload as token', 'grant_id')
    .select(grant('payload').as('grant'), grant('client_id').as('client_id'))
    .select(grant('account_id').as('account_id'), client.as('client'), account.as('username'))
    .where({ id: param('id') });
}
