// The statements on refresh tokens, each built once.
import type { Knex } from 'knex';
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';

export interface RefreshTokenTable {
  readonly find: Statement;
  /** Whose family it is. */
  readonly findGrantId: Statement;
  /** With all that it hangs on: its grant, the client, and whether the account is open. */
  readonly findOwned: Statement;
  /** Adds a generation; one that is there already (a repeated exchange) stays as it is, used or not. */
  readonly insert: Statement;
  readonly use: Statement;
  /** Changes nothing, but counts as a change only while the grant lives. */
  readonly touch: Statement;
  readonly replace: Statement;
  readonly reissue: Statement;
  /** The parent's salt is erased where its grace is over, else left to the sweep. */
  readonly endParentSalt: Statement;
  readonly destroy: Statement;
  readonly revokeByGrantId: Statement;
}

// Subselects, since a join of the same rows takes SQLite several times as long (access-token.ts).
function ownedBy(builder: Knex, one: Knex.QueryBuilder): Knex.QueryBuilder {
  const grant = (column: string): Knex.QueryBuilder =>
    builder('grants').select(column).where('grants.id', builder.ref('refresh_tokens.grant_id'));
  const client = builder('clients').select('payload').where('clients.id', grant('client_id'));
  const account = builder('accounts')
    .select('id')
    .where('accounts.id', grant('account_id'))
    .whereNull('disabled_at');
  return one
    .select('payload', 'grant_id', 'used_at', 'replaced_at', 'salt')
    .select(grant('payload').as('grant_payload'), grant('client_id').as('client_id'))
    .select(client.as('client_payload'), account.as('account_id'));
}

const columns = ['id', 'payload', 'expires_at', 'grant_id', 'salt', 'parent_id', 'issued_at'];

export function createRefreshTokenTable({ builder }: Database): RefreshTokenTable {
  const all = (): Knex.QueryBuilder => builder('refresh_tokens');
  const one = (): Knex.QueryBuilder => all().where({ id: param('id') });
  const oneWhileGranted = (): Knex.QueryBuilder =>
    one().whereExists(
      builder('grants').select(builder.raw('1')).where('grants.id', builder.ref('refresh_tokens.grant_id')),
    );
  const parentOfOne = (): Knex.QueryBuilder =>
    all().where({
      id: builder('refresh_tokens as child').select('child.parent_id').where('child.id', param('id')),
    });
  return {
    find: compile(one().select('payload', 'used_at')),
    findGrantId: compile(one().select('grant_id')),
    findOwned: compile(ownedBy(builder, one())),
    insert: compile(
      all()
        .insert(Object.fromEntries(columns.map((name) => [name, param(name)])))
        .onConflict('id')
        .ignore(),
    ),
    use: compile(
      oneWhileGranted()
        .whereNull('used_at')
        .whereNull('replaced_at')
        .update({ used_at: param('now') }),
    ),
    touch: compile(oneWhileGranted().update({ used_at: builder.ref('used_at') })),
    replace: compile(
      oneWhileGranted()
        .whereNull('used_at')
        .update({ replaced_at: param('now') }),
    ),
    reissue: compile(oneWhileGranted().update({ used_at: param('now'), salt: param('salt') })),
    endParentSalt: compile(
      parentOfOne()
        .whereNotNull('used_at')
        .update({
          salt: builder.raw('case when used_at < ? then null else salt end', [param('usedBefore')]),
          salt_ends_at: builder.raw('case when used_at < ? then salt_ends_at else used_at + ? end', [
            param('usedBefore'),
            param('graceSeconds'),
          ]),
        }),
    ),
    destroy: compile(one().delete()),
    revokeByGrantId: compile(
      all()
        .where({ grant_id: param('grantId') })
        .delete(),
    ),
  };
}
