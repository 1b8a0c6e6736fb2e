// Accounts: who may sign in, with which password hash.
// The room: a store for each thing that our own code asks for. Not oidc-provider's models: models/.
import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import { compile, param, type Row, type Statement, type Write } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { createRevocation, type Revocation } from '../models/revocation.ts';

export interface Account {
  readonly id: string;
  /** As its owner typed it; found again in any case and Unicode form. */
  readonly username: string;
  readonly passwordHash: string;
  readonly isDisabled: boolean;
}

/** The username belongs to another account. */
export class UsernameTaken extends Error {
  override readonly name = 'UsernameTaken';
}

export class AccountStore {
  readonly #database: Database;
  readonly #revocation: Revocation;
  readonly #byId: Statement;
  readonly #byUsername: Statement;
  readonly #any: Statement;
  readonly #other: Statement;
  readonly #ids: Statement;
  readonly #oldest: Statement;
  readonly #insert: Statement;
  readonly #setPassword: Statement;
  readonly #renewHash: Statement;
  readonly #setDisabled: Statement;

  constructor(database: Database) {
    const accounts = () => database.builder('accounts');
    const columns = {
      id: param('id'),
      username: param('folded'),
      display_name: param('username'),
      password_hash: param('passwordHash'),
      created_at: param('now'),
    };
    this.#database = database;
    this.#revocation = createRevocation(database);
    this.#byId = compile(accounts().where({ id: param('id') }));
    this.#byUsername = compile(accounts().where({ username: param('folded') }));
    this.#any = compile(accounts().select('id').limit(1));
    this.#other = compile(
      accounts()
        .whereNot({ id: param('id') })
        .select('id')
        .limit(1),
    );
    this.#ids = compile(accounts().select('id').orderBy(['created_at', 'id']));
    this.#oldest = compile(accounts().whereNull('disabled_at').orderBy(['created_at', 'id']).limit(1));
    this.#insert = compile(accounts().insert(columns).onConflict('username').ignore());
    this.#setPassword = compile(
      accounts()
        .where({ id: param('id') })
        .update({ password_hash: param('passwordHash') }),
    );
    this.#renewHash = compile(
      accounts()
        .where({ id: param('id'), password_hash: param('before') })
        .update({ password_hash: param('passwordHash') }),
    );
    this.#setDisabled = compile(
      accounts()
        .where({ id: param('id') })
        .update({ disabled_at: param('disabledAt') }),
    );
  }

  async findById(id: string): Promise<Account | undefined> {
    return toAccount(await this.#database.first(this.#byId, { id }));
  }

  async findByUsername(username: string): Promise<Account | undefined> {
    return toAccount(await this.#database.first(this.#byUsername, { folded: foldUsername(username) }));
  }

  async hasAny(): Promise<boolean> {
    return (await this.#database.first(this.#any, {})) !== undefined;
  }

  /** Whether there is no account but that one, disabled ones counted. */
  async isOnly(id: string): Promise<boolean> {
    return (await this.#database.first(this.#other, { id })) === undefined;
  }

  /** The oldest first. */
  async listIds(): Promise<string[]> {
    return (await this.#database.all(this.#ids, {})).map(({ id }) => String(id));
  }

  /** Of those that may sign in, the oldest. */
  async findOldest(): Promise<Account | undefined> {
    return toAccount(await this.#database.first(this.#oldest, {}));
  }

  /** Throws UsernameTaken. */
  async create(username: string, passwordHash: string): Promise<Account> {
    const { account, write } = this.prepareCreation(username, passwordHash);
    await this.#database.commit([write]);
    return account;
  }

  /** A new account and the write that makes it, for a transaction of the caller's. */
  prepareCreation(username: string, passwordHash: string): { account: Account; write: Write } {
    const account = {
      id: randomUUID(),
      username: username.normalize('NFC'),
      passwordHash,
      isDisabled: false,
    };
    const values = {
      id: account.id,
      folded: foldUsername(username),
      username: account.username,
      passwordHash,
      now: epochSeconds(),
    };
    const otherwise = () => new UsernameTaken(`the username ${account.username} is taken`);
    return { account, write: { statement: this.#insert, values, otherwise } };
  }

  /** Sets a new password and ends every session of the account; with `revoke` all that it has granted goes too. */
  async setPassword(id: string, passwordHash: string, revoke: boolean): Promise<void> {
    const write = { statement: this.#setPassword, values: { id, passwordHash } };
    const ended = revoke ? this.#revocation.ofAccount(id) : this.#revocation.ofSessions(id);
    await this.#database.commit([write, ...ended]);
  }

  /** The same password under another hash; false where it was replaced meanwhile. */
  async renewHash({ id, passwordHash: before }: Account, passwordHash: string): Promise<boolean> {
    const write = { statement: this.#renewHash, values: { id, before, passwordHash } };
    return (await this.#database.commit([write])) > 0;
  }

  /** Disabling takes all that the account has granted and every session of it along; enabling gives nothing back. */
  async setDisabled(id: string, isDisabled: boolean): Promise<void> {
    const values = { id, disabledAt: isDisabled ? epochSeconds() : null };
    const write = { statement: this.#setDisabled, values };
    await this.#database.commit(isDisabled ? [write, ...this.#revocation.ofAccount(id)] : [write]);
  }
}

// A name has 64 characters at most (auth/pages/pages.ts), and in no Unicode form more than four times as many.
const longestTyped = 256;

/**
 * A username as names are compared: NFKC and lower case, so that nobody is locked out by a keyboard's Unicode form or a
 * capital letter. No more of it than a name can have, since sorting a row of marks takes the square of its length.
 */
export function foldUsername(username: string): string {
  return username.slice(0, longestTyped).normalize('NFKC').toLowerCase();
}

function toAccount(row: Row | undefined): Account | undefined {
  return (
    row && {
      id: String(row['id']),
      username: String(row['display_name']),
      passwordHash: String(row['password_hash']),
      isDisabled: row['disabled_at'] !== null,
    }
  );
}
