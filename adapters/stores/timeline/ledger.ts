// Each sign-in that made a connection, and why an app that was connected before came again (table `ledger`).
import type { Knex } from 'knex';
import { perAccount } from '../../bounds.ts';
import type { Database } from '../../database/database.ts';
import {
  compile,
  param,
  type Row,
  type Statement,
  type Value,
  type Values,
} from '../../database/statement.ts';
import { epochSeconds } from '../../database/time.ts';
import { change } from '../../database/unit-of-work.ts';

export const reauthorizationCauses = [
  'idle',
  'revoked',
  'replay',
  'restored',
  'forgotten',
  'more',
  'unknown',
] as const;
export type ReauthorizationCause = (typeof reauthorizationCauses)[number];

/** A sign-in about to make a connection. */
export interface SignIn {
  readonly grantId: string;
  readonly accountId: string;
  readonly clientId: string;
  /** What stays the same where an app registers itself anew. */
  readonly app: string;
  readonly network: string;
  /** Scopes that were asked for. */
  readonly scopes: readonly string[];
}

/** Times in epoch seconds. */
export interface LedgerRow extends SignIn {
  readonly at: number;
  /** Undefined where the app was not connected before. */
  readonly cause: ReauthorizationCause | undefined;
  readonly lastSeenAt: number;
  readonly endedBy: string | undefined;
}

/** The last sign-in of the same app, and what there is of its connection now. */
export interface Earlier extends LedgerRow {
  readonly isGranted: boolean;
  /** Undefined where it has no token left that it could come back with. */
  readonly lastIssuedAt: number | undefined;
  /** When the backup was made that the database was restored from last. */
  readonly restoredFrom: number | undefined;
}

const mostListed = 1000;

export class LedgerStore {
  readonly #database: Database;
  readonly #earlier: Statement;
  readonly #add: Statement;
  readonly #trim: Statement;
  readonly #seen: Statement;
  readonly #ended: Statement;
  readonly #lists: Readonly<Record<'account' | 'all', Statement>>;

  constructor(database: Database) {
    const { builder } = database;
    const rows = () => builder('ledger');
    const own = () => rows().where({ account_id: param('accountId') });
    this.#database = database;
    this.#earlier = compile(earlierOf(builder));
    const columns = [
      'grant_id',
      'account_id',
      'client_id',
      'app',
      'at',
      'network',
      'scope',
      'cause',
      'last_seen_at',
    ];
    this.#add = compile(
      rows()
        .insert(Object.fromEntries(columns.map((name) => [name, param(name)])))
        .onConflict('grant_id')
        .ignore(),
    );
    const beyond = own()
      .select('grant_id')
      .orderBy('at', 'desc')
      .limit(100)
      .offset(perAccount.ledger - 1);
    this.#trim = compile(rows().whereIn('grant_id', beyond).delete());
    const one = () => rows().where({ grant_id: param('grantId') });
    this.#seen = compile(one().update({ last_seen_at: param('at') }));
    this.#ended = compile(
      one()
        .whereNull('ended_by')
        .update({ ended_by: param('endedBy') }),
    );
    const listed = () => rows().orderBy('at', 'desc').limit(mostListed);
    this.#lists = {
      account: compile(listed().where({ account_id: param('accountId') })),
      all: compile(listed()),
    };
  }

  async findEarlier(accountId: string, app: string): Promise<Earlier | undefined> {
    const row = await this.#database.first(this.#earlier, { accountId, app, now: epochSeconds() });
    return (
      row && {
        ...toLedgerRow(row),
        isGranted: Number(row['granted']) > 0,
        lastIssuedAt: numberOf(row['last_issued_at']),
        restoredFrom: numberOf(row['restored_from']),
      }
    );
  }

  /** With the rest of what the request changes. */
  async add(signIn: SignIn, cause: ReauthorizationCause | undefined): Promise<void> {
    const now = epochSeconds();
    const values: Values = {
      grant_id: signIn.grantId,
      account_id: signIn.accountId,
      client_id: signIn.clientId,
      app: signIn.app,
      at: now,
      network: signIn.network,
      scope: signIn.scopes.join(' '),
      cause: cause ?? null,
      last_seen_at: now,
    };
    await change(this.#database, [
      { statement: this.#trim, values: { accountId: signIn.accountId } },
      { statement: this.#add, values },
    ]);
  }

  /** When connections were last seen at work, and how those ended of which that is known; in one transaction. */
  async note(
    seen: ReadonlyMap<string, number>,
    ended: ReadonlyMap<string, ReauthorizationCause>,
  ): Promise<void> {
    await this.#database.commit([
      ...[...seen].map(([grantId, at]) => ({ statement: this.#seen, values: { grantId, at } })),
      ...[...ended].map(([grantId, endedBy]) => ({ statement: this.#ended, values: { grantId, endedBy } })),
    ]);
  }

  /** The newest first, 1,000 at most; of one account or of everyone. */
  async list(accountId?: string): Promise<LedgerRow[]> {
    const rows =
      accountId === undefined
        ? await this.#database.all(this.#lists.all, {})
        : await this.#database.all(this.#lists.account, { accountId });
    return rows.map(toLedgerRow);
  }
}

function earlierOf(builder: Knex): Knex.QueryBuilder {
  const live = builder('refresh_tokens')
    .where('refresh_tokens.grant_id', builder.ref('ledger.grant_id'))
    .whereNull('used_at')
    .whereNull('replaced_at')
    .where('expires_at', '>', param('now'));
  return (
    builder('ledger')
      .where({ account_id: param('accountId'), app: param('app') })
      .select('ledger.*')
      .select(builder('grants').where('id', builder.ref('ledger.grant_id')).count('*').as('granted'))
      .select(live.max('issued_at').as('last_issued_at'))
      // A row stands in copies alone: a database that has one was restored.
      .select(builder('backups').max('made_at').as('restored_from'))
      .orderBy('at', 'desc')
      .limit(1)
  );
}

const numberOf = (value: Value | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);

function toLedgerRow(row: Row): LedgerRow {
  const cause = reauthorizationCauses.find((one) => one === row['cause']);
  return {
    grantId: String(row['grant_id']),
    accountId: String(row['account_id']),
    clientId: String(row['client_id']),
    app: String(row['app']),
    network: String(row['network']),
    scopes: String(row['scope']).split(' ').filter(Boolean),
    at: Number(row['at']),
    cause,
    lastSeenAt: Number(row['last_seen_at']),
    endedBy: row['ended_by'] === null ? undefined : String(row['ended_by']),
  };
}
