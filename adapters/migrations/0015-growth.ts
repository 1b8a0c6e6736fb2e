// What the sweep and lists find by an index, however many rows there are.
import type { Knex } from 'knex';

export async function growth(knex: Knex): Promise<void> {
  await knex.schema.alterTable('grants', (table) => {
    // When the sweep looks at it next, in epoch seconds: a new one at its next run, those from before at its first.
    table.bigInteger('due_at').defaultTo(0).index();
    // Of one that was found without a row under it, when it was made; it has no `due_at` then.
    table.bigInteger('empty_made_at');
    table.index(['empty_made_at'], 'grants_empty_made_at_index', {
      predicate: knex.whereNotNull('empty_made_at'),
    });
    // In the order in which they are shown.
    table.dropIndex('account_id');
    table.index(['account_id', 'created_at', 'id']);
    table.index(['created_at', 'id']);
  });
  for (const name of ['accounts', 'access_keys'])
    await knex.schema.alterTable(name, (table) => table.index(['created_at', 'id']));
  await knex.schema.createTable('sweeps', (table) => {
    table.text('name').primary();
    // Tokens from before that time were looked at, in epoch seconds.
    table.bigInteger('looked_at').notNullable();
  });
}
