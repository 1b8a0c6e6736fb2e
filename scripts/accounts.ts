// npm run accounts: who has an account, closing and opening one, its browsers, and the way back for a lost second factor.
import { Command } from 'commander';
import type { Database } from '../adapters/database/database.ts';
import { type Account, AccountStore } from '../adapters/stores/accounts.ts';
import { BrowserStore, type SignedInBrowser } from '../adapters/stores/browsers/signed-in.ts';
import { ConnectionStore } from '../adapters/stores/connections.ts';
import { type AccountOverview, AccountOverviewStore } from '../adapters/stores/factors/account-overview.ts';
import { fail, withDatabase } from './operator/database.ts';
import { printable } from './operator/printable.ts';
import { type AskedOfList, printList, printTable, readPlace } from './operator/table.ts';
import { readable } from './operator/times.ts';
import { tell, tellRevoked } from './operator/trail.ts';

interface Asked {
  readonly json?: true;
}

interface AskedOfSessions extends Asked {
  readonly end?: string;
  readonly endAll?: true;
}

const program = new Command('accounts').description(
  'Lists accounts and does to one what its owner can’t do any more. Uses AUTH_DATABASE_URL.',
);

program
  .command('list', { isDefault: true })
  .description(
    'accounts, the oldest first: since when, whether open, what it signs in with, browsers signed in',
  )
  .option('--after <place>', 'goes on where a list ended; each has 100, JSON all', readPlace)
  .option('--json', 'print JSON')
  .action((asked: AskedOfList) =>
    withDatabase(async (database) => {
      const store = new AccountOverviewStore(database);
      const shared = { toRow, toJson, none: 'There is no account yet.' };
      await printList(
        { page: (place) => store.page(place), ...shared, command: 'npm run accounts -- list' },
        asked,
      );
      if (!asked.json) sayLocalOff();
    }),
  );

ofAccount(
  'disable',
  'closes an account: nobody signs in with it, and every app it has let in is revoked',
).action((name: string, asked: Asked) => setDisabled(name, true, asked));

ofAccount('enable', 'opens a closed account again; its apps connect anew').action(
  (name: string, asked: Asked) => setDisabled(name, false, asked),
);

ofAccount('sessions', 'the browsers in which an account is signed in')
  .option('--end <id>', 'sign one out, by the id that is shown')
  .option('--end-all', 'sign all of them out; apps stay connected')
  .action((name: string, asked: AskedOfSessions) =>
    withAccount(name, (database, account) => showSessions(database, account, asked)),
  );

ofAccount(
  'reset-factors',
  'takes codes from the phone, recovery codes and passkeys away: the password alone signs in again',
).action((name: string, { json }: Asked) =>
  withAccount(name, async (database, account) => {
    const overviews = new AccountOverviewStore(database);
    const before = await overviews.find(account.id);
    await overviews.resetFactors(account.id);
    tell('factors.reset', { accountId: account.id });
    const { hasCodes = false, recoveryCodes = 0, passkeys = 0 } = before ?? {};
    if (json)
      return print({ account: account.username, removed: { codes: hasCodes, recoveryCodes, passkeys } });
    console.log(
      hasCodes || passkeys > 0
        ? `Codes and passkeys of ${account.username} are gone: the password alone signs in.`
        : `${account.username} had neither codes nor passkeys: the password alone signs in, as before.`,
    );
    sayLocalOff();
  }),
);

await program.parseAsync();

/** Where a password is no way in, what makes it one. */
function sayLocalOff(): void {
  if (!['off', 'false'].includes(process.env['AUTH_LOCAL_SIGN_IN'] ?? '')) return;
  console.log(
    'Passwords are turned off: people sign in by the identity provider alone. To let an account in by its password, set ' +
      'AUTH_LOCAL_SIGN_IN=on, start loop-auth anew, and give it one with npm run seed-user.',
  );
}

function ofAccount(name: string, description: string): Command {
  return program.command(`${name} <name>`).description(description).option('--json', 'print JSON');
}

async function withAccount(
  name: string,
  work: (database: Database, account: Account) => Promise<void>,
): Promise<void> {
  await withDatabase(async (database) => {
    const account = await new AccountStore(database).findByUsername(name);
    if (!account) fail('there is no such account; `npm run accounts` lists them');
    await work(database, account);
  });
}

function setDisabled(name: string, isDisabled: boolean, { json }: Asked): Promise<void> {
  return withAccount(name, async (database, account) => {
    const revoked = isDisabled ? await new ConnectionStore(database).listOfAccount(account.id) : [];
    await new AccountStore(database).setDisabled(account.id, isDisabled);
    tell(isDisabled ? 'account.disabled' : 'account.enabled', { accountId: account.id });
    tellRevoked(revoked);
    if (json) print({ account: account.username, isOpen: !isDisabled, revoked: revoked.length });
    else if (isDisabled)
      console.log(`${account.username} is closed, its apps are revoked: ${revoked.length}.`);
    else console.log(`${account.username} is open again.`);
  });
}

async function showSessions(database: Database, account: Account, asked: AskedOfSessions): Promise<void> {
  if (asked.end !== undefined || asked.endAll) return endSessions(database, account, asked);
  const all = (await new BrowserStore(database).list(account.id)).map(toSession);
  if (asked.json) print(all);
  else if (all.length === 0) console.log(`${account.username} is signed in nowhere.`);
  else printTable(all);
}

async function endSessions(
  database: Database,
  account: Account,
  { end, endAll, json }: AskedOfSessions,
): Promise<void> {
  const store = new BrowserStore(database);
  const wanted = (await store.list(account.id)).filter(({ uid }) => endAll || uid === end);
  if (wanted.length === 0 && !endAll) fail('there is no such session; without --end they are listed');
  for (const { uid } of wanted) await store.end(account.id, uid);
  if (wanted.length > 0) tell('sessions.revoked', { accountId: account.id });
  if (json) print({ account: account.username, ended: wanted.length });
  else console.log(`Browsers that were signed out: ${wanted.length}.`);
}

function toJson({ id, username, createdAt, disabledAt, ...counts }: AccountOverview) {
  const { hasCodes: codes, recoveryCodes, passkeys, sessions, linkedAs = null } = counts;
  const since = readable(createdAt);
  return {
    account: username,
    since,
    isOpen: disabledAt === undefined,
    codes,
    recoveryCodes,
    passkeys,
    linkedAs,
    sessions,
    id,
  };
}

function toRow(account: AccountOverview): Record<string, string> {
  const { isOpen, codes, recoveryCodes, passkeys, sessions, linkedAs, ...shown } = toJson(account);
  return {
    account: shown.account,
    since: shown.since,
    state: isOpen ? 'open' : 'closed',
    codes: codes ? `on, ${recoveryCodes} recovery codes` : 'off',
    passkeys: String(passkeys),
    provider: linkedAs === null ? 'no' : `as ${printable(linkedAs)}`,
    browsers: String(sessions),
    id: shown.id,
  };
}

function toSession({ uid, signedInAt, seenAt, network, browser, system }: SignedInBrowser) {
  return {
    browser: [browser, system].filter(Boolean).join(' · '),
    network: network ?? '',
    'signed in': readable(signedInAt),
    seen: readable(seenAt ?? signedInAt),
    id: uid,
  };
}

function print(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
