// When access keys were used: to the minute, so that a busy program costs a write a minute.
import type { Database } from '../../database/database.ts';
import { compile, param, type Statement } from '../../database/statement.ts';

/** `at` in epoch seconds. */
export interface KeyUse {
  readonly id: string;
  readonly at: number;
}

const coarseSeconds = 60;

export class KeyUseStore {
  readonly #database: Database;
  readonly #first: Statement;
  readonly #later: Statement;

  constructor(database: Database) {
    const noted = () => database.builder('access_keys').where({ id: param('id') });
    const used = { last_used_at: param('at') };
    this.#database = database;
    this.#first = compile(noted().whereNull('last_used_at').update(used));
    this.#later = compile(noted().where('last_used_at', '<', param('at')).update(used));
  }

  /** False for a key that was used before or is gone. */
  async note({ id, at }: KeyUse): Promise<boolean> {
    const values = { id, at: at - (at % coarseSeconds) };
    if ((await this.#database.commit([{ statement: this.#first, values }])) > 0) return true;
    await this.#database.commit([{ statement: this.#later, values }]);
    return false;
  }
}
