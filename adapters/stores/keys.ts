// The server's own keys (signing, cookies) and hashes of secrets it handed out, as rows; what they are is auth/keys/server-keys.ts.
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';

/** `signing` is RS256's: its rows are older than the other algorithm. */
export const keyPurposes = ['signing', 'signing-es256', 'cookie'] as const;

export type KeyPurpose = (typeof keyPurposes)[number];

export interface StoredKey {
  readonly id: string;
  readonly secret: string;
  readonly createdAt: number;
}

/** The hash of a secret that was handed over in a file, and where; without a place where an older version kept it. */
export interface HandedSecret {
  readonly hash: string;
  readonly path: string | undefined;
}

export class KeyStore {
  readonly #database: Database;
  readonly #list: Statement;
  readonly #add: Statement;
  readonly #replace: Statement;
  readonly #findHash: Statement;
  readonly #addHash: Statement;
  readonly #replaceHash: Statement;

  constructor(database: Database) {
    const { builder } = database;
    const newestFirst = [
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ];
    const key = {
      id: param('id'),
      purpose: param('purpose'),
      secret: param('secret'),
      created_at: param('now'),
    };
    this.#database = database;
    this.#list = compile(
      builder('server_keys')
        .where({ purpose: param('purpose') })
        .orderBy(newestFirst),
    );
    this.#replace = compile(
      builder('server_keys')
        .where({ id: param('id') })
        .update({ secret: param('secret') }),
    );
    this.#add = compile(builder('server_keys').insert(key));
    this.#findHash = compile(
      builder('server_secrets')
        .select('hash', 'path')
        .where({ name: param('name') }),
    );
    const handed = { hash: param('hash'), path: param('path') };
    this.#addHash = compile(
      builder('server_secrets')
        .insert({ name: param('name'), ...handed })
        .onConflict('name')
        .ignore(),
    );
    this.#replaceHash = compile(
      builder('server_secrets')
        .where({ name: param('name'), hash: param('was') })
        .update(handed),
    );
  }

  /** The keys of a purpose, newest first. */
  async list(purpose: KeyPurpose): Promise<StoredKey[]> {
    const rows = await this.#database.all(this.#list, { purpose });
    return rows.map((row) => ({
      id: String(row['id']),
      secret: String(row['secret']),
      createdAt: Number(row['created_at']),
    }));
  }

  /** Adds a key that is newer than every other of its purpose. */
  async add(purpose: KeyPurpose, id: string, secret: string): Promise<void> {
    const [newest] = await this.list(purpose);
    const now = Math.max(epochSeconds(), (newest?.createdAt ?? 0) + 1);
    await this.#database.commit([{ statement: this.#add, values: { id, purpose, secret, now } }]);
  }

  /** All of them or none. */
  async replaceSecrets(keys: ReadonlyArray<{ readonly id: string; readonly secret: string }>): Promise<void> {
    await this.#database.commit(
      keys.map(({ id, secret }) => ({ statement: this.#replace, values: { id, secret } })),
    );
  }

  async findSecret(name: string): Promise<HandedSecret | undefined> {
    const row = await this.#database.first(this.#findHash, { name });
    return row && { hash: String(row['hash']), path: row['path'] === null ? undefined : String(row['path']) };
  }

  /** Puts a secret in the place of the one that was found (undefined: of none); false where that one has changed. */
  async replaceSecret(
    name: string,
    was: HandedSecret | undefined,
    { hash, path = null }: { readonly hash: string; readonly path?: string | null },
  ): Promise<boolean> {
    const write =
      was === undefined
        ? { statement: this.#addHash, values: { name, hash, path } }
        : { statement: this.#replaceHash, values: { name, hash, path, was: was.hash } };
    return (await this.#database.commit([write])) > 0;
  }
}
