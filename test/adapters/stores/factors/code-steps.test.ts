// What was remembered of one-time codes before each was: the last one that was taken.
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { OneTimeCodeStore } from '../../../../adapters/stores/factors/one-time-codes.ts';
import { createFolder, open } from '../../../support/databases.ts';

t.test('the code that was taken before the schema was brought up to date is not taken again', async (t) => {
  const path = join(createFolder(t), 'auth.db');
  const before = await open(t, path);
  const { id } = await new AccountStore(before).create('ann', 'hash');
  await new OneTimeCodeStore(before).save({ accountId: id, secret: 'A' }, 100);
  const older = new Sqlite(path);
  older.exec(`alter table one_time_codes add column last_step bigint not null default 100;
    drop table one_time_code_steps;
    delete from knex_migrations where name = '0016-code-steps'`);
  older.close();
  const codes = new OneTimeCodeStore(await open(t, path));
  t.match(await codes.find(id), { secret: 'A' });
  t.equal(await codes.takeStep(id, 100, 101), false);
  t.equal(await codes.takeStep(id, 101, 102), true);
});
