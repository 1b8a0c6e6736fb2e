// npm run seed-user: creates an account, or resets its password, without a browser.
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import type { Database } from '../adapters/database/database.ts';
import { type Account, AccountStore } from '../adapters/stores/accounts.ts';
import { type Connection, ConnectionStore } from '../adapters/stores/connections.ts';
import { SetupLinkStore } from '../adapters/stores/setup-links.ts';
import { findCredentialFault } from '../auth/people/credential-rules.ts';
import { hashPassword } from '../auth/people/passwords.ts';
import { fail, withDatabase } from './operator/database.ts';
import { terminalWords } from './operator/terminal.ts';
import { tell, tellRevoked } from './operator/trail.ts';

interface Options {
  readonly username: string;
  readonly passwordStdin?: true;
  readonly revoke?: true;
  readonly disable?: true;
  readonly enable?: true;
}

const program = new Command('seed-user')
  .description('Creates an account, or resets its password. Uses the database of AUTH_DATABASE_URL.')
  .requiredOption('--username <name>', 'the name to sign in with')
  .option('--password-stdin', 'read the password from the first line of standard input')
  .option('--revoke', 'on a reset: also revoke every app that the account has let in, and its access keys')
  .option(
    '--disable',
    'close an account: nobody signs in with it, and every app it has let in and its access keys are revoked',
  )
  .option('--enable', 'open a closed account again; its apps connect anew')
  .parse();

// Accounts can be made before loop-auth was ever started.
const firstUse = { mayBeFirst: true };

const { text: say } = terminalWords(process.env);
const { username, passwordStdin, revoke, disable, enable } = program.opts<Options>();
if (disable || enable) await setDisabled(disable === true);
else await setPassword();

async function setDisabled(isDisabled: boolean): Promise<void> {
  await withDatabase(async (database) => {
    const accounts = new AccountStore(database);
    const account = await accounts.findByUsername(username);
    if (!account) fail(say('terminal.noAccount', { account: username }));
    const revoked = isDisabled ? await connectionsOf(database, account) : [];
    await accounts.setDisabled(account.id, isDisabled);
    tell(isDisabled ? 'account.disabled' : 'account.enabled', { accountId: account.id });
    tellRevoked(revoked);
    const said = isDisabled ? 'terminal.accountClosed' : 'terminal.accountOpened';
    console.log(say(said, { account: account.username }));
  });
}

async function setPassword(): Promise<void> {
  // Never as an argument: other users of the machine can read those.
  if (!passwordStdin) fail(say('terminal.noPassword'));
  const firstLine = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();
  const password = firstLine.value ?? '';
  const fault = await findCredentialFault(username, password);
  if (fault) fail(say(`faults.${fault.code}`, fault.values));

  await withDatabase(async (database) => {
    const accounts = new AccountStore(database);
    const existing = await accounts.findByUsername(username);
    const hash = await hashPassword(password);
    if (existing) {
      const revoked = revoke ? await connectionsOf(database, existing) : [];
      await accounts.setPassword(existing.id, hash, revoke === true);
      tell('account.password_set', { accountId: existing.id });
      tellRevoked(revoked);
      const said = revoke ? 'terminal.passwordSetRevoked' : 'terminal.passwordSet';
      console.log(say(said, { account: existing.username }));
      return;
    }
    const account = await accounts.create(username, hash);
    await new SetupLinkStore(database, accounts).end();
    tell('account.created', { accountId: account.id });
    console.log(say('terminal.accountCreated', { account: account.username }));
  }, firstUse);
}

function connectionsOf(database: Database, { id }: Account): Promise<Connection[]> {
  return new ConnectionStore(database).listOfAccount(id);
}
