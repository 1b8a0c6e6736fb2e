// The first schema: one table a model of oidc-provider, and what loop-auth itself remembers.
import type { Knex } from 'knex';

/** Times are epoch seconds. Keys of opaque values are SHA-256 hashes; payloads are JSON without the value itself. */
export async function tables(knex: Knex): Promise<void> {
  await knex.schema.createTable('accounts', (table) => {
    table.text('id').primary();
    table.text('username').notNullable().unique();
    table.text('display_name').notNullable();
    table.text('password_hash').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('disabled_at');
  });
  await knex.schema.createTable('clients', (table) => {
    table.text('id').primary();
    table.text('source').notNullable();
    table.text('payload').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('granted_at');
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
    table.bigInteger('created_at').notNullable();
  });
  for (const name of ['authorization_codes', 'access_tokens', 'refresh_tokens']) {
    await knex.schema.createTable(name, (table) => {
      modelColumns(table);
      table.text('grant_id').notNullable().index();
      if (name !== 'access_tokens') table.bigInteger('used_at');
      if (name === 'refresh_tokens') rotationColumns(knex, table);
    });
  }
}

function modelColumns(table: Knex.CreateTableBuilder): void {
  table.text('id').primary();
  table.text('payload').notNullable();
  table.bigInteger('expires_at').index();
}

// See models/refresh-rotation.ts for what these mean.
function rotationColumns(knex: Knex, table: Knex.CreateTableBuilder): void {
  table.text('salt');
  table.text('parent_id');
  table.bigInteger('replaced_at');
  table.bigInteger('issued_at').notNullable();
  table.bigInteger('salt_ends_at');
  // Few generations wait for their salt to be erased, so the index holds those alone.
  const predicate = knex.whereNotNull('salt_ends_at');
  table.index(['salt_ends_at'], 'refresh_tokens_salt_ends_at_index', { predicate });
}

async function createServerTables(knex: Knex): Promise<void> {
  await knex.schema.createTable('server_keys', (table) => {
    table.text('id').primary();
    table.text('purpose').notNullable();
    table.text('secret').notNullable();
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.createTable('setup_links', (table) => {
    table.text('id').primary();
    table.bigInteger('expires_at').notNullable();
  });
  // When copies of this database were made; a restored one knows its own age.
  await knex.schema.createTable('backups', (table) => {
    table.bigInteger('made_at').notNullable();
  });
  await knex.schema.createTable('server_secrets', (table) => {
    table.text('name').primary();
    table.text('hash').notNullable();
  });
}
