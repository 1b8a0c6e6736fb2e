// How often, and when last, an app was seen calling under a grant: counts by day, of a week (table `grant_calls`).
import { perGrant } from '../bounds.ts';
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';

export interface CountedCalls {
  readonly grantId: string;
  readonly calls: number;
  /** Epoch seconds. */
  readonly lastAt: number;
}

const daySeconds = 24 * 3600;

/** Days since 1970, in UTC. */
export function dayOf(epochSeconds: number): number {
  return Math.floor(epochSeconds / daySeconds);
}

/** The first of the days that count as this week. */
export function firstDayKept(now: number): number {
  return dayOf(now) - perGrant.callDays + 1;
}

export class GrantCallStore {
  readonly #database: Database;
  readonly #add: Statement;
  readonly #dropOld: Statement;

  constructor(database: Database) {
    const { builder, counters } = database;
    const { rows, text, later } = counters.engine === 'sqlite' ? inSqlite : inPostgres;
    this.#database = database;
    // A grant that is gone meanwhile, or never was, gets no row.
    this.#add = compile(
      builder.raw(
        `insert into grant_calls (grant_id, day, calls, last_at)
        select grant_id, day, calls, last_at from (${rows}) as counted
        where exists (select 1 from grants where grants.id = counted.grant_id)
        on conflict (grant_id, day) do update set
          calls = grant_calls.calls + excluded.calls,
          last_at = ${later}(grant_calls.last_at, excluded.last_at)`,
        [param('counted')],
      ),
    );
    // Of a grant that is not used any more the last days stay, and say when it was.
    this.#dropOld = compile(
      builder('grant_calls')
        .where('day', '<', param('firstDay'))
        .whereRaw(`grant_id in ${text}`, [param('grants')])
        .delete(),
    );
  }

  /** All in one transaction, with one statement for the counts of all of them. */
  async add(counted: readonly CountedCalls[]): Promise<void> {
    // In one order everywhere, so that two processes don't wait for each other's rows.
    const sorted = [...counted].sort((one, other) => (one.grantId < other.grantId ? -1 : 1));
    const rows = sorted.map(({ grantId, calls, lastAt }) => [grantId, dayOf(lastAt), calls, lastAt]);
    const newest = sorted.reduce((latest, { lastAt }) => Math.max(latest, lastAt), 0);
    const grants = JSON.stringify(sorted.map(({ grantId }) => grantId));
    await this.#database.commit([
      { statement: this.#add, values: { counted: JSON.stringify(rows) } },
      { statement: this.#dropOld, values: { grants, firstDay: firstDayKept(newest) } },
    ]);
  }
}

/** `rows` are what a JSON list of lists holds, `text` is a JSON list of texts. */
const inSqlite = {
  rows: `select value ->> 0 as grant_id, value ->> 1 as day, value ->> 2 as calls, value ->> 3 as last_at
    from json_each(?)`,
  text: '(select value from json_each(?))',
  later: 'max',
};

const inPostgres = {
  rows: `select value ->> 0 as grant_id, (value ->> 1)::integer as day, (value ->> 2)::integer as calls,
    (value ->> 3)::bigint as last_at from jsonb_array_elements(cast(? as jsonb)) as value`,
  text: '(select jsonb_array_elements_text(cast(? as jsonb)))',
  later: 'greatest',
};
