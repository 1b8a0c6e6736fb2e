// Clients that describe themselves at a URL, the key sets they sign with, and credentials of further resource servers.
import type { Knex } from 'knex';

/** `clients.source` is `registration`, `document`, `seeded` or `resource-server`; times are epoch seconds. */
export async function clientSources(knex: Knex): Promise<void> {
  await knex.schema.alterTable('clients', (table) => {
    // Of a document: when the stored one was fetched (null for a copy that came with loop), how long it is fresh.
    table.bigInteger('fetched_at');
    table.bigInteger('fresh_until');
    // Of a resource server's credential: the resource whose tokens it may introspect.
    table.text('resource').index();
  });
  await knex.schema.createTable('client_key_sets', (table) => {
    table.text('id').primary();
    table.text('payload').notNullable();
    table.bigInteger('fetched_at').notNullable();
    table.bigInteger('fresh_until').notNullable();
    table.bigInteger('expires_at').notNullable().index();
  });
}
