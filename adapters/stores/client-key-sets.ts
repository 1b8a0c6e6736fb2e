// The last good key set of each client that signs for itself and was let in by somebody; it goes with its client.
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';

export interface StoredKeySet {
  /** Where it was read. */
  readonly uri: string;
  readonly keys: readonly Record<string, unknown>[];
  readonly freshUntil: number;
  readonly expiresAt: number;
}

export class ClientKeySetStore {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #save: Statement;

  constructor(database: Database) {
    const { builder } = database;
    this.#database = database;
    this.#find = compile(builder('client_key_sets').where({ client_id: param('clientId') }));
    const keySet = {
      client_id: param('clientId'),
      uri: param('uri'),
      payload: param('payload'),
      fetched_at: param('now'),
      fresh_until: param('freshUntil'),
      expires_at: param('expiresAt'),
    };
    this.#save = compile(builder('client_key_sets').insert(keySet).onConflict('client_id').merge());
  }

  async find(clientId: string): Promise<StoredKeySet | undefined> {
    const row = await this.#database.first(this.#find, { clientId });
    if (!row) return undefined;
    return {
      uri: String(row['uri']),
      keys: JSON.parse(String(row['payload'])) as Record<string, unknown>[],
      freshUntil: Number(row['fresh_until']),
      expiresAt: Number(row['expires_at']),
    };
  }

  /** At once, not with the request that asked: what was read is good whatever becomes of that request. */
  async save(clientId: string, { uri, keys, freshUntil, expiresAt }: StoredKeySet): Promise<void> {
    const payload = JSON.stringify(keys);
    const values = { clientId, uri, payload, now: epochSeconds(), freshUntil, expiresAt };
    await this.#database.commit([{ statement: this.#save, values }]);
  }
}
