// Device codes (RFC 8628): what a terminal polls with until a person has let it in by its user code.
import type { Knex } from 'knex';

/** `grant_id` is there once a person has said yes; `user_code` is a hash, and written with the row alone. */
export async function deviceCodes(knex: Knex): Promise<void> {
  await knex.schema.createTable('device_codes', (table) => {
    table.text('id').primary();
    table.text('payload').notNullable();
    table.bigInteger('expires_at').notNullable().index();
    table.text('grant_id').index();
    table.text('user_code').index();
    table.bigInteger('used_at');
  });
}
