// npm run migrate-store: moves loop-auth's state from SQLite to PostgreSQL; nobody signs in again.
import { Command } from 'commander';
import {
  DatabaseDamaged,
  DatabaseInUse,
  DatabaseNewer,
  DatabaseUnavailable,
} from '../adapters/database/errors.ts';
import { openDatabase } from '../adapters/database/open.ts';
import { MoveRefused, moveStore } from '../adapters/database/store-migration.ts';
import { fail, readAuthConfig, requireDatabase, sqlitePathOf } from './operator/database.ts';

const program = new Command('migrate-store')
  .description(
    'Copies the SQLite database of AUTH_DATABASE_URL into an empty PostgreSQL database. Stop loop-auth first.',
  )
  .requiredOption('--to <url>', 'postgres://…')
  .parse();

const { to } = program.opts<{ to: string }>();
if (!/^postgres(ql)?:\/\//.test(to))
  fail('--to takes the address of a PostgreSQL database: postgres://USER@HOST/NAME');
const config = readAuthConfig();
const from = sqlitePathOf(config);
try {
  await requireDatabase(config);
  // Opening it brings its schema to this version.
  await (await openDatabase(to)).close();
  const moved = await moveStore(from, to);
  for (const [table, count] of Object.entries(moved))
    console.log(`${table.padEnd(22)}${String(count).padStart(8)}`);
  console.log(
    'Everything is there. Set AUTH_DATABASE_URL to that address and API_CLIENT_SECRET for both services;',
  );
  console.log(`${from} was not changed.`);
} catch (error) {
  const explained = [MoveRefused, DatabaseDamaged, DatabaseInUse, DatabaseNewer, DatabaseUnavailable];
  if (explained.some((known) => error instanceof known)) fail((error as Error).message);
  throw error;
}
