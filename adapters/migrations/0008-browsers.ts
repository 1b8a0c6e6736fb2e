// In which browsers an account is signed in: where from and with what, so that its owner knows them again.
import type { Knex } from 'knex';

/** Times are epoch seconds; `uid` is the session's that stays the same when its identifier changes. */
export async function browsers(knex: Knex): Promise<void> {
  await knex.schema.createTable('browsers', (table) => {
    table.text('uid').primary();
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    // As auth/http/limits/network.ts counts them.
    table.text('network').notNullable();
    // Names such as Chrome and Windows, where the browser told them.
    table.text('browser');
    table.text('system');
    table.bigInteger('seen_at').notNullable();
    table.bigInteger('expires_at').notNullable().index();
    table.index(['account_id', 'seen_at']);
  });
}
