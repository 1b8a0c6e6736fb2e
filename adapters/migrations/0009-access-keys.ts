// Keys for programs that can't sign in: what each may, and when it was used last.
import type { Knex } from 'knex';

/** Times are epoch seconds. */
export async function accessKeys(knex: Knex): Promise<void> {
  await knex.schema.createTable('access_keys', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.text('hash').notNullable().unique();
    table.text('name').notNullable();
    // read or write.
    table.text('access').notNullable();
    // A JSON list of paths; null for all of the vault.
    table.text('folders');
    // As auth/http/limits/network.ts counts them; null of one that an operator made.
    table.text('made_from');
    table.bigInteger('created_at').notNullable();
    // Null where its maker said that it has no end.
    table.bigInteger('expires_at').index();
    table.bigInteger('last_used_at');
    table.index(['account_id', 'created_at']);
  });
}
