// Which clients are no strangers: those that somebody let in or an operator made, and what they came with.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { hashOpaque } from '../database/hash.ts';
import { compile, param, type Statement } from '../database/statement.ts';

// What is remembered of an answer that does not change: a client that was let in stays known.
const remembered = 1000;
const readAtMost = 1000;

export class KnownClients {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #letIn: Statement;
  readonly #issued: Statement;
  readonly #known = new Set<string>();

  constructor(database: Database) {
    const { builder } = database;
    const one = (table: string) =>
      builder(table)
        .select(builder.raw('1'))
        .where({ id: param('id') });
    this.#database = database;
    this.#find = compile(
      one('clients').where((either) =>
        either.whereNotNull('granted_at').orWhereNotIn('source', ['registration', 'document']),
      ),
    );
    this.#letIn = compile(
      builder('clients')
        .select('id', 'payload')
        .whereNotNull('granted_at')
        .orderBy('granted_at', 'desc')
        .limit(readAtMost),
    );
    this.#issued = compile(
      builder
        .select(builder.raw('1 as found'))
        .whereExists(one('refresh_tokens'))
        .orWhereExists(one('access_tokens'))
        .orWhereExists(one('authorization_codes')),
    );
  }

  async isKnown(id: string): Promise<boolean> {
    if (this.#known.has(id)) return true;
    if ((await this.#database.first(this.#find, { id })) === undefined) return false;
    if (this.#known.size >= remembered) this.#known.clear();
    this.#known.add(id);
    return true;
  }

  /** The metadata of those that were let in, the newest first, a thousand at most. */
  async listLetIn(): Promise<AdapterPayload[]> {
    const rows = await this.#database.all(this.#letIn, {});
    return rows.map((row) => JSON.parse(String(row['payload'])) as AdapterPayload);
  }

  /** Whether that is a token or code of ours, used or not. */
  async hasIssued(value: string): Promise<boolean> {
    return (await this.#database.first(this.#issued, { id: hashOpaque(value) })) !== undefined;
  }
}
