// Browsers in which somebody signed in with the right password: a cookie's value as a hash, and whose it is.
import { perAccount } from '../../bounds.ts';
import type { Database } from '../../database/database.ts';
import { hashOpaque } from '../../database/hash.ts';
import { compile, param, type Statement } from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';
import { change } from '../../database/unit-of-work.ts';

export class DeviceStore {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #save: Statement;
  readonly #dropOldest: Statement;

  constructor(database: Database) {
    const devices = () => database.builder('devices');
    const ofAccount = () => devices().where({ account_id: param('accountId') });
    this.#database = database;
    this.#find = compile(
      devices()
        .select('account_id')
        .where({ id: param('id') })
        .where('expires_at', '>', param('now')),
    );
    this.#save = compile(
      devices()
        .insert({ id: param('id'), account_id: param('accountId'), expires_at: param('expiresAt') })
        .onConflict('id')
        .merge(['expires_at']),
    );
    const newestLeft = ofAccount()
      .select('expires_at')
      .orderBy('expires_at', 'desc')
      .limit(1)
      .offset(perAccount.devices - 1);
    this.#dropOldest = compile(ofAccount().where('expires_at', '<', newestLeft).delete());
  }

  /** The id of the account that signed in there. */
  async findAccountId(value: string): Promise<string | undefined> {
    const row = await this.#database.first(this.#find, { id: hashOpaque(value), now: epochSeconds() });
    return row && String(row['account_id']);
  }

  /** With the request that signed in; `expiresAt` in epoch seconds. The account's oldest goes where there are too many. */
  async save(value: string, accountId: string, expiresAt: number): Promise<void> {
    await change(this.#database, [
      { statement: this.#save, values: { id: hashOpaque(value), accountId, expiresAt } },
      { statement: this.#dropOldest, values: { accountId } },
    ]);
  }
}
