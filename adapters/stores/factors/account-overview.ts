// Accounts as an operator sees them: whether they are open, and what they sign in with beside the password.
import type { Database } from '../../database/database.ts';
import { compile, param, type Row, type Statement, textOf, type Write } from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';
import { type ListPage, oldest, type Place, pageOf, toPage } from '../listing/keyset.ts';

/** Times in epoch seconds. */
export interface AccountOverview {
  readonly id: string;
  readonly username: string;
  readonly createdAt: number;
  /** Undefined of an account that is open. */
  readonly disabledAt: number | undefined;
  readonly hasCodes: boolean;
  readonly recoveryCodes: number;
  readonly passkeys: number;
  /** What the identity provider calls whoever is linked. */
  readonly linkedAs: string | undefined;
  /** Browsers that are signed in. */
  readonly sessions: number;
}

const factorTables = ['one_time_codes', 'recovery_codes', 'passkeys'];

export class AccountOverviewStore {
  readonly #database: Database;
  readonly #page: Statement;
  readonly #one: Statement;
  readonly #reset: readonly Statement[];

  constructor(database: Database) {
    const { builder } = database;
    const counted = (table: string, name: string) =>
      builder(table).count('*').where(`${table}.account_id`, builder.ref('accounts.id')).as(name);
    this.#database = database;
    const overviews = () =>
      builder('accounts')
        .select('id', 'display_name', 'created_at', 'disabled_at')
        .select(
          counted('one_time_codes', 'codes'),
          counted('recovery_codes', 'recovery'),
          counted('passkeys', 'keys'),
          builder('upstream_links')
            .select('name')
            .where('upstream_links.account_id', builder.ref('accounts.id'))
            .as('linked_as'),
          counted('sessions', 'sessions').where('sessions.expires_at', '>', param('now')),
        );
    this.#page = compile(pageOf(overviews(), 'accounts', 'oldest first'));
    this.#one = compile(overviews().where('accounts.id', param('id')));
    this.#reset = [...factorTables, 'sign_in_steps'].map((table) =>
      compile(
        builder(table)
          .where({ account_id: param('accountId') })
          .delete(),
      ),
    );
  }

  /** The oldest first. */
  async page(place: Place = oldest): Promise<ListPage<AccountOverview>> {
    const rows = await this.#database.all(this.#page, { now: epochSeconds(), ...place });
    return toPage(rows.map(toOverview), ({ createdAt: since, id }) => ({ since, id }));
  }

  async find(id: string): Promise<AccountOverview | undefined> {
    const row = await this.#database.first(this.#one, { now: epochSeconds(), id });
    return row && toOverview(row);
  }

  /** The password alone signs in again. Resolves to how many rows went. */
  async resetFactors(accountId: string): Promise<number> {
    const writes: Write[] = this.#reset.map((statement) => ({ statement, values: { accountId } }));
    return this.#database.commit(writes);
  }
}

function toOverview(row: Row): AccountOverview {
  return {
    id: String(row['id']),
    username: String(row['display_name']),
    createdAt: Number(row['created_at']),
    disabledAt: row['disabled_at'] === null ? undefined : Number(row['disabled_at']),
    hasCodes: Number(row['codes']) > 0,
    recoveryCodes: Number(row['recovery']),
    passkeys: Number(row['keys']),
    linkedAs: textOf(row['linked_as']),
    sessions: Number(row['sessions']),
  };
}
