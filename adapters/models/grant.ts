// oidc-provider's Adapter for grants: a saved grant also marks its client as one that was used.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Statement, type Write } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { ModelAdapter } from './model.ts';

export class GrantAdapter extends ModelAdapter {
  readonly #markClient: Statement;

  constructor(database: Database, alreadyUsed: () => Error) {
    super(database, 'Grant', alreadyUsed);
    this.#markClient = compile(
      database
        .builder('clients')
        .where({ id: param('clientId') })
        .whereNull('granted_at')
        .update({ granted_at: param('now') }),
    );
  }

  protected override writesBeside({ clientId }: AdapterPayload): Write[] {
    const values = { clientId: String(clientId), now: epochSeconds() };
    return [{ statement: this.#markClient, values }];
  }
}
