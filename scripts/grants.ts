// npm run grants: who is connected, and taking connections away.
import { Command } from 'commander';
import { foldUsername } from '../adapters/stores/accounts.ts';
import { type Connection, ConnectionStore } from '../adapters/stores/connections.ts';
import { fail, withDatabase } from './operator/database.ts';
import { printTable } from './operator/table.ts';
import { tell, tellRevoked } from './operator/trail.ts';

interface Selection {
  readonly grant?: string;
  readonly client?: string;
  readonly account?: string;
  readonly all?: true;
}

const program = new Command('grants').description(
  'Lists who is connected, or revokes. Uses AUTH_DATABASE_URL.',
);

program
  .command('list', { isDefault: true })
  .description('every connection: app, account, since, last used')
  .option('--json', 'print JSON')
  .action(({ json }: { json?: true }) =>
    withDatabase(async (database) => {
      const connections = await new ConnectionStore(database).list();
      if (json) console.log(JSON.stringify(connections.map(describe), null, 2));
      else if (connections.length === 0) console.log('Nobody is connected.');
      else printTable(connections.map(describe));
    }),
  );

program
  .command('revoke')
  .description('takes connections away at once; loop-api notices within its cache seconds')
  .option('--grant <id>', 'one connection, by the id that list shows')
  .option('--client <id>', 'every connection of one app')
  .option('--account <username>', 'every connection of one account')
  .option(
    '--all',
    'every connection of everyone, every browser session, and what lets browsers past a lock-out',
  )
  .action((selection: Selection) =>
    withDatabase((database) => revoke(new ConnectionStore(database), selection)),
  );

await program.parseAsync();

async function revoke(store: ConnectionStore, { grant, client, account, all }: Selection): Promise<void> {
  if ([grant, client, account, all].filter((one) => one !== undefined).length !== 1) {
    fail('say what to revoke: one of --grant, --client, --account or --all');
  }
  const connections = await store.list();
  if (all) {
    await store.revokeAll();
    tellRevoked(connections);
    tell('sessions.revoked');
    console.log(`Revoked: ${count(connections.length)}, and every browser session.`);
    return;
  }
  const wanted = connections.filter(
    (one) =>
      one.grantId === grant ||
      one.clientId === client ||
      (account !== undefined && foldUsername(one.username) === foldUsername(account)),
  );
  if (wanted.length === 0) fail('no connection fits; `npm run grants` lists them');
  const revoked = await store.revoke(wanted);
  tellRevoked(wanted);
  console.log(`Revoked: ${count(revoked)}.`);
}

function describe(connection: Connection): Record<string, string> {
  return {
    app: connection.client?.client_name ?? '(gone)',
    account: connection.username,
    since: readable(connection.since),
    'last used': readable(connection.lastUsed),
    grant: connection.grantId,
    client: connection.clientId,
  };
}

function readable(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
}

function count(connections: number): string {
  return connections === 1 ? '1 connection' : `${connections} connections`;
}
