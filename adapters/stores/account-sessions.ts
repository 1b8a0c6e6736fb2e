// Browsers that are signed in on the account pages, each a row under the hash of its cookie's value.
import { perAccount } from '../bounds.ts';
import type { Database } from '../database/database.ts';
import { hashOpaque } from '../database/hash.ts';
import { compile, param, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { change } from '../database/unit-of-work.ts';

// Enough to tell a person when a browser was last there; more often would be a write for every page.
const leastSecondsBetweenTouches = 60;

export class AccountSessionStore {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #dropOldest: Statement;
  readonly #findLive: Statement;
  readonly #touch: Statement;
  readonly #delete: Statement;

  constructor(database: Database) {
    const sessions = () => database.builder('account_sessions');
    const byId = { id: param('id') };
    this.#database = database;
    this.#insert = compile(
      sessions().insert({
        ...byId,
        account_id: param('accountId'),
        created_at: param('now'),
        last_used_at: param('now'),
        expires_at: param('expiresAt'),
      }),
    );
    const ofAccount = () => sessions().where({ account_id: param('accountId') });
    const newestLeft = ofAccount()
      .select('expires_at')
      .orderBy('expires_at', 'desc')
      .limit(1)
      .offset(perAccount.sessions - 1);
    this.#dropOldest = compile(ofAccount().where('expires_at', '<', newestLeft).delete());
    this.#findLive = compile(
      sessions().select('account_id', 'last_used_at').where(byId).where('expires_at', '>', param('now')),
    );
    this.#touch = compile(
      sessions()
        .where(byId)
        .update({ last_used_at: param('now') }),
    );
    this.#delete = compile(sessions().where(byId).delete());
  }

  /** Begins a session that ends by itself after `seconds`; the account's oldest goes where there are too many. */
  async begin(value: string, accountId: string, seconds: number): Promise<void> {
    const now = epochSeconds();
    const values = { id: hashOpaque(value), accountId, now, expiresAt: now + seconds };
    await this.#database.commit([
      { statement: this.#insert, values },
      { statement: this.#dropOldest, values: { accountId } },
    ]);
  }

  /** The id of the account whose session it is; undefined where there is none or its time is over. */
  async findAccountId(value: string): Promise<string | undefined> {
    const now = epochSeconds();
    const id = hashOpaque(value);
    const row = await this.#database.first(this.#findLive, { id, now });
    if (!row) return undefined;
    if (now - Number(row['last_used_at']) >= leastSecondsBetweenTouches) {
      await change(this.#database, [{ statement: this.#touch, values: { id, now } }]);
    }
    return String(row['account_id']);
  }

  async end(value: string): Promise<void> {
    await this.#database.commit([{ statement: this.#delete, values: { id: hashOpaque(value) } }]);
  }
}
