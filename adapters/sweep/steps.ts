// What the sweep deletes, and the statements for it: each of them touches a bounded number of rows.
import type { Knex } from 'knex';
import { calmGrants } from '../bounds.ts';
import type { Database } from '../database/database.ts';
import { compile, param, type Row } from '../database/statement.ts';

interface Expiring {
  readonly table: string;
  readonly id?: string;
  readonly column?: string;
  /** What a second is in that column. */
  readonly second?: number;
  /** How long it stays after that. */
  readonly keptSeconds?: number;
}

// Whose program stopped finds on the page which key it was that ran out.
const expiredKeySeconds = 30 * 24 * 3600;

// Whoever polls with a code that ran out, or types it, is told so and not that there was none (RFC 8628 section 3.5).
const expiredDeviceCodeSeconds = 10 * 60;

/** Codes and tokens before the grants that they keep. */
const expiring: readonly Expiring[] = [
  { table: 'sessions' },
  { table: 'browsers', id: 'uid' },
  { table: 'interactions' },
  { table: 'replay_detections' },
  { table: 'initial_access_tokens' },
  { table: 'client_key_sets', id: 'client_id' },
  { table: 'setup_links' },
  { table: 'tries' },
  { table: 'account_events' },
  { table: 'revoked_keys' },
  { table: 'devices' },
  { table: 'access_keys', keptSeconds: expiredKeySeconds },
  { table: 'sign_in_steps' },
  { table: 'limits', id: 'key', column: 'expire', second: 1000 },
  { table: 'authorization_codes' },
  { table: 'device_codes', keptSeconds: expiredDeviceCodeSeconds },
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
  readonly accessTokenSeconds: number;
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
  const { table, id = 'id', column = 'expires_at', second = 1, keptSeconds = toleranceSeconds } = rows;
  const due = builder(table).select(id).where(column, '<', param('before')).limit(batchRows);
  const statement = compile(builder(table).whereIn(id, due).delete());
  const start = (now: number) =>
    inBatches(batchRows, () => commit([{ statement, values: { before: (now - keptSeconds) * second } }]));
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
 * Grants under which there is no row left, but for those that stand without one. Each has a time at which it is looked at
 * (`due_at`): at once when it is new, then when the last row under it is over. One that is found empty is kept among the
 * empty ones (`empty_made_at`) until it is old enough.
 */
function abandonedGrants(database: Database, limits: SweepLimits): SweepStep {
  const { batchRows, refreshTokenIdleSeconds } = limits;
  const { due, emptyBefore, abandon, keep, oldestEmpty, tooMany } = looksAtGrants(database, batchRows);
  const findEmptyBefore = async (now: number): Promise<number> => {
    const oldest = (await database.first(oldestEmpty, {}))?.['oldest'] ?? now;
    const isCalm = Number(oldest) >= now - day || (await database.first(tooMany, {})) === undefined;
    return now - (isCalm ? refreshTokenIdleSeconds : day);
  };
  const settle = async (found: readonly Row[], now: number, before: number): Promise<number> => {
    const kept = found.flatMap((grant) => placeOf(grant, { now, before }) ?? []);
    const ids = new Set(kept.map(([id]) => id));
    const abandoned = found.map(({ id }) => String(id)).filter((id) => !ids.has(id));
    if (kept.length > 0) await database.commit([{ statement: keep, values: { kept: JSON.stringify(kept) } }]);
    if (abandoned.length === 0) return 0;
    return database.commit([{ statement: abandon, values: { ids: JSON.stringify(abandoned) } }]);
  };
  return {
    name: 'grants',
    start: async function* look(now) {
      const before = await findEmptyBefore(now);
      for (const statement of [due, emptyBefore]) {
        for (let isMore = true; isMore; ) {
          const found = await database.all(statement, { now, before });
          yield await settle(found, now, before);
          isMore = found.length === batchRows;
        }
      }
    },
  };
}

function looksAtGrants({ builder, counters }: Database, batchRows: number) {
  const { rows, texts } = counters.engine === 'sqlite' ? listsInSqlite : listsInPostgres;
  const grants = () => builder('grants');
  const issued = ['refresh_tokens', 'access_tokens', 'authorization_codes'];
  const ends = issued.map((table) =>
    builder(table).max('expires_at').where(`${table}.grant_id`, builder.ref('grants.id')).as(table),
  );
  const looked = (column: string, value: string) =>
    grants()
      .select('id', 'created_at', 'is_standing', ...ends)
      .where(column, '<', param(value))
      .orderBy(column)
      .limit(batchRows);
  const chosen = () => grants().whereRaw(`id in ${texts}`, [param('ids')]);
  return {
    due: compile(looked('due_at', 'now')),
    emptyBefore: compile(looked('empty_made_at', 'before')),
    abandon: compile(
      issued
        .reduce((query, table) => query.whereNotExists(of(builder, table, 'grant_id', 'grants')), chosen())
        .delete(),
    ),
    // All in one statement: PostgreSQL is asked over a network.
    keep: compile(
      builder.raw(
        `update grants set due_at = kept.due_at, empty_made_at = kept.empty_made_at from (${rows}) as kept
        where grants.id = kept.id`,
        [param('kept')],
      ),
    ),
    oldestEmpty: compile(grants().whereNotNull('empty_made_at').min({ oldest: 'empty_made_at' })),
    tooMany: compile(grants().select('id').orderBy('id').limit(1).offset(calmGrants)),
  };
}

/** `rows` are what a JSON list of lists holds, `texts` is a JSON list of texts. */
const listsInSqlite = {
  rows: 'select value ->> 0 as id, value ->> 1 as due_at, value ->> 2 as empty_made_at from json_each(?)',
  texts: '(select value from json_each(?))',
};

const listsInPostgres = {
  rows: `select value ->> 0 as id, (value ->> 1)::bigint as due_at, (value ->> 2)::bigint as empty_made_at
    from jsonb_array_elements(cast(? as jsonb)) as value`,
  texts: '(select jsonb_array_elements_text(cast(? as jsonb)))',
};

type Kept = readonly [id: string, dueAt: number | null, emptyMadeAt: number | null];

/** Where a grant is kept for its next look, in a list; undefined of one that is of no use any more. */
function placeOf(
  grant: Row,
  { now, before }: { readonly now: number; readonly before: number },
): Kept[] | undefined {
  const { id, created_at: madeAt, is_standing: isStanding, ...ends } = grant;
  const standing = Number(isStanding) === 1 ? now + day : 0;
  const lastEnd = Object.values(ends).reduce((last: number, end) => Math.max(last, Number(end)), standing);
  // What ended a moment ago is there until the next run.
  if (lastEnd > 0) return [[String(id), Math.max(now, lastEnd + toleranceSeconds), null]];
  return Number(madeAt) < before ? undefined : [[String(id), null, Number(madeAt)]];
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
