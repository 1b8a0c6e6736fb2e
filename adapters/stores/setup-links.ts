// The one-time link that makes the first account: its token is stored as a hash and ends with its use.

import type { Database } from '../database/database.ts';
import { hashOpaque } from '../database/hash.ts';
import { compile, param, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import type { Account, AccountStore } from './accounts.ts';

/** The link is unknown, used or past its time. */
export class SetupLinkEnded extends Error {
  override readonly name = 'SetupLinkEnded';
}

export class SetupLinkStore {
  readonly #database: Database;
  readonly #accounts: AccountStore;
  readonly #find: Statement;
  readonly #end: Statement;
  readonly #endAll: Statement;
  readonly #insert: Statement;

  constructor(database: Database, accounts: AccountStore) {
    const links = () => database.builder('setup_links');
    const live = () =>
      links()
        .where({ id: param('id') })
        .where('expires_at', '>', param('now'));
    this.#database = database;
    this.#accounts = accounts;
    this.#find = compile(live());
    this.#end = compile(live().delete());
    this.#endAll = compile(links().delete());
    this.#insert = compile(links().insert({ id: param('id'), expires_at: param('expiresAt') }));
  }

  /** Makes the token the only valid one until `expiresAt` (epoch seconds). */
  async renew(token: string, expiresAt: number): Promise<void> {
    const insert = { statement: this.#insert, values: { id: hashOpaque(token), expiresAt } };
    await this.#database.commit([{ statement: this.#endAll, values: {} }, insert]);
  }

  /** Ends the link, as when an account was made without it. */
  async end(): Promise<void> {
    await this.#database.commit([{ statement: this.#endAll, values: {} }]);
  }

  async isLive(token: string): Promise<boolean> {
    return (
      (await this.#database.first(this.#find, { id: hashOpaque(token), now: epochSeconds() })) !== undefined
    );
  }

  /** Creates the account and ends the link in one transaction. Throws SetupLinkEnded. */
  async createAccount(token: string, username: string, passwordHash: string): Promise<Account> {
    const { account, write } = this.#accounts.prepareCreation(username, passwordHash);
    const values = { id: hashOpaque(token), now: epochSeconds() };
    const otherwise = () => new SetupLinkEnded('the link is unknown, used or past its time');
    await this.#database.commit([{ statement: this.#end, values, otherwise }, write]);
    return account;
  }
}
