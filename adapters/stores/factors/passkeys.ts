// Passkeys of accounts: public keys, how often each says that it was used, and what its owner calls it (table `passkeys`).
import { perAccount } from '../../bounds.ts';
import type { Database } from '../../database/database.ts';
import { compile, param, type Row, type Statement } from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';
import { change } from '../../database/unit-of-work.ts';

/** `id` and `publicKey` (COSE) in base64url. */
export interface NewPasskey {
  readonly id: string;
  readonly accountId: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  /** Kept on more than one device, as in a cloud. */
  readonly isSynced: boolean;
  readonly name: string;
}

export interface Passkey extends NewPasskey {
  /** Epoch seconds. */
  readonly since: number;
  readonly lastUsedAt: number | undefined;
}

export interface PasskeyUse {
  readonly counter: number;
  readonly isSynced: boolean;
}

export class PasskeyStore {
  readonly #database: Database;
  readonly #any: Statement;
  readonly #find: Statement;
  readonly #list: Statement;
  readonly #add: Statement;
  readonly #use: Statement;
  readonly #rename: Statement;
  readonly #remove: Statement;

  constructor(database: Database) {
    const passkeys = () => database.builder('passkeys');
    const own = () => passkeys().where({ id: param('id'), account_id: param('accountId') });
    const columns = ['public_key', 'counter', 'transports', 'is_synced', 'name', 'created_at'];
    this.#database = database;
    this.#any = compile(passkeys().select('id').limit(1));
    this.#find = compile(passkeys().where({ id: param('id') }));
    this.#list = compile(
      passkeys()
        .where({ account_id: param('accountId') })
        .orderBy(['created_at', 'id']),
    );
    this.#add = compile(
      passkeys()
        .insert({
          id: param('id'),
          account_id: param('accountId'),
          ...Object.fromEntries(columns.map((name) => [name, param(name)])),
        })
        .onConflict('id')
        .ignore(),
    );
    // Those that don't count say zero each time (WebAuthn section 6.1.1).
    this.#use = compile(
      own()
        .where((either) => either.where('counter', '<', param('counter')).orWhere({ counter: 0 }))
        .update({ counter: param('counter'), is_synced: param('isSynced'), last_used_at: param('now') }),
    );
    this.#rename = compile(own().update({ name: param('name') }));
    this.#remove = compile(own().delete());
  }

  /** Whether anybody here has one. */
  async hasAny(): Promise<boolean> {
    return (await this.#database.first(this.#any, {})) !== undefined;
  }

  async find(id: string): Promise<Passkey | undefined> {
    const row = await this.#database.first(this.#find, { id });
    return row && toPasskey(row);
  }

  /** The oldest first. */
  async list(accountId: string): Promise<Passkey[]> {
    return (await this.#database.all(this.#list, { accountId })).map(toPasskey);
  }

  /** At once; false where there is one of that id, or the account has as many as it may have. */
  async add({ id, accountId, ...one }: NewPasskey): Promise<boolean> {
    if ((await this.list(accountId)).length >= perAccount.passkeys) return false;
    const values = {
      id,
      accountId,
      public_key: one.publicKey,
      counter: one.counter,
      transports: one.transports.join(' '),
      is_synced: one.isSynced ? 1 : 0,
      name: one.name,
      created_at: epochSeconds(),
    };
    return (await this.#database.commit([{ statement: this.#add, values }])) > 0;
  }

  /** At once; false where it was used so often before: a copy of it is about. */
  async use({ id, accountId }: NewPasskey, { counter, isSynced }: PasskeyUse): Promise<boolean> {
    const values = { id, accountId, counter, isSynced: isSynced ? 1 : 0, now: epochSeconds() };
    return (await this.#database.commit([{ statement: this.#use, values }])) > 0;
  }

  /** With the request; of another account's nothing happens. */
  async rename(accountId: string, id: string, name: string): Promise<void> {
    await change(this.#database, [{ statement: this.#rename, values: { accountId, id, name } }]);
  }

  /** At once; false where the account has none of that id. */
  async remove(accountId: string, id: string): Promise<boolean> {
    return (await this.#database.commit([{ statement: this.#remove, values: { accountId, id } }])) > 0;
  }
}

function toPasskey(row: Row): Passkey {
  return {
    id: String(row['id']),
    accountId: String(row['account_id']),
    publicKey: String(row['public_key']),
    counter: Number(row['counter']),
    transports: String(row['transports']).split(' ').filter(Boolean),
    isSynced: Number(row['is_synced']) === 1,
    name: String(row['name']),
    since: Number(row['created_at']),
    lastUsedAt: row['last_used_at'] === null ? undefined : Number(row['last_used_at']),
  };
}
