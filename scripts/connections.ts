// npm run connections: who is connected, taking connections away, tries to connect, and the ledger of sign-ins.
import { Command, type CommandOptions } from 'commander';
import type { Database } from '../adapters/database/database.ts';
import { AccountStore, foldUsername } from '../adapters/stores/accounts.ts';
import { type Connection, ConnectionStore } from '../adapters/stores/connections.ts';
import { allOf } from '../adapters/stores/listing/keyset.ts';
import { TryStore } from '../adapters/stores/timeline/tries.ts';
import { fail, withDatabase } from './operator/database.ts';
import { readLedger } from './operator/ledger.ts';
import { type AskedOfList, printList, readPlace } from './operator/table.ts';
import { readable } from './operator/times.ts';
import { tellEveryoneRevoked, tellRevoked } from './operator/trail.ts';
import { describeTry, printTries } from './operator/tries.ts';

interface Selection {
  readonly json?: true;
  readonly grant?: string;
  readonly client?: string;
  readonly account?: string;
  readonly all?: true;
}

interface Asked {
  readonly json?: true;
  readonly account?: string;
  readonly code?: string;
}

const program = new Command('connections').description(
  'Lists who is connected, who tried and who signed in again, or revokes. Uses AUTH_DATABASE_URL.',
);

/** Each prints a list, which is JSON where one asks for that. */
const command = (name: string, description: string, options?: CommandOptions): Command =>
  program.command(name, options).description(description).option('--json', 'print JSON');

command('list', 'connections, the newest first: app, account, since, last used', { isDefault: true })
  .option('--after <place>', 'goes on where a list ended; each has 100, JSON all', readPlace)
  .action((asked: AskedOfList) =>
    withDatabase((database) => {
      const store = new ConnectionStore(database);
      const shared = { toRow: describe, toJson: describe, none: 'Nobody is connected.' };
      return printList(
        { page: (place) => store.page(place), ...shared, command: 'npm run connections -- list' },
        asked,
      );
    }),
  );

command('revoke', 'takes connections away at once; loop-api notices within its cache seconds')
  .option('--grant <id>', 'one connection, by the id that list shows')
  .option('--client <id>', 'every connection of one app')
  .option('--account <username>', 'every connection of one account')
  .option(
    '--all',
    'every connection of everyone, every access key and browser session, and what lets browsers past a lock-out',
  )
  .action((selection: Selection) => withDatabase((database) => revoke(database, selection)));

command('tries', 'the last hundred tries to connect, the newest first, and why each went no further')
  .option('--account <username>', 'those of one account')
  .option('--code <code>', 'the one in which an error page showed that code last')
  .action((asked: Asked) =>
    withDatabase(async (database) => {
      const tries = (await findTries(database, asked)).map(describeTry);
      show(tries, { ...asked, none: 'Nothing was seen in the last 14 days.', print: printTries });
    }),
  );

command('ledger', 'for how long each app is connected, and why it signed in again')
  .option('--account <username>', 'that of one account')
  .action((asked: Asked) =>
    withDatabase(async (database) => {
      const ledger = await readLedger(database, await accountOf(database, asked));
      const print = (): void => ledger.forEach(({ text }) => void console.log(text));
      show(ledger, { ...asked, none: 'Nobody has signed in for an app yet.', print });
    }),
  );

await program.parseAsync();

interface Shown<Row> {
  readonly json?: true | undefined;
  /** What is said where there is none. */
  readonly none: string;
  readonly print: (rows: readonly Row[]) => void;
}

function show<Row>(rows: readonly Row[], { json, none, print }: Shown<Row>): void {
  if (json) console.log(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) console.log(none);
  else print(rows);
}

async function findTries(database: Database, asked: Asked) {
  const tries = new TryStore(database);
  if (asked.code !== undefined) return tries.listByCode(asked.code);
  return tries.list(await accountOf(database, asked));
}

async function accountOf(database: Database, { account }: Asked): Promise<string | undefined> {
  if (account === undefined) return undefined;
  const found = await new AccountStore(database).findByUsername(account);
  return found?.id ?? fail('there is no such account');
}

async function revoke(database: Database, selection: Selection): Promise<void> {
  const { grant, client, account, all, json } = selection;
  if ([grant, client, account, all].filter((one) => one !== undefined).length !== 1) {
    fail('say what to revoke: one of --grant, --client, --account or --all');
  }
  const store = new ConnectionStore(database);
  const wanted = await findWanted(store, selection);
  if (!all && wanted.length === 0) fail('no connection fits; `npm run connections` lists them');
  if (all) await store.revokeAll();
  else await store.revoke(wanted);
  if (all) await tellEveryoneRevoked(database, wanted);
  else tellRevoked(wanted);
  const said = `Revoked: ${count(wanted.length)}${all ? ', every access key and every browser session' : ''}.`;
  show(wanted.map(describe), { json, none: said, print: () => void console.log(said) });
}

async function findWanted(store: ConnectionStore, selection: Selection): Promise<Connection[]> {
  const wanted: Connection[] = [];
  for await (const one of allOf((place) => store.page(place))) if (isWanted(one, selection)) wanted.push(one);
  return wanted;
}

function isWanted(one: Connection, { grant, client, account, all }: Selection): boolean {
  if (all) return true;
  if (account !== undefined) return foldUsername(one.username) === foldUsername(account);
  return one.grantId === grant || one.clientId === client;
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

function count(connections: number): string {
  return connections === 1 ? '1 connection' : `${connections} connections`;
}
