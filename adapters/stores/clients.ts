// Clients as an operator sees them: made, listed, changed and deleted by hand.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Row, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { createRevocation, type Revocation } from '../models/revocation.ts';
import { resourceWrites, type ServedResource } from './resources.ts';

export type ClientSource = 'registration' | 'document' | 'seeded' | 'resource-server';

/** Times in epoch seconds. Secrets are in the metadata as hashes only. */
export interface StoredClient {
  readonly id: string;
  readonly source: ClientSource;
  readonly metadata: AdapterPayload;
  readonly createdAt: number;
  /** When it was first let in by someone; undefined where it never was. */
  readonly grantedAt: number | undefined;
}

export class ClientStore {
  readonly #database: Database;
  readonly #revocation: Revocation;
  readonly #list: Statement;
  readonly #find: Statement;
  readonly #add: Statement;
  readonly #update: Statement;
  readonly #delete: Statement;

  constructor(database: Database) {
    const { builder } = database;
    const byId = { id: param('id') };
    const client = {
      ...byId,
      source: param('source'),
      payload: param('payload'),
      created_at: param('now'),
    };
    this.#database = database;
    this.#revocation = createRevocation(database);
    this.#list = compile(builder('clients').orderBy(['created_at', 'id']));
    this.#find = compile(builder('clients').where(byId));
    this.#add = compile(builder('clients').insert(client));
    this.#update = compile(
      builder('clients')
        .where(byId)
        .update({ payload: param('payload') }),
    );
    this.#delete = compile(builder('clients').where(byId).delete());
  }

  /** The oldest first. */
  async list(): Promise<StoredClient[]> {
    return (await this.#database.all(this.#list, {})).map(toClient);
  }

  async find(id: string): Promise<StoredClient | undefined> {
    const row = await this.#database.first(this.#find, { id });
    return row && toClient(row);
  }

  /** `resources` are those that a resource server's credential is for; `createdAt` says from when it counts as unused. */
  async add(
    source: ClientSource,
    metadata: AdapterPayload,
    {
      resources = [],
      createdAt = epochSeconds(),
    }: { readonly resources?: readonly ServedResource[]; readonly createdAt?: number } = {},
  ): Promise<void> {
    const id = String(metadata.client_id);
    const values = { id, source, payload: JSON.stringify(metadata), now: createdAt };
    await this.#database.commit([
      { statement: this.#add, values },
      ...resourceWrites(this.#database, id, resources),
    ]);
  }

  async update(id: string, metadata: AdapterPayload): Promise<void> {
    const values = { id, payload: JSON.stringify(metadata) };
    await this.#database.commit([{ statement: this.#update, values }]);
  }

  /** With its grants and everything issued under them, in one transaction. */
  async delete(id: string): Promise<void> {
    const writes = [...this.#revocation.ofClient(id), { statement: this.#delete, values: { id } }];
    await this.#database.commit(writes);
  }
}

function toClient(row: Row): StoredClient {
  return {
    id: String(row['id']),
    source: row['source'] as ClientSource,
    metadata: JSON.parse(String(row['payload'])) as AdapterPayload,
    createdAt: Number(row['created_at']),
    grantedAt: row['granted_at'] === null ? undefined : Number(row['granted_at']),
  };
}
