// Which account somebody has whom an identity provider knows: one each (table `upstream_links`).
import type { Database } from '../../database/database.ts';
import { compile, param, type Row, type Statement, type Write } from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';
import { type Account, AccountStore } from '../accounts.ts';

/** A person as a provider says it: both stay the same, whatever else changes (OpenID Connect Core section 2). */
export interface UpstreamPerson {
  readonly issuer: string;
  readonly subject: string;
  /** What the provider calls them, for pages. */
  readonly name: string;
}

export interface UpstreamLink extends UpstreamPerson {
  readonly accountId: string;
  /** Epoch seconds. */
  readonly since: number;
}

/** That person, or that account, has another link already. */
export class UpstreamLinked extends Error {
  override readonly name = 'UpstreamLinked';
}

export class UpstreamLinkStore {
  readonly #database: Database;
  readonly #accounts: AccountStore;
  readonly #find: Statement;
  readonly #ofAccount: Statement;
  readonly #insert: Statement;
  readonly #removeOthers: Statement;
  readonly #remove: Statement;

  constructor(database: Database) {
    const links = () => database.builder('upstream_links');
    const ofAccount = () => links().where({ account_id: param('accountId') });
    this.#database = database;
    this.#accounts = new AccountStore(database);
    this.#find = compile(links().where({ issuer: param('issuer'), subject: param('subject') }));
    this.#ofAccount = compile(ofAccount());
    this.#insert = compile(
      links()
        .insert({
          account_id: param('accountId'),
          issuer: param('issuer'),
          subject: param('subject'),
          name: param('name'),
          created_at: param('now'),
        })
        .onConflict()
        .ignore(),
    );
    this.#removeOthers = compile(
      ofAccount()
        .whereNot({ issuer: param('issuer') })
        .delete(),
    );
    this.#remove = compile(ofAccount().delete());
  }

  async find({ issuer, subject }: Omit<UpstreamPerson, 'name'>): Promise<UpstreamLink | undefined> {
    return toLink(await this.#database.first(this.#find, { issuer, subject }));
  }

  async findOfAccount(accountId: string): Promise<UpstreamLink | undefined> {
    return toLink(await this.#database.first(this.#ofAccount, { accountId }));
  }

  /** In one transaction, so that there is no account that nobody can open. Throws UsernameTaken, UpstreamLinked. */
  async createAccount(person: UpstreamPerson, username: string, passwordHash: string): Promise<Account> {
    const { account, write } = this.#accounts.prepareCreation(username, passwordHash);
    await this.#database.commit([write, this.#link(person, account.id)]);
    return account;
  }

  /** At once; a link with another provider goes. Throws UpstreamLinked. */
  async link(person: UpstreamPerson, accountId: string): Promise<void> {
    const others = { statement: this.#removeOthers, values: { accountId, issuer: person.issuer } };
    await this.#database.commit([others, this.#link(person, accountId)]);
  }

  /** False where there was none. */
  async remove(accountId: string): Promise<boolean> {
    return (await this.#database.commit([{ statement: this.#remove, values: { accountId } }])) > 0;
  }

  #link({ issuer, subject, name }: UpstreamPerson, accountId: string): Write {
    const otherwise = () => new UpstreamLinked('that person or that account is linked already');
    return {
      statement: this.#insert,
      values: { accountId, issuer, subject, name, now: epochSeconds() },
      otherwise,
    };
  }
}

function toLink(row: Row | undefined): UpstreamLink | undefined {
  return (
    row && {
      accountId: String(row['account_id']),
      issuer: String(row['issuer']),
      subject: String(row['subject']),
      name: String(row['name']),
      since: Number(row['created_at']),
    }
  );
}
