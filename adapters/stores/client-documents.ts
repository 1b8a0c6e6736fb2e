// The last good copy of each client's metadata document: a row of `clients`.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';

export interface StoredDocument {
  readonly metadata: AdapterPayload;
  /** Undefined for a copy that came with loop: the document itself was never seen. */
  readonly fetchedAt: number | undefined;
  readonly freshUntil: number;
}

export class ClientDocumentStore {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #save: Statement;

  constructor(database: Database) {
    const { builder } = database;
    this.#database = database;
    this.#find = compile(
      builder('clients')
        .select('payload', 'fetched_at', 'fresh_until')
        .where({ id: param('id'), source: 'document' }),
    );
    const document = {
      id: param('id'),
      source: 'document',
      payload: param('payload'),
      created_at: param('now'),
      fetched_at: param('fetchedAt'),
      fresh_until: param('freshUntil'),
    };
    // Read again is as good as new to the sweep, so that it takes no client away under a person who is signing in.
    this.#save = compile(
      builder('clients')
        .insert(document)
        .onConflict('id')
        .merge(['payload', 'created_at', 'fetched_at', 'fresh_until']),
    );
  }

  async find(id: string): Promise<StoredDocument | undefined> {
    const row = await this.#database.first(this.#find, { id });
    if (!row) return undefined;
    return {
      metadata: JSON.parse(String(row['payload'])) as AdapterPayload,
      fetchedAt: row['fetched_at'] === null ? undefined : Number(row['fetched_at']),
      freshUntil: Number(row['fresh_until']),
    };
  }

  /** At once, not with the request that asked: what was fetched is good whatever becomes of that request. */
  async save(id: string, { metadata, fetchedAt = null, freshUntil }: Savable): Promise<void> {
    const values = { id, payload: JSON.stringify(metadata), now: epochSeconds(), fetchedAt, freshUntil };
    await this.#database.commit([{ statement: this.#save, values }]);
  }
}

interface Savable {
  readonly metadata: AdapterPayload;
  readonly fetchedAt?: number | null;
  readonly freshUntil: number;
}
