// What goes although its time is not over, because there is too much of it: strangers' clients, superseded generations.
import type { Knex } from 'knex';
import { perAccount, perGrant, strangersRows } from '../bounds.ts';
import type { Database } from '../database/database.ts';
import { compile, param, type Row, type Statement } from '../database/statement.ts';
import { inBatches, type SweepLimits, type SweepStep } from './steps.ts';

// A sign-in takes an hour at most: a client that has just registered is not taken away under it.
const spared = 3600;

export function createSurplusSteps(database: Database, { batchRows }: SweepLimits): SweepStep[] {
  return [
    strangersClients(database, batchRows),
    beyondNewestOfGrant(database, {
      table: 'refresh_tokens',
      order: 'issued_at',
      kept: perGrant.refreshTokens,
      batchRows,
      // Such a one can only be refused. Everything else may still be asked for a successor (models/refresh-rotation.ts).
      only: (tokens) => tokens.where((either) => either.whereNull('salt').orWhereNotNull('replaced_at')),
    }),
    beyondNewestOfGrant(database, {
      table: 'access_tokens',
      order: 'expires_at',
      kept: perGrant.accessTokens,
      batchRows,
    }),
    sessionsOfAccounts(database, batchRows),
  ];
}

/** Beyond their bound the oldest clients go that nobody ever let in: a flood shortens their time, new ones are taken. */
function strangersClients(database: Database, batchRows: number): SweepStep {
  const { builder } = database;
  const strangers = () =>
    builder('clients').whereIn('source', ['registration', 'document']).whereNull('granted_at');
  const count = compile(strangers().count({ rows: '*' }));
  const oldest = strangers()
    .select('id')
    .where('created_at', '<', param('before'))
    .orderBy('created_at')
    .limit(batchRows);
  const statement = compile(builder('clients').whereIn('id', oldest).delete());
  return {
    name: 'surplus clients',
    start: (now) =>
      inBatches(batchRows, async () => {
        const { rows = 0 } = (await database.first(count, {})) ?? {};
        if (Number(rows) <= strangersRows.clients) return 0;
        return database.commit([{ statement, values: { before: now - spared } }]);
      }),
  };
}

interface Newest {
  readonly table: 'access_tokens' | 'refresh_tokens';
  readonly order: string;
  readonly kept: number;
  readonly batchRows: number;
  readonly only?: (rows: Knex.QueryBuilder) => Knex.QueryBuilder;
}

/** Walks the grants as the step for abandoned ones does; only where there are too many rows is anything written. */
function beyondNewestOfGrant(database: Database, newest: Newest): SweepStep {
  const { table, order, kept, batchRows, only = (rows) => rows } = newest;
  const { builder } = database;
  const oldestKept = builder(table)
    .select(order)
    .where(`${table}.grant_id`, builder.ref('grants.id'))
    .orderBy(order, 'desc')
    .limit(1)
    .offset(kept - 1);
  const stretch = compile(
    builder('grants')
      .select('id', oldestKept.as('oldest'))
      .where('id', '>', param('from'))
      .orderBy('id')
      .limit(batchRows),
  );
  const due = only(builder(table).where({ grant_id: param('grant') }))
    .select('id')
    .where(order, '<', param('oldest'))
    .limit(batchRows);
  const statement = compile(builder(table).whereIn('id', due).delete());
  const deleteOf = (grant: string, oldest: number): AsyncGenerator<number> =>
    inBatches(batchRows, () => database.commit([{ statement, values: { grant, oldest } }]));
  return {
    name: `surplus ${table}`,
    start: async function* walk() {
      for (let from: string | undefined = ''; from !== undefined; ) {
        const grants: Row[] = await database.all(stretch, { from });
        yield 0;
        const full = grants.filter(({ oldest }) => oldest !== null);
        for (const { id, oldest } of full) yield* deleteOf(String(id), Number(oldest));
        from = grants.length < batchRows ? undefined : String(grants.at(-1)?.['id']);
      }
    },
  };
}

/** Of one account the browsers that were used last stay signed in. */
function sessionsOfAccounts(database: Database, batchRows: number): SweepStep {
  const { builder } = database;
  const accounts = compile(builder('accounts').select('id'));
  const ofAccount = () => builder('sessions').where({ account_id: param('account') });
  const oldestKept = ofAccount()
    .select('expires_at')
    .orderBy('expires_at', 'desc')
    .limit(1)
    .offset(perAccount.sessions - 1);
  const due = ofAccount().select('id').where('expires_at', '<', oldestKept).limit(batchRows);
  const statement: Statement = compile(builder('sessions').whereIn('id', due).delete());
  return {
    name: 'surplus sessions',
    start: async function* walk() {
      for (const { id = null } of await database.all(accounts, {})) {
        yield* inBatches(batchRows, () => database.commit([{ statement, values: { account: id } }]));
      }
    },
  };
}
