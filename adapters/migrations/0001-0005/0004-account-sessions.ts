// Who is signed in on the account pages, and where the secret made for loop-api was handed over.
import type { Knex } from 'knex';

/** Times are epoch seconds. `id` is the SHA-256 of the cookie's value. */
export async function accountSessions(knex: Knex): Promise<void> {
  await knex.schema.createTable('account_sessions', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().index();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('last_used_at').notNullable();
    table.bigInteger('expires_at').notNullable().index();
  });
  await knex.schema.alterTable('server_secrets', (table) => {
    table.text('path');
  });
}
