// npm run backup: a verified copy of loop-auth's database while it runs.
import { Command } from 'commander';
import { BackupRefused, backUp } from '../adapters/backups/copy.ts';
import { fail, readAuthConfig, requireDatabase, sqlitePathOf } from './operator/database.ts';

const program = new Command('backup')
  .description('Copies the database of AUTH_DATABASE_URL, while it is in use, and verifies the copy.')
  .requiredOption('--to <file>', 'the new file')
  .parse();

const { to } = program.opts<{ to: string }>();
// It holds signing keys: for its owner only.
process.umask(0o077);
const config = readAuthConfig();
const path = sqlitePathOf(config);
await requireDatabase(config);
try {
  const facts = backUp(path, to, Math.floor(Date.now() / 1000));
  console.log(
    `${to}: ${facts.accounts} accounts, ${facts.clients} clients, ${facts.grants} grants; verified by opening it.`,
  );
} catch (error) {
  if (error instanceof BackupRefused) fail(error.message);
  throw error;
}
