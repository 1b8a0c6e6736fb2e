// npm run keys: access keys for programs that can't sign in: making one, listing and revoking them.
import { Command } from 'commander';
import type { Database } from '../adapters/database/database.ts';
import {
  AccessKeyStore,
  type NewKey,
  type OwnedKey,
  TooManyKeys,
} from '../adapters/stores/access-keys/access-keys.ts';
import { type Account, AccountStore } from '../adapters/stores/accounts.ts';
import { ResourceDescriptionStore } from '../adapters/stores/resources.ts';
import { AccountEventStore } from '../adapters/stores/timeline/account-events.ts';
import type { AuthConfig } from '../auth/config.ts';
import { clientIdOf } from '../auth/vault/access-keys/value.ts';
import {
  defaultDays,
  keyLimits,
  makeKey,
  readDays,
  readFolder,
  readKeyName,
} from '../auth/vault/access-keys/wish.ts';
import { findDescription } from '../auth/vault/description.ts';
import { fail, withDatabase } from './operator/database.ts';
import { type AskedOfList, printList, readPlace } from './operator/table.ts';
import { readable } from './operator/times.ts';
import { tell } from './operator/trail.ts';

interface Asked {
  readonly account: string;
  readonly name: string;
  readonly access: string;
  readonly folder?: string[];
  readonly days: string;
  readonly json?: true;
}

const nameFaults = {
  nameMissing: 'give the key a name',
  nameTooLong: `the name has more than ${keyLimits.name} characters`,
  nameUnseen: 'the name has characters that can not be seen',
} as const;

const program = new Command('keys').description(
  'Makes, lists and revokes access keys, for programs that can’t sign in. Uses AUTH_DATABASE_URL.',
);

program
  .command('list', { isDefault: true })
  .description('keys, the newest first: name, account, what it may, until when, last used')
  .option('--after <place>', 'goes on where a list ended; each has 100, JSON all', readPlace)
  .option('--json', 'print JSON')
  .action((asked: AskedOfList) =>
    withDatabase((database) => {
      const store = new AccessKeyStore(database);
      const shared = { toRow: describe, toJson, none: 'There is no access key.' };
      return printList(
        { page: (place) => store.page(place), ...shared, command: 'npm run keys -- list' },
        asked,
      );
    }),
  );

program
  .command('create')
  .description('makes a key and prints it once; nothing keeps it')
  .requiredOption('--account <name>', 'whose notes it opens')
  .requiredOption('--name <text>', 'what it is for, so that it is known again')
  .requiredOption('--access <what>', 'read, or write (which includes reading)')
  .option('--folder <path>', 'only this folder; once for each', (path, all: string[] = []) => [...all, path])
  .option(
    '--days <number>',
    `for how long it is good: 1 to ${keyLimits.days}, or none for no end`,
    `${defaultDays}`,
  )
  .option('--json', 'print JSON')
  .action((asked: Asked) => withDatabase((database, config) => create(database, config, asked)));

program
  .command('revoke')
  .description('takes a key away at once; loop-api notices within its cache seconds')
  .argument('<id>', 'as list shows it')
  .option('--json', 'print JSON')
  .action((id: string, { json }: Pick<Asked, 'json'>) =>
    withDatabase((database) => revoke(database, id, json)),
  );

await program.parseAsync();

async function create(database: Database, config: AuthConfig, asked: Asked): Promise<void> {
  const account = await findAccount(database, asked.account);
  const wish = { ...(await readWish(database, config, asked)), accountId: account.id };
  const made = await makeKey(new AccessKeyStore(database), wish).catch((error: unknown) => {
    if (error instanceof TooManyKeys) return fail(`${error.message}; revoke one that is not needed any more`);
    throw error;
  });
  await tellOf(database, 'access_key.created', { id: made.id, accountId: account.id });
  const { value, id, expiresAt } = made;
  const key = { ...wish, id, expiresAt, username: account.username };
  if (asked.json) console.log(JSON.stringify({ key: value, ...toJson(key) }, null, 2));
  else
    console.log(`${value}\n\nIt is shown only now. Whoever has it gets in: ${summary(key)}. Its id: ${id}`);
}

