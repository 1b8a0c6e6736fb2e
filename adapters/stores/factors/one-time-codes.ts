// The secret that an account's one-time codes are made from (table `one_time_codes`), and which of them were taken
// (`one_time_code_steps`). Each is remembered, not the highest alone: after a clock that was ahead was set right, that one would keep
// its owner out until the time came there, or, passed over, let the code in again then (RFC 6238 section 5.2: a code is good once).
import { perAccount } from '../../bounds.ts';
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

class CodeTaken extends Error {
  override readonly name = 'CodeTaken';
}

export class OneTimeCodeStore {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #list: Statement;
  readonly #save: Statement;
  readonly #takeStep: Statement;
  readonly #addStep: Statement;
  readonly #trimSteps: Statement;
  readonly #forgetSteps: Statement;
  readonly #replaceSecret: Statement;
  readonly #remove: Statement;

  constructor(database: Database) {
    const codes = () => database.builder('one_time_codes');
    const ofAccount = () => codes().where({ account_id: param('accountId') });
    const { builder } = database;
    const steps = () => builder('one_time_code_steps').where({ account_id: param('accountId') });
    const columns = { secret: param('secret'), created_at: param('now') };
    this.#database = database;
    this.#find = compile(ofAccount());
    this.#list = compile(codes().select('account_id', 'secret').orderBy('account_id'));
    this.#save = compile(
      codes()
        .insert({ account_id: param('accountId'), ...columns })
        .onConflict('account_id')
        .merge(Object.keys(columns)),
    );
    // One statement, so that of two at once one is taken.
    this.#takeStep = compile(
      builder.raw(
        `insert into one_time_code_steps (account_id, step)
        select account_id, cast(? as bigint) from one_time_codes where account_id = ? and not exists (
          select 1 from one_time_code_steps where account_id = ? and step between ? and ?)
        on conflict do nothing`,
        ['step', 'accountId', 'accountId', 'step', 'newest'].map((name) => param(name)),
      ),
    );
    this.#addStep = compile(
      builder('one_time_code_steps').insert({ account_id: param('accountId'), step: param('step') }),
    );
    const past = () => steps().where('step', '<=', param('newest'));
    this.#trimSteps = compile(
      past()
        .where(
          'step',
          '<',
          past()
            .select('step')
            .orderBy('step', 'desc')
            .limit(1)
            .offset(perAccount.codeSteps - 1),
        )
        .delete(),
    );
    this.#forgetSteps = compile(steps().delete());
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
    const statements = [this.#save, this.#forgetSteps, this.#addStep];
    await change(
      this.#database,
      statements.map((statement) => ({ statement, values })),
    );
  }

  /**
   * At once, whatever becomes of the request; false where a code of that step was taken before, or of a later one up to
   * `newest`, the last that can be taken now. One beyond was taken while the clock was ahead: it counts when its time comes.
   */
  async takeStep(accountId: string, step: number, newest: number): Promise<boolean> {
    const values = { accountId, step, newest };
    const otherwise = () => new CodeTaken();
    const writes = [
      { statement: this.#takeStep, values, otherwise },
      { statement: this.#trimSteps, values },
    ];
    try {
      await this.#database.commit(writes);
      return true;
    } catch (error) {
      if (error instanceof CodeTaken) return false;
      throw error;
    }
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
