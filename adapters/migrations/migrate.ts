// The schema's versions in order; a database that knows more of them than we do is refused untouched.
// The room: how the schema came to be, a file a version. Not what a table may hold: bounds.ts.
import type { Knex } from 'knex';
import { DatabaseNewer } from '../database/errors.ts';
import { tables } from './0001-0005/0001-tables.ts';
import { clientSources } from './0001-0005/0002-client-sources.ts';
import { bounds } from './0001-0005/0003-bounds.ts';
import { accountSessions } from './0001-0005/0004-account-sessions.ts';
import { resourceDescriptions } from './0001-0005/0005-resource-descriptions.ts';
import { connections } from './0006-connections.ts';
import { timeline } from './0007-timeline.ts';
import { browsers } from './0008-browsers.ts';
import { accessKeys } from './0009-access-keys.ts';
import { factors } from './0010-factors.ts';
import { programs } from './0011-programs.ts';
import { resources } from './0012-resources.ts';
import { deviceCodes } from './0013-device-codes.ts';
import { upstreamLinks } from './0014-upstream-links.ts';
import { growth } from './0015-growth.ts';
import { codeSteps } from './0016-code-steps.ts';
import { revokedKeys } from './0017-revoked-keys.ts';

interface Migration {
  readonly name: string;
  readonly up: (knex: Knex) => Promise<void>;
}

const migrations: readonly Migration[] = [
  { name: '0001-tables', up: tables },
  { name: '0002-client-sources', up: clientSources },
  { name: '0003-bounds', up: bounds },
  { name: '0004-account-sessions', up: accountSessions },
  { name: '0005-resource-descriptions', up: resourceDescriptions },
  { name: '0006-connections', up: connections },
  { name: '0007-timeline', up: timeline },
  { name: '0008-browsers', up: browsers },
  { name: '0009-access-keys', up: accessKeys },
  { name: '0010-factors', up: factors },
  { name: '0011-programs', up: programs },
  { name: '0012-resources', up: resources },
  { name: '0013-device-codes', up: deviceCodes },
  { name: '0014-upstream-links', up: upstreamLinks },
  { name: '0015-growth', up: growth },
  { name: '0016-code-steps', up: codeSteps },
  { name: '0017-revoked-keys', up: revokedKeys },
];

/** The versions that this loop knows, in order. */
export const migrationNames: readonly string[] = migrations.map(({ name }) => name);

/**
 * Brings the schema up to date in one transaction, whose first statement is `claim`: it must make another process that
 * migrates at the same time wait. Throws DatabaseNewer, and then nothing was written.
 */
export async function migrate(knex: Knex, claim: string, location: string): Promise<void> {
  await knex.transaction(async (transaction) => {
    await transaction.raw(claim);
    await refuseNewer(transaction, location);
    await transaction.migrate.latest({
      migrationSource: {
        getMigrations: async () => [...migrations],
        getMigrationName: (migration: Migration) => migration.name,
        getMigration: async (migration: Migration) => ({ up: migration.up, down: refuseDown }),
      },
    });
  });
}

async function refuseNewer(knex: Knex, location: string): Promise<void> {
  if (!(await knex.schema.hasTable('knex_migrations'))) return;
  const applied: Array<{ name: string }> = await knex('knex_migrations').select('name').orderBy('id');
  const unknown = applied.find(({ name }) => !migrations.some((migration) => migration.name === name));
  if (unknown) throw new DatabaseNewer(location, unknown.name);
}

async function refuseDown(): Promise<never> {
  throw new Error('migrations only go forward: restore a backup to go back');
}
