// adapters/sweep/rows.ts and bounds.ts: how many rows there are and may be, table by table.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { boundsFor } from '../../../adapters/bounds.ts';
import type { Database } from '../../../adapters/database/database.ts';
import { TableCounts } from '../../../adapters/sweep/rows.ts';
import { startSweep } from '../../../adapters/sweep/sweep.ts';
import { engines, openNew } from '../../support/databases.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';

const limits = {
  refreshTokenIdleSeconds: 90 * 24 * 3600,
  accessTokenSeconds: 3600,
  unusedClientSeconds: 30 * 24 * 3600,
};

async function tablesOf(database: Database): Promise<string[]> {
  const sql =
    database.counters.engine === 'sqlite'
      ? "SELECT name FROM sqlite_schema WHERE type = 'table'"
      : "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'";
  const rows = await database.all({ sql, slots: [] }, {});
  return rows.map(({ name }) => String(name)).filter((name) => !/^(sqlite_|knex_)/.test(name));
}

async function addTokens(database: Database, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1000) {
    const rows = Array.from(
      { length: 1000 },
      (_, m) => `('token ${n + m}', '{}', 9999999999, 'grant ${(n + m) % 500}')`,
    );
    const sql = `INSERT INTO access_tokens (id, payload, expires_at, grant_id) VALUES ${rows.join()}`;
    await database.commit([{ statement: { sql, slots: [] }, values: {} }]);
  }
}

for (const engine of engines) {
  t.test(`${engine.name}: every table is counted, and has a bound or is an operator’s own`, async (t) => {
    const database = await openNew(t, engine);
    const listed = await new TableCounts(database).list();
    t.same(listed.map(({ table }) => table).sort(), (await tablesOf(database)).sort());
    const unbounded = listed.filter(({ bound }) => bound === undefined).map(({ table }) => table);
    t.same(unbounded.sort(), [
      'accounts',
      'backups',
      'initial_access_tokens',
      'resource_descriptions',
      'resources',
      'server_keys',
      'server_secrets',
    ]);
  });

  t.test(`${engine.name}: a large table is counted by the sweep, not by who asks`, async (t) => {
    const database = await openNew(t, engine);
    const counts = new TableCounts(database);
    const rowsOf = async (): Promise<number | undefined> =>
      (await counts.list()).find(({ table }) => table === 'access_tokens')?.rows;
    await addTokens(database, 7000);
    t.equal(await rowsOf(), 7000, 'a small one at once');
    await database.commit([{ statement: { sql: 'DELETE FROM access_tokens', slots: [] }, values: {} }]);
    await addTokens(database, 23_000);
    t.equal(await rowsOf(), 10_000, 'of a large one so much is known');
    const sweep = startSweep(database, { ...limits, counts, pauseMs: 0 });
    t.teardown(() => sweep.stop());
    await sweep.runOnce();
    t.equal(await rowsOf(), 23_000);
  });
}

t.test('the metrics show rows and bounds', async (t) => {
  const world = await startLoopAuth(t);
  await world.connect();
  const text = await world.readMetrics();
  const value = (name: string, table: string): number =>
    Number(new RegExp(`^${name}\\{table="${table}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  const facts = { accounts: 1, grants: 1, clientsLetIn: 1 };
  for (const table of await tablesOf(world.database)) {
    t.ok(value('loop_auth_rows', table) >= 0, table);
    const bound = boundsFor(facts)[table];
    if (bound !== undefined) t.equal(value('loop_auth_rows_bound', table), bound, table);
  }
  for (const table of ['clients', 'grants', 'refresh_tokens', 'devices', 'sessions', 'accounts'])
    t.equal(value('loop_auth_rows', table), 1, table);
});

t.test('docs/storage.md says of every table what bounds it', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/storage.md'), 'utf8');
  const section = text.slice(text.indexOf('## Bounds'));
  for (const table of await tablesOf(await openNew(t)))
    t.match(section, new RegExp(`^\\| .*\`${table}\``, 'm'), table);
});
