// Resources of other servers have scopes and words of their own, and one credential may be for several of them.
import type { Knex } from 'knex';

/** `names` and `scopes` are JSON (stores/resources.ts). Those from before stay what they were: other vaults, without own scopes. */
export async function resources(knex: Knex): Promise<void> {
  await knex.schema.createTable('resources', (table) => {
    table.text('resource').primary();
    table.text('client_id').notNullable().index().references('clients.id').onDelete('CASCADE');
    table.text('names').notNullable();
    table.text('scopes').notNullable();
    table.bigInteger('made_at').notNullable();
  });
  const rows = await knex('clients')
    .select('id', 'payload', 'resource', 'created_at')
    .whereNotNull('resource');
  for (const { id, payload, resource, created_at: madeAt } of rows) {
    const { client_name: name } = JSON.parse(String(payload)) as { client_name?: string };
    const names = JSON.stringify({ en: name ?? resource });
    await knex('resources')
      .insert({ resource, client_id: id, names, scopes: '[]', made_at: madeAt })
      .onConflict('resource')
      .ignore();
  }
  await knex.schema.alterTable('clients', (table) => table.dropIndex('resource'));
  // Not Knex's own: for SQLite it copies the table, which other tables refer to.
  await knex.raw('ALTER TABLE clients DROP COLUMN resource');
}
