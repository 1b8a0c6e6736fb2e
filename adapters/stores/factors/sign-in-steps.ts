// What waits between two requests of somebody who has shown a password or is signed in (table `sign_in_steps`).
import { perAccount } from '../../bounds.ts';
import type { Database } from '../../database/database.ts';
import { hashOpaque } from '../../database/hash.ts';
import { compile, param, type Statement } from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';
import { change, useUp } from '../../database/unit-of-work.ts';

export interface SignInStep {
  readonly accountId: string;
  readonly value: string;
}

export class SignInStepStore {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #save: Statement;
  readonly #takeOnce: Statement;
  readonly #dropOldest: Statement;
  readonly #end: Statement;

  constructor(database: Database) {
    const steps = () => database.builder('sign_in_steps');
    const ofId = () => steps().where({ id: param('id') });
    const ofAccount = () => steps().where({ account_id: param('accountId') });
    const columns = { account_id: param('accountId'), value: param('value'), expires_at: param('expiresAt') };
    this.#database = database;
    this.#find = compile(ofId().where('expires_at', '>', param('now')));
    this.#save = compile(
      steps()
        .insert({ id: param('id'), ...columns })
        .onConflict('id')
        .merge(Object.keys(columns)),
    );
    this.#takeOnce = compile(
      steps()
        .insert({ id: param('id'), ...columns })
        .onConflict('id')
        .ignore(),
    );
    const newestLeft = ofAccount()
      .select('expires_at')
      .orderBy('expires_at', 'desc')
      .limit(1)
      .offset(perAccount.signInSteps - 1);
    this.#dropOldest = compile(ofAccount().where('expires_at', '<', newestLeft).delete());
    this.#end = compile(ofId().delete());
  }

  /**
   * With the request, also where that is refused; `expiresAt` in epoch seconds. The account's oldest goes where there are
   * too many.
   */
  async begin(name: string, { accountId, value }: SignInStep, expiresAt: number): Promise<void> {
    await useUp(this.#database, [
      { statement: this.#save, values: { id: hashOpaque(name), accountId, value, expiresAt } },
      { statement: this.#dropOldest, values: { accountId } },
    ]);
  }

  /** At once; false where it was taken before. `expiresAt` is when it is good for nothing any more, epoch seconds. */
  async takeOnce(name: string, accountId: string, expiresAt: number): Promise<boolean> {
    const values = { id: hashOpaque(name), accountId, value: '', expiresAt };
    return (await this.#database.commit([{ statement: this.#takeOnce, values }])) > 0;
  }

  async find(name: string): Promise<SignInStep | undefined> {
    const values = { id: hashOpaque(name), now: epochSeconds() };
    const row = await this.#database.first(this.#find, values);
    return row && { accountId: String(row['account_id']), value: String(row['value']) };
  }

  /** With the request. */
  async end(name: string): Promise<void> {
    await change(this.#database, [{ statement: this.#end, values: { id: hashOpaque(name) } }]);
  }
}
