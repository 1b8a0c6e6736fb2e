// What keeps every table within its bound: counts of limits, devices that signed in, key sets that go with their client.
import type { Knex } from 'knex';

export async function bounds(knex: Knex): Promise<void> {
  await createLimits(knex);
  await createDevices(knex);
  await tieKeySetsToClients(knex);
  // What is beyond the newest of a grant is found without reading the others.
  await indexWithinGrant(knex, 'refresh_tokens', 'issued_at');
  await indexWithinGrant(knex, 'access_tokens', 'expires_at');
}

/** Columns, their order and milliseconds as rate-limiter-flexible writes them. */
async function createLimits(knex: Knex): Promise<void> {
  await knex.schema.createTable('limits', (table) => {
    table.string('key', 255).primary();
    table.integer('points').notNullable().defaultTo(0);
    table.bigInteger('expire').index();
  });
}

/** `id` is the SHA-256 of a cookie's value. */
async function createDevices(knex: Knex): Promise<void> {
  await knex.schema.createTable('devices', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
    table.bigInteger('expires_at').notNullable().index();
  });
}

interface KeySet {
  readonly client_id: string;
  readonly uri: string;
  readonly payload: string;
  readonly fetched_at: number;
  readonly fresh_until: number;
  readonly expires_at: number;
}

/** One row a client instead of one a `jwks_uri`; only clients that somebody let in keep theirs. */
async function tieKeySetsToClients(knex: Knex): Promise<void> {
  const kept = await keySetsOfClients(knex);
  await knex.schema.dropTable('client_key_sets');
  await knex.schema.createTable('client_key_sets', (table) => {
    table.text('client_id').primary().references('clients.id').onDelete('CASCADE');
    table.text('uri').notNullable();
    table.text('payload').notNullable();
    table.bigInteger('fetched_at').notNullable();
    table.bigInteger('fresh_until').notNullable();
    table.bigInteger('expires_at').notNullable().index();
  });
  for (const keySet of kept) await knex('client_key_sets').insert(keySet);
}

async function keySetsOfClients(knex: Knex): Promise<KeySet[]> {
  const kept: KeySet[] = [];
  const clients: Array<{ id: string; payload: string }> = await knex('clients')
    .select('id', 'payload')
    .whereNotNull('granted_at');
  for (const { id, payload } of clients) {
    const { jwks_uri: uri } = JSON.parse(payload) as { jwks_uri?: unknown };
    if (typeof uri !== 'string') continue;
    const stored = await knex('client_key_sets').where({ id: uri }).first();
    if (!stored) continue;
    const { id: _, ...columns } = stored as Omit<KeySet, 'client_id' | 'uri'> & { id: string };
    kept.push({ ...columns, client_id: id, uri });
  }
  return kept;
}

async function indexWithinGrant(knex: Knex, name: string, order: string): Promise<void> {
  await knex.schema.alterTable(name, (table) => {
    table.dropIndex('grant_id');
    table.index(['grant_id', order]);
  });
}
