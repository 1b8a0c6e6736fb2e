// npm run restore: puts a backup in the place of loop-auth's database.
import { Command } from 'commander';
import { BackupRefused, readBackup, restoreBackup } from '../adapters/database/backup.ts';
import { ConnectionStore } from '../adapters/stores/connections.ts';
import { fail, readAuthConfig, sqlitePathOf, withDatabase } from './operator/database.ts';

const program = new Command('restore')
  .description('Replaces the database of AUTH_DATABASE_URL by a backup. Stop loop-auth first.')
  .requiredOption('--from <file>', 'the backup')
  .option('--revoke-all', 'also revoke every connection and session in it: everyone signs in again')
  .parse();

const { from, revokeAll } = program.opts<{ from: string; revokeAll?: true }>();
process.umask(0o077);
try {
  const { madeAt, accounts, clients, grants } = readBackup(from);
  const ageHours = Math.round((Date.now() / 1000 - madeAt) / 360) / 10;
  console.log(`${from} was made ${new Date(madeAt * 1000).toISOString()} (${ageHours} h ago).`);
  console.log(`It holds ${accounts} accounts, ${clients} clients, ${grants} grants.`);
  const path = sqlitePathOf(readAuthConfig());
  const kept = await restoreBackup(from, path, Math.floor(Date.now() / 1000));
  console.log(`${path} is that backup now.${kept ? ` What was there is kept as ${kept}.` : ''}`);
  if (revokeAll) {
    await withDatabase((database) => new ConnectionStore(database).revokeAll());
    console.log('Every connection and session in it is revoked.');
  } else {
    console.log(
      'Whatever was revoked after the backup was made is valid again: --revoke-all ends all of it.',
    );
    console.log('Clients that refreshed since then sign in again; the others notice nothing.');
  }
} catch (error) {
  if (error instanceof BackupRefused) fail(error.message);
  throw error;
}
