// The server's own keys (signing, cookies) and hashes of secrets it handed out, as rows; what they are is auth/keys.ts.
import type { Database } from './database.ts';
import { epochSeconds } from './model-adapter.ts';
import { compile, param } from './statement.ts';

export type KeyPurpose = 'signing' | 'cookie';

export interface StoredKey {
  readonly id: string;
  readonly secret: string;
  readonly createdAt: number;
}

export interface KeyStore {
  /** The keys of a purpose that are not retired, newest first. */
  list(purpose: KeyPurpose): Promise<StoredKey[]>;
  add(purpose: KeyPurpose, id: string, secret: string): Promise<void>;
  /** The stored hash of a secret that loop-auth made and handed over in a file. */
  findSecretHash(name: string): Promise<string | undefined>;
  setSecretHash(name: string, hash: string): Promise<void>;
}

export function createKeyStore(database: Database): KeyStore {
  const { builder } = database;
  const list = compile(
    builder('server_keys')
      .where({ purpose: param('purpose') })
      .whereNull('retired_at')
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ]),
  );
  const add = compile(
    builder('server_keys').insert({
      id: param('id'),
      purpose: param('purpose'),
      secret: param('secret'),
      created_at: param('now'),
    }),
  );
  const findHash = compile(
    builder('server_secrets')
      .select('hash')
      .where({ name: param('name') }),
  );
  const setHash = compile(
    builder('server_secrets')
      .insert({ name: param('name'), hash: param('hash') })
      .onConflict('name')
      .merge(['hash']),
  );
  return {
    list: async (purpose) =>
      (await database.all(list, { purpose })).map((row) => ({
        id: String(row['id']),
        secret: String(row['secret']),
        createdAt: Number(row['created_at']),
      })),
    add: async (purpose, id, secret) => {
      await database.commit([{ statement: add, values: { id, purpose, secret, now: epochSeconds() } }]);
    },
    findSecretHash: async (name) => {
      const row = await database.first(findHash, { name });
      return row && String(row['hash']);
    },
    setSecretHash: async (name, hash) => {
      await database.commit([{ statement: setHash, values: { name, hash } }]);
    },
  };
}
