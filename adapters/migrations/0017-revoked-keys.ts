// What access keys that were revoked were called, for as long as the page of what happened tells of them.
import type { Knex } from 'knex';

export async function revokedKeys(knex: Knex): Promise<void> {
  await knex.schema.createTable('revoked_keys', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.text('name').notNullable();
    // Epoch seconds.
    table.bigInteger('expires_at').notNullable().index();
    table.index(['account_id', 'expires_at']);
  });
}
