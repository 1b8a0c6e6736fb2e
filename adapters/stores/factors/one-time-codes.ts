// The secret that an account's one-time codes are made from, and which of them was taken last (table `one_time_codes`).
import type { Database } from '../../database/database.ts';
import { compile, param, type Statement } from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';
import { change } from '../../database/unit-of-work.ts';

/** As it is stored: in base32 or encrypted (auth/people/factors/one-time-codes.ts). */
export interface StoredSecret {
  readonly accountId: string;
  readonly secret: string;
}

export interface OneTimeCodes extends StoredSecret {
  /** Epoch seconds. */
  readonly since: number;
}

export class OneTimeCodeStore {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #list: Statement;
  readonly #save: Statement;
  readonly #takeStep: Statement;
  readonly #replaceSecret: Statement;
  readonly #remove: Statement;

  constructor(database: Database) {
    const codes = () => database.builder('one_time_codes');
    const ofAccount = () => codes().where({ account_id: param('accountId') });
    const columns = { secret: param('secret'), last_step: param('step'), created_at: param('now') };
    this.#database = database;
    this.#find = compile(ofAccount());
    this.#list = compile(codes().select('account_id', 'secret').orderBy('account_id'));
    this.#save = compile(
      codes()
        .insert({ account_id: param('accountId'), ...columns })
        .onConflict('account_id')
        .merge(Object.keys(columns)),
    );
    this.#takeStep = compile(
      ofAccount()
        .where((either) =>
          either.where('last_step', '<', param('step')).orWhere('last_step', '>', param('newest')),
        )
        .update({ last_step: param('step') }),
    );
    this.#replaceSecret = compile(
      ofAccount()
        .where({ secret: param('was') })
        .update({ secret: param('secret') }),
    );
    this.#remove = compile(ofAccount().delete());
  }

  async find(accountId: string): Promise<OneTimeCodes | undefined> {
    const row = await this.#database.first(this.#find, { accountId });
    return row && { accountId, secret: String(row['secret']), since: Number(row['created_at']) };
  }

  async list(): Promise<StoredSecret[]> {
    const rows = await this.#database.all(this.#list, {});
    return rows.map((row) => ({ accountId: String(row['account_id']), secret: String(row['secret']) }));
  }

  /** With the request; `step` is that of the code by which it was shown to be right. */
  async save({ accountId, secret }: StoredSecret, step: number): Promise<void> {
    const values = { accountId, secret, step, now: epochSeconds() };
    await change(this.#database, [{ statement: this.#save, values }]);
  }

  /**
   * At once, whatever becomes of the request; false where a code of that step or a later one was taken before. Of a later one
   * than `newest`, which none can be taken of now, nothing is thought: the clock was ahead then, and has been set right.
   */
  async takeStep(accountId: string, step: number, newest: number): Promise<boolean> {
    const values = { accountId, step, newest };
    return (await this.#database.commit([{ statement: this.#takeStep, values }])) > 0;
  }

  /** All of them or none; what was changed since it was read stays. */
  async replaceSecrets(secrets: ReadonlyArray<StoredSecret & { readonly was: string }>): Promise<void> {
    await this.#database.commit(
      secrets.map(({ accountId, secret, was }) => ({
        statement: this.#replaceSecret,
        values: { accountId, secret, was },
      })),
    );
  }

  /** With the request. */
  async remove(accountId: string): Promise<void> {
    await change(this.#database, [{ statement: this.#remove, values: { accountId } }]);
  }
}
