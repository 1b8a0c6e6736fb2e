// What resource servers said last of what they serve.
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';

export class ResourceDescriptionStore {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #save: Statement;

  constructor(database: Database) {
    const { builder } = database;
    this.#database = database;
    this.#find = compile(
      builder('resource_descriptions')
        .select('description')
        .where({ resource: param('resource') }),
    );
    const row = { resource: param('resource'), description: param('description'), stated_at: param('now') };
    this.#save = compile(builder('resource_descriptions').insert(row).onConflict('resource').merge());
  }

  /** JSON, as it was saved; undefined where that resource server never said anything. */
  async find(resource: string): Promise<unknown> {
    const row = await this.#database.first(this.#find, { resource });
    return row && JSON.parse(String(row['description']));
  }

  async save(resource: string, description: object): Promise<void> {
    const values = { resource, description: JSON.stringify(description), now: epochSeconds() };
    await this.#database.commit([{ statement: this.#save, values }]);
  }
}
