// What a person has allowed an app before: the grants that consent made, not those that lasted for one answer only.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';

// More than one person gives one app by hand; the newest say what is allowed.
const mostGrants = 100;

export class ConsentStore {
  readonly #database: Database;
  readonly #given: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#given = compile(
      database
        .builder('grants')
        .select('payload')
        .where({ account_id: param('accountId'), client_id: param('clientId') })
        .where('expires_at', '>', param('lastingBeyond'))
        .orderBy('created_at', 'desc')
        .limit(mostGrants),
    );
  }

  /** The live grants that still last longer than `lastingSeconds`, the newest first. */
  async listGiven(accountId: string, clientId: string, lastingSeconds: number): Promise<AdapterPayload[]> {
    const values = { accountId, clientId, lastingBeyond: epochSeconds() + lastingSeconds };
    const rows = await this.#database.all(this.#given, values);
    return rows.map((row) => JSON.parse(String(row['payload'])) as AdapterPayload);
  }
}
