// oidc-provider's Adapter for grants: a saved grant also marks its client as one that was used.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from './database.ts';
import { epochSeconds, ModelAdapter } from './model-adapter.ts';
import { compile, param, type Statement } from './statement.ts';
import { change } from './unit-of-work.ts';

export class GrantAdapter extends ModelAdapter {
  readonly #database: Database;
  readonly #markClient: Statement;

  constructor(database: Database, alreadyUsed: () => Error) {
    super(database, 'Grant', alreadyUsed);
    this.#database = database;
    this.#markClient = compile(
      database
        .builder('clients')
        .where({ id: param('clientId') })
        .whereNull('granted_at')
        .update({ granted_at: param('now') }),
    );
  }

  override async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    await super.upsert(id, payload, expiresIn);
    const values = { clientId: String(payload.clientId), now: epochSeconds() };
    await change(this.#database, [{ statement: this.#markClient, values }]);
  }
}
