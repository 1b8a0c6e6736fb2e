// Which one-time codes were taken is remembered of each, not of the last one alone: a clock that is set back brings old ones again.
import type { Knex } from 'knex';

export async function codeSteps(knex: Knex): Promise<void> {
  await knex.schema.createTable('one_time_code_steps', (table) => {
    table.text('account_id').notNullable().references('one_time_codes.account_id').onDelete('CASCADE');
    // The time step (RFC 6238 section 4.2) of a code that was taken.
    table.bigInteger('step').notNullable();
    table.primary(['account_id', 'step']);
  });
  await knex.raw(
    'INSERT INTO one_time_code_steps (account_id, step) SELECT account_id, last_step FROM one_time_codes',
  );
  // Not Knex's own: for SQLite it copies the table, which the new one refers to.
  await knex.raw('ALTER TABLE one_time_codes DROP COLUMN last_step');
}
