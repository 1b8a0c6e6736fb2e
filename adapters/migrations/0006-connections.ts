// One session a browser, and what a person is told of a connection: from where it was made, when it was used.
import type { Knex } from 'knex';

/** The account pages use the library's sessions; whoever was signed in there alone signs in once more. */
export async function connections(knex: Knex): Promise<void> {
  await knex.schema.dropTable('account_sessions');
  await knex.schema.alterTable('grants', (table) => {
    // An address or the first half of an IPv6 address (auth/http/limits/network.ts); null where it was not kept yet.
    table.text('made_from');
  });
  // `day` counts days since 1970 in UTC; `last_at` is in epoch seconds.
  await knex.schema.createTable('grant_calls', (table) => {
    table.text('grant_id').notNullable().references('grants.id').onDelete('CASCADE');
    table.integer('day').notNullable();
    table.integer('calls').notNullable();
    table.bigInteger('last_at').notNullable();
    table.primary(['grant_id', 'day']);
  });
}
