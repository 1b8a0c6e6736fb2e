// oidc-provider's Adapter for the identifiers of client assertions (RFC 7523 section 3): each is good for one request.
import type { Database } from '../database/database.ts';
import type { Write } from '../database/statement.ts';
import { useUp } from '../database/unit-of-work.ts';
import { ModelAdapter } from './model.ts';

export class ReplayDetectionAdapter extends ModelAdapter {
  readonly #database: Database;
  readonly #replayed: () => Error;

  /** `replayed` makes the error of an assertion that another request used at the same moment. */
  constructor(database: Database, replayed: () => Error) {
    super(database, 'ReplayDetection', replayed);
    this.#database = database;
    this.#replayed = replayed;
  }

  protected override async save(write: Write): Promise<void> {
    await useUp(this.#database, [{ ...write, otherwise: this.#replayed }]);
  }
}
