// The last good copy of each client's metadata document (a row of `clients`) and of each key set it signs with.
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

export interface StoredKeySet {
  readonly keys: readonly Record<string, unknown>[];
  readonly freshUntil: number;
  readonly expiresAt: number;
}

export class ClientDocumentStore {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #save: Statement;
  readonly #findKeySet: Statement;
  readonly #saveKeySet: Statement;

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
    this.#findKeySet = compile(builder('client_key_sets').where({ id: param('id') }));
    const keySet = {
      id: param('id'),
      payload: param('payload'),
      fetched_at: param('now'),
      fresh_until: param('freshUntil'),
      expires_at: param('expiresAt'),
    };
    this.#saveKeySet = compile(builder('client_key_sets').insert(keySet).onConflict('id').merge());
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

  async findKeySet(uri: string): Promise<StoredKeySet | undefined> {
    const row = await this.#database.first(this.#findKeySet, { id: uri });
    if (!row) return undefined;
    return {
      keys: JSON.parse(String(row['payload'])) as Record<string, unknown>[],
      freshUntil: Number(row['fresh_until']),
      expiresAt: Number(row['expires_at']),
    };
  }

  async saveKeySet(uri: string, { keys, freshUntil, expiresAt }: StoredKeySet): Promise<void> {
    const values = { id: uri, payload: JSON.stringify(keys), now: epochSeconds(), freshUntil, expiresAt };
    await this.#database.commit([{ statement: this.#saveKeySet, values }]);
  }
}

interface Savable {
  readonly metadata: AdapterPayload;
  readonly fetchedAt?: number | null;
  readonly freshUntil: number;
}
