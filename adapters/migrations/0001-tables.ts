// The first schema: one table a model of oidc-provider, and what loop-auth itself remembers.
import type { Knex } from 'knex';

/** Times are epoch seconds. Keys of opaque values are SHA-256 hashes; payloads are JSON without the value itself. */
export async function tables(knex: Knex): Promise<void> {
  await knex.schema.createTable('accounts', (table) => {
    table.text('id').primary();
    table.text('username').notNullable().unique();
    table.text('display_name').notNullable();
    table.text('password_hash').notNullable();
    table.integer('created_at').notNullable();
    table.integer('disabled_at');
  });
  await knex.schema.createTable('clients', (table) => {
    table.text('id').primary();
    table.text('source').notNullable();
    table.text('payload').notNullable();
    table.integer('created_at').notNullable();
    table.integer('granted_at');
    table.index(['source', 'granted_at', 'created_at']);
  });
  await createModelTables(knex);
  await createServerTables(knex);
}

async function createModelTables(knex: Knex): Promise<void> {
  for (const name of ['sessions', 'interactions', 'replay_detections', 'initial_access_tokens']) {
    await knex.schema.createTable(name, (table) => {
      modelColumns(table);
      if (name === 'sessions') table.text('uid').notNullable().unique();
      if (name === 'sessions') table.text('account_id').index();
    });
  }
  // Whose a token is, its grant says: tokens carry no owner of their own.
  await knex.schema.createTable('grants', (table) => {
    modelColumns(table);
    table.text('account_id').notNullable().index();
    table.text('client_id').notNullable().index();
    table.integer('created_at').notNullable();
  });
  for (const name of ['authorization_codes', 'access_tokens', 'refresh_tokens']) {
    await knex.schema.createTable(name, (table) => {
      modelColumns(table);
      table.text('grant_id').notNullable().index();
      if (name !== 'access_tokens') table.integer('used_at');
      if (name === 'refresh_tokens') rotationColumns(table);
    });
  }
}

function modelColumns(table: Knex.CreateTableBuilder): void {
  table.text('id').primary();
  table.text('payload').notNullable();
  table.bigInteger('expires_at').index();
}

// See refresh-rotation.ts for what these mean.
function rotationColumns(table: Knex.CreateTableBuilder): void {
  table.text('salt');
  table.text('parent_id');
  table.integer('replaced_at');
}

async function createServerTables(knex: Knex): Promise<void> {
  await knex.schema.createTable('server_keys', (table) => {
    table.text('id').primary();
    table.text('purpose').notNullable();
    table.text('secret').notNullable();
    table.integer('created_at').notNullable();
    table.integer('retired_at');
  });
  await knex.schema.createTable('setup_links', (table) => {
    table.text('id').primary();
    table.bigInteger('expires_at').notNullable();
  });
  await knex.schema.createTable('server_secrets', (table) => {
    table.text('name').primary();
    table.text('hash').notNullable();
  });
}
