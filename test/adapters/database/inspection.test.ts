// A look at a database that changes nothing: whole or not, and of which version.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { inspectDatabase } from '../../../adapters/database/inspection.ts';
import { openDatabase } from '../../../adapters/database/open.ts';
import { createFolder, engines } from '../../support/databases.ts';

for (const engine of engines) {
  t.test(`${engine.name}: one that is in use is whole, and nothing is left to migrate`, async (t) => {
    const url = await engine.create(t);
    const database = await openDatabase(url);
    t.teardown(() => database.close());
    t.same(await inspectDatabase(url), []);
  });
}

t.test('an older schema is told and left as it is, a newer one and damage are refused', async (t) => {
  const path = join(createFolder(t), 'auth.db');
  await (await openDatabase(path)).close();
  const file = new Sqlite(path);
  file.exec("DELETE FROM knex_migrations WHERE name LIKE '0006%'");
  t.same(await inspectDatabase(`sqlite:${path}`), ['0006-connections']);
  file.exec("INSERT INTO knex_migrations (name, batch) VALUES ('9999-of-tomorrow', 9)");
  await t.rejects(inspectDatabase(`sqlite:${path}`), { name: 'DatabaseNewer', message: /9999-of-tomorrow/ });
  file.pragma('journal_mode = DELETE');
  file.close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, 4096, 4096 * 3);
  writeFileSync(path, bytes);
  await t.rejects(inspectDatabase(`sqlite:${path}`), { name: 'DatabaseDamaged' });
  await t.rejects(inspectDatabase(`sqlite:${path}.none`), { name: 'DatabaseUnavailable' });
});
