// npm run restore: puts a backup in the place of loop-auth's database.
import { existsSync, rmSync } from 'node:fs';
import { Command } from 'commander';
import { BackupRefused, readBackup, restoreBackup } from '../adapters/backups/copy.ts';
import { isSealed, unsealFile } from '../adapters/backups/sealed-file.ts';
import type { Database } from '../adapters/database/database.ts';
import { DatabaseInUse } from '../adapters/database/errors.ts';
import { AccountStore } from '../adapters/stores/accounts.ts';
import { ConnectionStore } from '../adapters/stores/connections.ts';
import { fail, readAuthConfig, requireDatabase, sqlitePathOf, withDatabase } from './operator/database.ts';
import { tell, tellEveryoneRevoked } from './operator/trail.ts';

const program = new Command('restore')
  .description('Replaces the database of AUTH_DATABASE_URL by a backup. Stop loop-auth first.')
  .requiredOption('--from <file>', 'the backup; one that is encrypted needs AUTH_ENCRYPTION_KEY')
  .option(
    '--revoke-all',
    'also revoke every connection, access key and session in it: everyone signs in again',
  )
  .parse();

const { from, revokeAll } = program.opts<{ from: string; revokeAll?: true }>();
process.umask(0o077);
const config = readAuthConfig();
const path = sqlitePathOf(config);
const opened = `${path}.opened`;
// One that is damaged is what a backup is for.
await requireDatabase(config, { mayBeFirst: true, mayBeDamaged: true });
try {
  const clear = open(from);
  const { madeAt, accounts, clients, grants } = readBackup(clear);
  const ageHours = Math.round((Date.now() / 1000 - madeAt) / 360) / 10;
  console.log(`${from} was made ${new Date(madeAt * 1000).toISOString()} (${ageHours} h ago).`);
  console.log(`It holds ${accounts} accounts, ${clients} clients, ${grants} grants.`);
  const kept = await restoreBackup(clear, path, Math.floor(Date.now() / 1000));
  console.log(
    `${path} is that backup now.${kept ? ` What was there is kept as ${kept}.` : ' Nothing was there before.'}`,
  );
  await withDatabase(async (database) => {
    for (const accountId of await new AccountStore(database).listIds())
      tell('backup.restored', { accountId });
    if (revokeAll) await revokeEverything(database);
  });
  if (revokeAll) {
    console.log('Every connection, access key and session in it is revoked.');
  } else {
    console.log(
      'Whatever was revoked after the backup was made is valid again: --revoke-all ends all of it.',
    );
    console.log('Clients that refreshed since then sign in again; the others notice nothing.');
  }
} catch (error) {
  rmSync(opened, { force: true });
  if (error instanceof BackupRefused || error instanceof DatabaseInUse) fail(error.message);
  throw error;
}
rmSync(opened, { force: true });

async function revokeEverything(database: Database): Promise<void> {
  const store = new ConnectionStore(database);
  const connections = await store.list();
  await store.revokeAll();
  await tellEveryoneRevoked(database, connections);
}

/** What is sealed is opened beside the database, where everything is in clear. */
function open(file: string): string {
  if (!existsSync(file) || !isSealed(file)) return file;
  if (config.encryptionKey === undefined) {
    throw new BackupRefused(
      `${file} is encrypted: set AUTH_ENCRYPTION_KEY to the key that loop-auth had when it was made`,
    );
  }
  rmSync(opened, { force: true });
  unsealFile(file, opened, config.encryptionKey);
  return opened;
}
