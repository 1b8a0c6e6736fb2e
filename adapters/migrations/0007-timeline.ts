// What is kept of tries to connect, of what happened to accounts, and of each sign-in that made a connection.
import type { Knex } from 'knex';

/** Times are epoch seconds; networks as auth/http/limits/network.ts counts them. */
export async function timeline(knex: Knex): Promise<void> {
  await knex.schema.createTable('tries', (table) => {
    table.text('id').primary();
    table.bigInteger('started_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.bigInteger('expires_at').notNullable().index();
    table.text('network').notNullable();
    table.text('client_id');
    table.text('account_id').references('accounts.id').onDelete('CASCADE');
    table.text('grant_id').index();
    // A hash of what one authorization request is known by.
    table.text('request').index();
    // One word of a closed list (auth/timeline/causes.ts).
    table.text('cause');
    // The id of the request that was refused last.
    table.text('code').index();
    table.integer('is_guessed').notNullable();
    // JSON: by the name of a step its time, network and result.
    table.text('steps').notNullable();
    table.index(['account_id', 'updated_at']);
    table.index(['client_id', 'updated_at']);
    table.index(['network', 'updated_at']);
  });
  await knex.schema.createTable('account_events', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.bigInteger('at').notNullable();
    table.bigInteger('expires_at').notNullable().index();
    table.text('event').notNullable();
    // What strangers can make happen is bounded by itself.
    table.integer('is_refusal').notNullable();
    table.text('reason');
    table.text('network').notNullable();
    table.text('client_id');
    table.index(['account_id', 'is_refusal', 'at']);
  });
  await knex.schema.createTable('ledger', (table) => {
    table.text('grant_id').primary();
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.text('client_id').notNullable();
    // What stays the same where an app registers itself anew.
    table.text('app').notNullable();
    table.bigInteger('at').notNullable();
    table.text('network').notNullable();
    // Scopes that were asked for.
    table.text('scope').notNullable();
    // Null of an app that was not connected before.
    table.text('cause');
    table.bigInteger('last_seen_at').notNullable();
    // Where it is known how the connection ended.
    table.text('ended_by');
    table.index(['account_id', 'app', 'at']);
    table.index(['account_id', 'at']);
  });
}
