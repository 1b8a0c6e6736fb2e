// adapters/stores/account-connections.ts: a page of connections is found by an index, however many there are.
import t from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { AccountConnectionStore } from '../../../adapters/stores/account-connections.ts';
import { engines, openNew } from '../../support/databases.ts';
import { explain, watchStatements } from '../../support/statements.ts';

async function connect(database: Database, count: number): Promise<void> {
  const rows = (row: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => `(${row(n)})`).join();
  const sql = [
    `INSERT INTO grants (id, payload, expires_at, account_id, client_id, created_at) VALUES ${rows((n) => `'g${n}', '{}', 9999999999, 'ann', 'app', ${Math.floor(n / 3)}`)}`,
    `INSERT INTO refresh_tokens (id, payload, expires_at, grant_id, issued_at) VALUES ${rows((n) => `'t${n}', '{}', 9999999999, 'g${n}', 1`)}`,
  ];
  await database.commit(sql.map((one) => ({ statement: { sql: one, slots: [] }, values: {} })));
}

for (const engine of engines) {
  t.test(`${engine.name}: page after page shows each connection once, those of one second too`, async (t) => {
    const database = await openNew(t, engine);
    await connect(database, 250);
    const store = new AccountConnectionStore(database);
    const seen: Array<{ grantId: string; since: number }> = [];
    let pages = 0;
    for (let place: Parameters<typeof store.page>[1]; pages === 0 || place; pages += 1) {
      const { rows, next } = await store.page('ann', place);
      seen.push(...rows);
      place = next;
    }
    t.equal(pages, 3);
    t.equal(new Set(seen.map(({ grantId }) => grantId)).size, 250);
    const times = seen.map(({ since }) => since);
    t.same(
      times,
      [...times].sort((one, other) => other - one),
      'the newest first',
    );
    t.equal((await store.listAll('ann')).length, 250, 'all is all');
    t.equal((await store.listUnused('ann', 60)).length, 250);
  });
}

t.test('it reads and sorts none but those of the page', async (t) => {
  const database = await openNew(t);
  await connect(database, 300);
  const { watched, statements } = watchStatements(database);
  await new AccountConnectionStore(watched).page('ann');
  const [sql = ''] = statements;
  const details = await explain(database, sql);
  t.notMatch(details.join('\n'), /SCAN|TEMP B-TREE/);
  t.match(details[0], /grants USING INDEX \S+ \(account_id=\? AND \(created_at,id\)<\(\?,\?\)\)/);
});
