// What goes although its time is not over, because there is too much of it: strangers' clients, superseded generations.
import type { Knex } from 'knex';
import { perAccount, perGrant, strangersRows } from '../bounds.ts';
import type { Database } from '../database/database.ts';
import { compile, param, type Row, type Statement } from '../database/statement.ts';
import { inBatches, type SweepLimits, type SweepStep } from './steps.ts';

// A sign-in takes an hour at most: a client that has just registered is not taken away under it.
const spared = 3600;

// Tokens are looked for once more that were issued shortly before the last look: clocks differ, and a transaction may end late.
const overlapSeconds = 120;
// So many are read within a few milliseconds.
const stretchRows = 1000;

export function createSurplusSteps(database: Database, limits: SweepLimits): SweepStep[] {
  const { batchRows, refreshTokenIdleSeconds, accessTokenSeconds } = limits;
  return [
    strangersClients(database, batchRows),
    beyondNewestOfGrant(database, {
      table: 'refresh_tokens',
      order: 'issued_at',
      kept: perGrant.refreshTokens,
      lifetime: refreshTokenIdleSeconds,
      batchRows,
      // Such a one can only be refused. Everything else may still be asked for a successor (models/refresh-rotation.ts).
      only: (tokens) => tokens.where((either) => either.whereNull('salt').orWhereNotNull('replaced_at')),
    }),
    beyondNewestOfGrant(database, {
      table: 'access_tokens',
      order: 'expires_at',
      kept: perGrant.accessTokens,
      lifetime: accessTokenSeconds,
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
  /** From being issued to its expiry. */
  readonly lifetime: number;
  readonly batchRows: number;
  readonly only?: (rows: Knex.QueryBuilder) => Knex.QueryBuilder;
}

/**
 * Only a grant that got tokens can have too many of them, and those that were issued last expire last: what expires
 * before the tokens of the time of the last look needs no second one. Where nothing was issued nothing is written.
 */
function beyondNewestOfGrant(database: Database, newest: Newest): SweepStep {
  const { table, lifetime, batchRows, only = (rows) => rows } = newest;
  const { builder } = database;
  const { stretchEnd, grantsOf, lastLook, keepLook } = looksFor(builder, newest);
  const due = only(builder(table).where({ grant_id: param('grant') }))
    .select('id')
    .where(newest.order, '<', param('oldest'))
    .limit(batchRows);
  const statement = compile(builder(table).whereIn('id', due).delete());
  const deleteOf = (grant: string, oldest: number): AsyncGenerator<number> =>
    inBatches(batchRows, () => database.commit([{ statement, values: { grant, oldest } }]));
  const endAfter = async (from: number): Promise<Row | undefined> => {
    const end = await database.first(stretchEnd, { from });
    return end?.['last'] === null ? undefined : end;
  };
  return {
    name: `surplus ${table}`,
    start: async function* walk(now) {
      const last = await database.first(lastLook, { table });
      const first = last ? Number(last['looked_at']) + lifetime - overlapSeconds : -1;
      let end = await endAfter(first);
      if (!end) return;
      for (let from = first; end; end = await endAfter(from)) {
        const to = Number(end['last']);
        const grants: Row[] = await database.all(grantsOf, { from, to });
        yield 0;
        const full = grants.filter(({ oldest }) => oldest !== null);
        for (const { id, oldest } of full) yield* deleteOf(String(id), Number(oldest));
        from = to;
      }
      await database.commit([{ statement: keepLook, values: { table, now } }]);
    },
  };
}

function looksFor(builder: Knex, { table, order, kept }: Newest) {
  const later = () => builder(table).where('expires_at', '>', param('from'));
  const stretch = later().select('expires_at').orderBy('expires_at').limit(stretchRows);
  const issued = later().where('expires_at', '<=', param('to')).distinct('grant_id');
  const oldestKept = builder(table)
    .select(order)
    .where(`${table}.grant_id`, builder.ref('issued.grant_id'))
    .orderBy(order, 'desc')
    .limit(1)
    .offset(kept - 1);
  return {
    stretchEnd: compile(builder(stretch.as('stretch')).max({ last: 'expires_at' })),
    grantsOf: compile(builder(issued.as('issued')).select('grant_id as id', oldestKept.as('oldest'))),
    lastLook: compile(
      builder('sweeps')
        .select('looked_at')
        .where({ name: param('table') }),
    ),
    keepLook: compile(
      builder('sweeps')
        .insert({ name: param('table'), looked_at: param('now') })
        .onConflict('name')
        .merge(),
    ),
  };
}

/** Of one account the browsers that were used last stay signed in. */
function sessionsOfAccounts(database: Database, batchRows: number): SweepStep {
  const { builder } = database;
  const full = compile(
    builder('sessions')
      .select('account_id')
      .whereNotNull('account_id')
      .groupBy('account_id')
      .having(builder.raw('count(*)'), '>', perAccount.sessions),
  );
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
      for (const { account_id: account = null } of await database.all(full, {})) {
        yield* inBatches(batchRows, () => database.commit([{ statement, values: { account } }]));
      }
    },
  };
}
