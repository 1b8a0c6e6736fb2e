// Keys for programs that can't sign in, each kept as a hash: what it may, and until when (table `access_keys`).
import { perAccount } from '../../bounds.ts';
import type { Database } from '../../database/database.ts';
import { hashOpaque } from '../../database/hash.ts';
import { compile, param, type Row, type Statement, textOf } from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';
import { forgetAt, rememberKeys } from '../../models/revocation.ts';
import { type ListPage, newest, type Place, pageOf, toPage } from '../listing/keyset.ts';

/** Times are epoch seconds. */
export interface AccessKey {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly access: 'read' | 'write';
  /** Paths inside the vault; undefined for all of it. */
  readonly folders: readonly string[] | undefined;
  readonly madeFrom: string | undefined;
  readonly createdAt: number;
  /** Undefined of one without an end. */
  readonly expiresAt: number | undefined;
  /** To the minute; undefined where it was not used yet. */
  readonly lastUsedAt: number | undefined;
}

/** A key whose account may sign in. */
export interface OwnedKey extends AccessKey {
  readonly username: string;
}

export type NewKey = Omit<AccessKey, 'createdAt' | 'lastUsedAt'>;

/** The account has as many keys as it may have; expired ones count until they are removed. */
export class TooManyKeys extends Error {
  override readonly name = 'TooManyKeys';
}

/** There is a key of that id already. */
export class KeyExists extends Error {
  override readonly name = 'KeyExists';
}

const columns = ['id', 'hash', 'name', 'access', 'folders', 'made_from', 'created_at', 'expires_at'] as const;

export class AccessKeyStore {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #byId: Statement;
  readonly #live: Statement;
  readonly #ofAccount: Statement;
  readonly #page: Statement;
  readonly #one: Statement;
  readonly #revoke: readonly Statement[];
  readonly #revoked: Statement;
  readonly #trimRevoked: Statement;

  constructor(database: Database) {
    const { builder } = database;
    const keys = () => builder('access_keys');
    const ofAccount = () => keys().where({ account_id: param('account_id') });
    const owned = () =>
      keys()
        .join('accounts', 'accounts.id', 'access_keys.account_id')
        .select('access_keys.*', 'accounts.display_name');
    this.#database = database;
    const typed = columns.map((name) => (/_at$/.test(name) ? 'cast(? as bigint)' : 'cast(? as text)'));
    // One statement, so that no second one comes between the count and the row.
    this.#insert = compile(
      builder.raw(
        `insert into access_keys (account_id, ${columns}) select id, ${typed} from accounts
        where id = ? and (select count(*) from access_keys where account_id = ?) < ?`,
        [...columns, 'account_id', 'account_id', 'most'].map((name) => param(name)),
      ),
    );
    this.#byId = compile(
      keys()
        .select('id')
        .where({ id: param('id') }),
    );
    this.#live = compile(
      owned()
        .where({ hash: param('hash') })
        .whereNull('accounts.disabled_at')
        .where((end) =>
          end.whereNull('access_keys.expires_at').orWhere('access_keys.expires_at', '>', param('now')),
        ),
    );
    this.#ofAccount = compile(
      ofAccount().orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'asc' },
      ]),
    );
    this.#page = compile(pageOf(owned(), 'access_keys'));
    this.#one = compile(owned().where('access_keys.id', param('id')));
    const revoked = () => builder('revoked_keys').where({ account_id: param('account_id') });
    const tooMany = revoked()
      .select('id')
      .orderBy('expires_at', 'desc')
      .limit(1000)
      .offset(perAccount.revokedKeys);
    this.#revoke = [
      rememberKeys(builder, 'account_id = ? and id = ?', ['account_id', 'id']),
      compile(
        ofAccount()
          .where({ id: param('id') })
          .delete(),
      ),
    ];
    this.#trimRevoked = compile(builder('revoked_keys').whereIn('id', tooMany).delete());
    this.#revoked = compile(revoked().select('id', 'name'));
  }

  /** At once, whatever becomes of the request. Throws TooManyKeys or KeyExists. */
  async add(value: string, key: NewKey): Promise<void> {
    // PostgreSQL counts what was committed before: without the lock two requests could both find room for the last one.
    const lock = await this.#database.lock('access keys');
    try {
      if (await this.#database.first(this.#byId, { id: key.id })) throw new KeyExists();
      const otherwise = () => new TooManyKeys(`an account has ${perAccount.accessKeys} keys at most`);
      await lock.commit([{ statement: this.#insert, values: toValues(value, key), otherwise }]);
    } finally {
      await lock.release();
    }
  }

  /** Undefined for one that is unknown, expired or revoked, and where the account is disabled. */
  async findLive(value: string): Promise<OwnedKey | undefined> {
    const values = { hash: hashOpaque(value), now: epochSeconds() };
    const row = await this.#database.first(this.#live, values);
    return row && toOwned(row);
  }

  /** With those that have expired lately, the newest first. */
  async listOfAccount(accountId: string): Promise<AccessKey[]> {
    return (await this.#database.all(this.#ofAccount, { account_id: accountId })).map(toKey);
  }

  /** Everyone's, the newest first. */
  async page(place: Place = newest): Promise<ListPage<OwnedKey>> {
    const rows = await this.#database.all(this.#page, { ...place });
    return toPage(rows.map(toOwned), ({ createdAt: since, id }) => ({ since, id }));
  }

  /** Whosever it is; undefined where there is none of that id. */
  async find(id: string): Promise<OwnedKey | undefined> {
    const row = await this.#database.first(this.#one, { id });
    return row && toOwned(row);
  }

  /** Whatever becomes of the request. False where the account has none of that id. */
  async revoke(accountId: string, id: string): Promise<boolean> {
    const values = { account_id: accountId, id, forgetAt: forgetAt() };
    const wasThere =
      (await this.#database.commit(this.#revoke.map((statement) => ({ statement, values })))) > 0;
    if (wasThere) await this.#database.commit([{ statement: this.#trimRevoked, values }]);
    return wasThere;
  }

  /** What those were called that were revoked lately. */
  async listRevoked(accountId: string): Promise<Pick<AccessKey, 'id' | 'name'>[]> {
    const rows = await this.#database.all(this.#revoked, { account_id: accountId });
    return rows.map((row) => ({ id: String(row['id']), name: String(row['name']) }));
  }
}

function toValues(value: string, key: NewKey) {
  return {
    id: key.id,
    account_id: key.accountId,
    hash: hashOpaque(value),
    name: key.name,
    access: key.access,
    folders: key.folders ? JSON.stringify(key.folders) : null,
    made_from: key.madeFrom ?? null,
    created_at: epochSeconds(),
    expires_at: key.expiresAt ?? null,
    most: perAccount.accessKeys,
  };
}

function toKey(row: Row): AccessKey {
  const folders = textOf(row['folders']);
  const moment = (name: string) => (row[name] === null ? undefined : Number(row[name]));
  return {
    id: String(row['id']),
    accountId: String(row['account_id']),
    name: String(row['name']),
    access: row['access'] === 'write' ? 'write' : 'read',
    folders: folders === undefined ? undefined : (JSON.parse(folders) as string[]),
    madeFrom: textOf(row['made_from']),
    createdAt: Number(row['created_at']),
    expiresAt: moment('expires_at'),
    lastUsedAt: moment('last_used_at'),
  };
}

function toOwned(row: Row): OwnedKey {
  return { ...toKey(row), username: String(row['display_name']) };
}
