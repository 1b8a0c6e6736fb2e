// The connections of one account as its page shows them: what was granted, from where it was made, when it was used.
import type { Knex } from 'knex';
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Row, type Statement } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { change } from '../database/unit-of-work.ts';
import { firstDayKept } from './grant-calls.ts';
import { type ListPage, newest, type Place, pageOf, toPage } from './listing/keyset.ts';

/** Times in epoch seconds. */
export interface AccountConnection {
  readonly grantId: string;
  readonly clientId: string;
  readonly accountId: string;
  /** What the app says of itself; undefined where its registration is gone. */
  readonly client: AdapterPayload | undefined;
  /** As oidc-provider stored it. */
  readonly grant: AdapterPayload;
  readonly since: number;
  /** Undefined where it was not kept yet. */
  readonly madeFrom: string | undefined;
  readonly lastCalledAt: number | undefined;
  readonly callsThisWeek: number;
}

/** What is needed to take one away, and to tell of it. */
export type NamedConnection = Pick<AccountConnection, 'grantId' | 'clientId' | 'accountId'>;

export class AccountConnectionStore {
  readonly #database: Database;
  readonly #page: Statement;
  readonly #one: Statement;
  readonly #unused: Statement;
  readonly #all: Statement;
  readonly #setPlace: Statement;

  constructor(database: Database) {
    const { builder } = database;
    const own = () => liveGrants(builder).where({ account_id: param('accountId') });
    const shown = () => withCalls(builder, own());
    this.#database = database;
    this.#page = compile(pageOf(shown(), 'grants'));
    this.#one = compile(shown().where('grants.id', param('grantId')));
    const since = (table: string, column: string): Knex.QueryBuilder =>
      builder(table)
        .select(builder.raw('1'))
        .where(`${table}.grant_id`, builder.ref('grants.id'))
        .where(column, '>=', param('before'));
    const named = () => own().select('id', 'client_id', 'account_id');
    this.#unused = compile(
      named()
        .where('grants.created_at', '<', param('before'))
        .whereNotExists(since('grant_calls', 'last_at'))
        // Whoever was connected before calls were counted got tokens all the same.
        .whereNotExists(since('refresh_tokens', 'issued_at')),
    );
    this.#all = compile(named());
    this.#setPlace = compile(
      builder('grants')
        .where({ id: param('grantId') })
        .update({ made_from: param('network') }),
    );
  }

  /** The newest first. */
  async page(accountId: string, place: Place = newest): Promise<ListPage<AccountConnection>> {
    const found = await this.#read(this.#page, { accountId, ...place });
    return toPage(found, ({ since, grantId: id }) => ({ since, id }));
  }

  /** Undefined where the account has none of that id. */
  async find(accountId: string, grantId: string): Promise<AccountConnection | undefined> {
    const [found] = await this.#read(this.#one, { accountId, grantId });
    return found;
  }

  /** Those that nothing was seen of in so many seconds. */
  listUnused(accountId: string, seconds: number): Promise<NamedConnection[]> {
    return this.#readNames(this.#unused, { accountId, before: epochSeconds() - seconds });
  }

  listAll(accountId: string): Promise<NamedConnection[]> {
    return this.#readNames(this.#all, { accountId });
  }

  /** Of a grant that the same request makes: the network that it is made from. */
  async rememberPlace(grantId: string, network: string): Promise<void> {
    await change(this.#database, [{ statement: this.#setPlace, values: { grantId, network } }]);
  }

  async #read(statement: Statement, values: Record<string, string | number>): Promise<AccountConnection[]> {
    const now = epochSeconds();
    const rows = await this.#database.all(statement, { ...values, now, firstDay: firstDayKept(now) });
    return rows.map(toConnection);
  }

  async #readNames(
    statement: Statement,
    values: Record<string, string | number>,
  ): Promise<NamedConnection[]> {
    return (await this.#database.all(statement, { ...values, now: epochSeconds() })).map(toNamed);
  }
}

/** An app can come back with a generation of refresh tokens that was never used and has not run out; a program always. */
function liveGrants(builder: Knex): Knex.QueryBuilder {
  const generation = builder('refresh_tokens')
    .select(builder.raw('1'))
    .where('refresh_tokens.grant_id', builder.ref('grants.id'))
    .whereNull('refresh_tokens.used_at')
    .whereNull('refresh_tokens.replaced_at')
    .where('refresh_tokens.expires_at', '>', param('now'));
  return builder('grants').where((either) => either.where({ is_standing: 1 }).orWhereExists(generation));
}

function withCalls(builder: Knex, grants: Knex.QueryBuilder): Knex.QueryBuilder {
  const calls = () => builder('grant_calls').where('grant_calls.grant_id', builder.ref('grants.id'));
  return grants
    .leftJoin('clients', 'clients.id', 'grants.client_id')
    .select('grants.id', 'grants.client_id', 'grants.account_id', 'grants.created_at', 'grants.made_from')
    .select('grants.payload as grant_payload', 'clients.payload as client_payload')
    .select(calls().max('last_at').as('last_called_at'))
    .select(calls().where('day', '>=', param('firstDay')).sum('calls').as('calls'));
}

function toNamed(row: Row): NamedConnection {
  return {
    grantId: String(row['id']),
    clientId: String(row['client_id']),
    accountId: String(row['account_id']),
  };
}

function toConnection(row: Row): AccountConnection {
  const client = row['client_payload'];
  return {
    ...toNamed(row),
    client: typeof client === 'string' ? (JSON.parse(client) as AdapterPayload) : undefined,
    grant: { ...(JSON.parse(String(row['grant_payload'])) as AdapterPayload), jti: String(row['id']) },
    since: Number(row['created_at']),
    madeFrom: typeof row['made_from'] === 'string' ? row['made_from'] : undefined,
    lastCalledAt: row['last_called_at'] === null ? undefined : Number(row['last_called_at']),
    callsThisWeek: Number(row['calls'] ?? 0),
  };
}
