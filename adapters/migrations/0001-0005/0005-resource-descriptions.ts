// What a resource server says of what it serves, for the page on which a person decides.
import type { Knex } from 'knex';

/** `description` is JSON; a resource has one row, and is one that this server issues tokens for. */
export async function resourceDescriptions(knex: Knex): Promise<void> {
  await knex.schema.createTable('resource_descriptions', (table) => {
    table.text('resource').primary();
    table.text('description').notNullable();
    table.bigInteger('stated_at').notNullable();
  });
}
