// What the sweep deletes, and the statements for it: each of them touches a bounded number of rows.
import type { Knex } from 'knex';
import { calmGrants } from '../bounds.ts';
import type { Database } from '../database/database.ts';
import { compile, param } from '../database/statement.ts';

interface Expiring {
  readonly table: string;
  readonly id?: string;
  readonly column?: string;
  /** What a second is in that column. */
  readonly second?: number;
}

/** Codes and tokens before the grants that they keep. */
const expiring: readonly Expiring[] = [
  { table: 'sessions' },
  { table: 'interactions' },
  { table: 'replay_detections' },
  { table: 'initial_access_tokens' },
  { table: 'client_key_sets', id: 'client_id' },
  { table: 'setup_links' },
  { table: 'devices' },
  { table: 'limits', id: 'key', column: 'expire', second: 1000 },
  { table: 'authorization_codes' },
  { table: 'access_tokens' },
  { table: 'refresh_tokens' },
  { table: 'grants' },
];

// The library still takes a token for valid 15 seconds after its expiry, for clocks that differ. A used refresh token
// stays until its own expiry, too: as long as it is there, its reuse is seen.
const toleranceSeconds = 60;
const day = 24 * 3600;

export interface SweepStep {
  readonly name: string;
  /** Yields the number of rows that each transaction changed, until there is nothing left. */
  readonly start: (now: number) => AsyncGenerator<number>;
}

export interface SweepLimits {
  readonly refreshTokenIdleSeconds: number;
  readonly unusedClientSeconds: number;
  readonly batchRows: number;
}

export function createSweepSteps(database: Database, limits: SweepLimits): SweepStep[] {
  return [
    ...expiring.map((rows) => expiredRows(database, rows, limits)),
    endedSalts(database, limits),
    abandonedGrants(database, limits),
    unusedClients(database, limits),
  ];
}

function expiredRows({ builder, commit }: Database, rows: Expiring, { batchRows }: SweepLimits): SweepStep {
  const { table, id = 'id', column = 'expires_at', second = 1 } = rows;
  const due = builder(table).select(id).where(column, '<', param('before')).limit(batchRows);
  const statement = compile(builder(table).whereIn(id, due).delete());
  const start = (now: number) =>
    inBatches(batchRows, () =>
      commit([{ statement, values: { before: (now - toleranceSeconds) * second } }]),
    );
  return { name: table, start };
}

function endedSalts(database: Database, { batchRows }: SweepLimits): SweepStep {
  const tokens = () => database.builder('refresh_tokens');
  const due = tokens().select('id').where('salt_ends_at', '<', param('now')).limit(batchRows);
  const statement = compile(tokens().whereIn('id', due).update({ salt: null, salt_ends_at: null }));
  return {
    name: 'salts',
    start: (now) => inBatches(batchRows, () => database.commit([{ statement, values: { now } }])),
  };
}

function unusedClients(database: Database, { batchRows, unusedClientSeconds }: SweepLimits): SweepStep {
  const { builder } = database;
  const due = builder('clients')
    .select('id')
    .whereIn('source', ['registration', 'document'])
    .whereNull('granted_at')
    .where('created_at', '<', param('before'))
    .whereNotExists(of(builder, 'grants', 'client_id', 'clients'))
    .limit(batchRows);
  const statement = compile(builder('clients').whereIn('id', due).delete());
  const start = (now: number) =>
    inBatches(batchRows, () =>
      database.commit([{ statement, values: { before: now - unusedClientSeconds } }]),
    );
  return { name: 'clients', start };
}

/**
 * Grants under which there is no row left. No index finds them, so all grants are walked through in the order of
 * their ids, a bounded stretch at a time.
 */
function abandonedGrants(database: Database, { batchRows, refreshTokenIdleSeconds }: SweepLimits): SweepStep {
  const { builder } = database;
  const after = () => builder('grants').where('id', '>', param('from'));
  const abandoned = (grants: Knex.QueryBuilder): Knex.QueryBuilder =>
    ['refresh_tokens', 'access_tokens', 'authorization_codes']
      .reduce((query, table) => query.whereNotExists(of(builder, table, 'grant_id', 'grants')), grants)
      .where('created_at', '<', param('before'))
      .delete();
  const stretchEnd = compile(
    after()
      .select('id')
      .orderBy('id')
      .limit(1)
      .offset(batchRows - 1),
  );
  const stretch = compile(abandoned(after().where('id', '<=', param('to'))));
  const rest = compile(abandoned(after()));
  const tooMany = compile(builder('grants').select('id').orderBy('id').limit(1).offset(calmGrants));
  return {
    name: 'grants',
    start: async function* walk(now) {
      const isCalm = (await database.first(tooMany, {})) === undefined;
      const before = now - (isCalm ? refreshTokenIdleSeconds : day);
      for (let from = ''; ; ) {
        const end = await database.first(stretchEnd, { from });
        if (!end) return yield await database.commit([{ statement: rest, values: { from, before } }]);
        const to = String(end['id']);
        yield await database.commit([{ statement: stretch, values: { from, to, before } }]);
        from = to;
      }
    },
  };
}

/** The rows of a table that belong to the outer query's row. */
function of(builder: Knex, table: string, column: string, owner: string): Knex.QueryBuilder {
  return builder(table)
    .select(builder.raw('1'))
    .where(`${table}.${column}`, builder.ref(`${owner}.id`));
}

/** Repeats a step until it changes less than a batch. */
export async function* inBatches(batchRows: number, next: () => Promise<number>): AsyncGenerator<number> {
  for (let changed = batchRows; changed >= batchRows; ) {
    changed = await next();
    yield changed;
  }
}
