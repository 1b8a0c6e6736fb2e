// Lists in pages: each begins where the one before it ended, found by an index of time and id.
import type { Knex } from 'knex';
import { param } from '../../database/statement.ts';

/** Where a page ends: the next begins after it. `since` is in epoch seconds. */
export interface Place {
  readonly since: number;
  readonly id: string;
}

export interface ListPage<Row> {
  readonly rows: Row[];
  /** Undefined where there are no more. */
  readonly next: Place | undefined;
}

/** Before everything there is, in each order. */
export const newest: Place = { since: Number.MAX_SAFE_INTEGER, id: '' };
export const oldest: Place = { since: -1, id: '' };

const mostOfPage = 100;

/** The rows of `table` (with `created_at` and `id`) after a place, whose parts are the parameters `since` and `id`. */
export function pageOf(
  rows: Knex.QueryBuilder,
  table: string,
  order: 'newest first' | 'oldest first' = 'newest first',
): Knex.QueryBuilder {
  const [time, id] = [`${table}.created_at`, `${table}.id`];
  const isBack = order === 'newest first';
  const direction = isBack ? 'desc' : 'asc';
  return rows
    .whereRaw(`(??, ??) ${isBack ? '<' : '>'} (?, ?)`, [time, id, param('since'), param('id')])
    .orderBy(time, direction)
    .orderBy(id, direction)
    .limit(mostOfPage + 1);
}

/** Of what such a query found, which is one row more than a page has where there are more. */
export function toPage<Row>(found: readonly Row[], placeOf: (row: Row) => Place): ListPage<Row> {
  const rows = found.slice(0, mostOfPage);
  const last = found.length > mostOfPage ? rows.at(-1) : undefined;
  return { rows, next: last && placeOf(last) };
}

/** Page after page, so that no more than one is in memory. */
export async function* allOf<Row>(
  page: (place?: Place) => Promise<ListPage<Row>>,
): AsyncGenerator<Row, void, undefined> {
  let { rows, next } = await page();
  for (;;) {
    yield* rows;
    if (!next) return;
    ({ rows, next } = await page(next));
  }
}
