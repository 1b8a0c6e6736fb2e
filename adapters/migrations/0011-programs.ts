// Grants that stand without a refresh token: of programs that an operator lets act for an account by themselves.
import type { Knex } from 'knex';

export async function programs(knex: Knex): Promise<void> {
  await knex.schema.alterTable('grants', (table) => {
    table.integer('is_standing').notNullable().defaultTo(0);
  });
}
