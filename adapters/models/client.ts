// oidc-provider's Adapter for clients: secrets hashed, and a client never goes without its grants and tokens.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { hashOpaque } from '../database/hash.ts';
import { compile, param, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { change, currentUnit } from '../database/unit-of-work.ts';
import { parsePayload } from './model.ts';
import { createRevocation, type Revocation } from './revocation.ts';

const hashMark = 'sha256:';

/** A client secret as it is stored. The mark keeps a stored hash from ever passing for a secret. */
export function hashClientSecret(secret: string): string {
  return hashMark + hashOpaque(secret);
}

export class ClientAdapter implements Adapter {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #upsert: Statement;
  readonly #destroy: Statement;
  readonly #revocation: Revocation;

  constructor(database: Database) {
    const { builder } = database;
    this.#database = database;
    this.#find = compile(
      builder('clients')
        .select('payload')
        .where({ id: param('id') }),
    );
    this.#upsert = compile(
      builder('clients')
        .insert({
          id: param('id'),
          source: 'registration',
          payload: param('payload'),
          created_at: param('now'),
        })
        .onConflict('id')
        .merge(['payload']),
    );
    this.#destroy = compile(
      builder('clients')
        .where({ id: param('id') })
        .delete(),
    );
    this.#revocation = createRevocation(database);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const seen = currentUnit()?.seen(`Client ${id}`);
    if (seen !== undefined) return seen === null ? undefined : (JSON.parse(seen) as AdapterPayload);
    const row = await this.#database.first(this.#find, { id });
    return row && parsePayload(row);
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    const { client_secret: secret } = payload;
    const isClear = typeof secret === 'string' && !secret.startsWith(hashMark);
    const stored = JSON.stringify(
      isClear ? { ...payload, client_secret: hashClientSecret(secret) } : payload,
    );
    currentUnit()?.see(`Client ${id}`, stored);
    const values = { id, payload: stored, now: epochSeconds() };
    await change(this.#database, [{ statement: this.#upsert, values }]);
  }

  async destroy(id: string): Promise<void> {
    currentUnit()?.see(`Client ${id}`, null);
    const writes = [...this.#revocation.ofClient(id), { statement: this.#destroy, values: { id } }];
    await change(this.#database, writes, true);
  }

  async consume(): Promise<never> {
    throw new TypeError('a client is not consumed');
  }

  async findByUid(): Promise<undefined> {
    return undefined;
  }

  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async revokeByGrantId(): Promise<void> {}
}
