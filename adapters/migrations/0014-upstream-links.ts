// Who somebody is at an identity provider beside us (auth/people/upstream/).
import type { Knex } from 'knex';

/** Times are epoch seconds. */
export async function upstreamLinks(knex: Knex): Promise<void> {
  await knex.schema.createTable('upstream_links', (table) => {
    table.text('account_id').primary().references('accounts.id').onDelete('CASCADE');
    // What an ID token says it with (OpenID Connect Core section 2): together they are one person, and for good.
    table.text('issuer').notNullable();
    table.text('subject').notNullable();
    // What the provider called the person then, for the person to know it again.
    table.text('name').notNullable();
    table.bigInteger('created_at').notNullable();
    table.unique(['issuer', 'subject']);
  });
}