async function findAccount(database: Database, name: string): Promise<Account> {
  const account = (await new AccountStore(database).findByUsername(name)) ?? fail('there is no such account');
  return account.isDisabled ? fail('that account is disabled: a key of it would open nothing') : account;
}

async function readWish(
  database: Database,
  { resources }: AuthConfig,
  { name, access, folder, days }: Asked,
) {
  const named = readKeyName(name);
  if ('fault' in named) fail(nameFaults[named.fault]);
  if (access !== 'read' && access !== 'write') fail('--access: allowed is read or write');
  const lasting = readDays(days) ?? fail(`--days: allowed is a number from 1 to ${keyLimits.days}, or none`);
  const vault = await findDescription(new ResourceDescriptionStore(database), resources[0]);
  const folders = folder?.map(
    (path) => readFolder(path, vault) ?? fail(`--folder: ${JSON.stringify(path)} is no folder of the vault`),
  );
  return { ...named, ...lasting, access, folders } as const;
}

async function revoke(database: Database, id: string, json: true | undefined): Promise<void> {
  const store = new AccessKeyStore(database);
  const key = await store.find(id);
  if (!key || !(await store.revoke(key.accountId, id)))
    fail('there is no key of that id; `npm run keys` lists them');
  await tellOf(database, 'access_key.revoked', key);
  if (json) console.log(JSON.stringify({ revoked: toJson(key) }, null, 2));
  else console.log(`Revoked: ${key.name} of ${key.username}.`);
}

/** In the trail, and to the owner, who has not done it. */
async function tellOf(
  database: Database,
  event: 'access_key.created' | 'access_key.revoked',
  { id, accountId }: Pick<NewKey, 'id' | 'accountId'>,
): Promise<void> {
  const clientId = clientIdOf({ id });
  tell(event, { accountId, clientId });
  const at = Math.floor(Date.now() / 1000);
  const rest = { isRefusal: false, reason: 'operator', network: 'none' };
  await new AccountEventStore(database).add([{ accountId, at, event, clientId, ...rest }]);
}

type Listed = Omit<OwnedKey, 'madeFrom' | 'createdAt' | 'lastUsedAt' | 'expiresAt'> &
  Partial<Pick<OwnedKey, 'createdAt' | 'lastUsedAt' | 'expiresAt'>>;

function moment(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at * 1000).toISOString();
}

function toJson({ id, name, username, access, folders, createdAt, expiresAt, lastUsedAt }: Listed): object {
  return {
    id,
    name,
    account: username,
    access,
    folders: folders ?? null,
    createdAt: moment(createdAt ?? Math.floor(Date.now() / 1000)),
    expiresAt: moment(expiresAt),
    lastUsedAt: moment(lastUsedAt),
  };
}

function describe(key: OwnedKey): Record<string, string> {
  const { id, name, username, access, folders, createdAt, expiresAt, lastUsedAt } = key;
  return {
    name,
    account: username,
    access,
    folders: folders?.join(', ') ?? 'all',
    made: readable(createdAt),
    until: until(expiresAt),
    'last used': lastUsedAt === undefined ? 'not yet' : readable(lastUsedAt),
    id,
  };
}

function until(expiresAt: number | undefined): string {
  if (expiresAt === undefined) return 'no end';
  return expiresAt * 1000 <= Date.now() ? `expired ${readable(expiresAt)}` : readable(expiresAt);
}

function summary({ username, access, folders, expiresAt }: Listed): string {
  const what = access === 'write' ? 'read and change' : 'read';
  return `to ${what} ${folders ? folders.join(', ') : 'all notes'} of ${username}, ${expiresAt === undefined ? 'without an end' : `until ${until(expiresAt)}`}`;
}
