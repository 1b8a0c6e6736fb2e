// What there is for years costs a sweep nothing: only what is due is looked at, and found by an index.
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { TableCounts } from '../../../adapters/sweep/rows.ts';
import { type Sweep, startSweep } from '../../../adapters/sweep/sweep.ts';
import { shiftClock } from '../../support/clock.ts';
import { openNew } from '../../support/databases.ts';
import { explain, watchStatements } from '../../support/statements.ts';

const day = 24 * 3600;
const limits = { refreshTokenIdleSeconds: 90 * day, accessTokenSeconds: 3600, unusedClientSeconds: 30 * day };
const now = (): number => Math.floor(Date.now() / 1000);

/** Grants with a token each that was given out within an hour, under which nothing is over. */
async function addGrants(database: Database, count: number): Promise<void> {
  const rows = (row: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => `(${row(n)})`).join();
  const sql = [
    `INSERT INTO grants (id, payload, expires_at, account_id, client_id, created_at) VALUES ${rows((n) => `'g${n}', '{}', ${now() + 1000 * day}, 'ann', 'app', ${now()}`)}`,
    `INSERT INTO refresh_tokens (id, payload, expires_at, grant_id, issued_at) VALUES ${rows((n) => `'t${n}', '{}', ${now() + 90 * day - (n % 3000)}, 'g${n}', ${now() - (n % 3000)}`)}`,
  ];
  await database.commit(sql.map((one) => ({ statement: { sql: one, slots: [] }, values: {} })));
}

interface Started {
  readonly database: Database;
  readonly sweep: Sweep;
  /** Of one run. */
  readonly statementsOfRun: () => Promise<string[]>;
}

async function start(t: Test, grants: number): Promise<Started> {
  const database = await openNew(t);
  await addGrants(database, grants);
  const { watched, statements } = watchStatements(database);
  const counts = new TableCounts(watched);
  const sweep = startSweep(watched, { ...limits, counts, pauseMs: 0, batchRows: 500 });
  t.teardown(() => sweep.stop());
  await sweep.runOnce();
  const statementsOfRun = async (): Promise<string[]> => {
    statements.length = 0;
    await sweep.runOnce();
    return [...statements];
  };
  return { database, sweep, statementsOfRun };
}

t.test('a sweep that finds nothing asks no more of many grants than of a few', async (t) => {
  const clock = shiftClock(t);
  const few = await start(t, 10);
  const many = await start(t, 4000);
  clock.advance(600);
  await Promise.all([few.sweep.runOnce(), many.sweep.runOnce()]);
  const statements = await many.statementsOfRun();
  t.same(statements, await few.statementsOfRun());
  t.notMatch(statements.join('\n'), /^insert|update `grants`/m, 'and keeps nothing of it');
});

t.test('it finds what is due by an index, in every table', async (t) => {
  const clock = shiftClock(t);
  const { database, sweep, statementsOfRun } = await start(t, 4000);
  clock.advance(600);
  await sweep.runOnce();
  // Adding up what pages say of themselves, and the sessions that accounts have, reads no rows.
  const counting = /^select count\(|^select `account_id` from `sessions`/;
  const statements = (await statementsOfRun()).filter((sql) => !counting.test(sql));
  t.ok(statements.length > 20);
  for (const sql of new Set(statements)) {
    const walked = (await explain(database, sql)).filter(
      (detail) => /^SCAN|TEMP B-TREE/.test(detail) && !/setup_links/.test(detail),
    );
    t.same(walked, [], sql);
  }
});

t.test('what becomes due among many that are not is found', async (t) => {
  const clock = shiftClock(t);
  const { database, sweep } = await start(t, 1000);
  const changed = async () =>
    Object.fromEntries(Object.entries(await sweep.runOnce()).filter(([, count]) => count > 0));
  await database.commit([
    { statement: { sql: "DELETE FROM refresh_tokens WHERE id IN ('t7', 't8')", slots: [] }, values: {} },
  ]);
  clock.advance(89 * day);
  t.same(await changed(), {}, 'they are looked at when their tokens would be over');
  clock.advance(day + 120);
  t.same(await changed(), { refresh_tokens: 998, grants: 1000 });
});
