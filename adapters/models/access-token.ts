// oidc-provider's Adapter for access tokens: the read that finds one also brings the grant and the client it belongs to.
import type { Knex } from 'knex';
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Row, type Statement } from '../database/statement.ts';
import { currentUnit, type UnitOfWork } from '../database/unit-of-work.ts';
import { ModelAdapter, parsePayload } from './model.ts';

/**
 * An introspection asks for the token, then for its grant, then for its client. One query
 * for all three is half the work on SQLite, and a third of the round trips to PostgreSQL.
 */
export class AccessTokenAdapter extends ModelAdapter {
  readonly #database: Database;
  readonly #findWithOwners: Statement;

  constructor(database: Database, alreadyUsed: () => Error) {
    super(database, 'AccessToken', alreadyUsed);
    this.#database = database;
    this.#findWithOwners = compile(createQuery(database));
  }

  protected override async read(key: string): Promise<AdapterPayload | undefined> {
    const row = await this.#database.first(this.#findWithOwners, { id: key });
    if (!row) return undefined;
    const unit = currentUnit();
    if (unit) seeOwners(unit, row);
    return parsePayload(row);
  }
}

// Subselects, since a join of the same three rows takes SQLite five times as long.
function createQuery({ builder }: Database): Knex.QueryBuilder {
  const grant = (column: string): Knex.QueryBuilder =>
    builder('grants').select(column).where('id', builder.ref('access_tokens.grant_id'));
  const client = builder('clients').select('payload').where('id', grant('client_id'));
  return builder('access_tokens')
    .select('payload', 'grant_id')
    .select(grant('payload').as('grant_payload'), grant('client_id').as('client_id'))
    .select(client.as('client_payload'))
    .where({ id: param('id') });
}

/** The request that found a token finds its grant and client without another look. */
export function seeOwners(unit: UnitOfWork, row: Row): void {
  const { grant_id: grantId, client_id: clientId } = row;
  unit.seeStored(`Grant ${grantId}`, row['grant_payload'] as string | null);
  if (clientId !== null) unit.seeStored(`Client ${clientId}`, row['client_payload'] as string | null);
}
