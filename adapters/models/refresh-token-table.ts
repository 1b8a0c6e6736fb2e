// The statements on refresh tokens, each built once.
import type { Knex } from 'knex';
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';

export interface RefreshTokenTable {
  readonly find: Statement;
  /** Adds a generation; one that is there already (a repeated exchange) stays as it is, used or not. */
  readonly insert: Statement;
  readonly use: Statement;
  /** Changes nothing, but counts as a change only while the grant lives. */
  readonly touch: Statement;
  readonly replace: Statement;
  readonly reissue: Statement;
  readonly eraseParentSalt: Statement;
  /** Leaves the parent's salt, whose grace goes on, to the sweep. */
  readonly endParentSalt: Statement;
  readonly destroy: Statement;
  readonly revokeByGrantId: Statement;
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
    find: compile(one().select('payload', 'grant_id', 'used_at', 'replaced_at', 'salt')),
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
    eraseParentSalt: compile(parentOfOne().where('used_at', '<', param('usedBefore')).update({ salt: null })),
    endParentSalt: compile(
      parentOfOne()
        .where('used_at', '>=', param('usedBefore'))
        .update({ salt_ends_at: builder.raw('used_at + ?', [param('graceSeconds')]) }),
    ),
    destroy: compile(one().delete()),
    revokeByGrantId: compile(
      all()
        .where({ grant_id: param('grantId') })
        .delete(),
    ),
  };
}
