// What an account shows beside its password or in its place: one-time codes, recovery codes, passkeys.
import type { Knex } from 'knex';

/** Times are epoch seconds. */
export async function factors(knex: Knex): Promise<void> {
  await knex.schema.createTable('one_time_codes', (table) => {
    table.text('account_id').primary().references('accounts.id').onDelete('CASCADE');
    // In base32, or encrypted where AUTH_ENCRYPTION_KEY is set.
    table.text('secret').notNullable();
    // The time step (RFC 6238 section 4.2) of the last code that was taken: neither it nor an older one is taken again.
    table.bigInteger('last_step').notNullable();
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.createTable('recovery_codes', (table) => {
    // SHA-256 of the account and the code.
    table.text('hash').primary();
    table.text('account_id').notNullable().index().references('accounts.id').onDelete('CASCADE');
  });
  await knex.schema.createTable('passkeys', (table) => {
    // The credential's id, in base64url.
    table.text('id').primary();
    table.text('account_id').notNullable().index().references('accounts.id').onDelete('CASCADE');
    // COSE, in base64url.
    table.text('public_key').notNullable();
    table.bigInteger('counter').notNullable();
    // Words separated by blanks, for the browser.
    table.text('transports').notNullable();
    // Whether it is kept on more than one device (WebAuthn's backup state).
    table.integer('is_synced').notNullable();
    // What its owner calls it.
    table.text('name').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('last_used_at');
  });
  // What is done in more than one request: the code after the password, a set-up under way, a challenge that is used up.
  await knex.schema.createTable('sign_in_steps', (table) => {
    // SHA-256 of what it is found by.
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
    table.text('value').notNullable();
    table.bigInteger('expires_at').notNullable().index();
    table.index(['account_id', 'expires_at']);
  });
}
