// adapters/stores/limiters.ts: counts that outlive the process, and what becomes of them when the database can't count.
import { setImmediate } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import t from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import { createStoredLimiter } from '../../../adapters/stores/limiters.ts';
import { shiftClock } from '../../support/clock.ts';
import { lockDatabase } from '../../support/database-lock.ts';
import { asAdministrator, engines, open, postgres, postgresUrl } from '../../support/databases.ts';

const rule = { name: 'tries', points: 3, seconds: 600 };

async function isTaken(database: Database, key: string, of = rule): Promise<boolean> {
  return createStoredLimiter(database, of)
    .consume(key)
    .then(
      () => true,
      () => false,
    );
}

for (const engine of engines) {
  t.test(
    `${engine.name}: what was counted is there after a restart and at another process, for its time`,
    async (t) => {
      const clock = shiftClock(t);
      const url = await engine.create(t);
      const [one, other] = [await open(t, url), await open(t, url)];
      t.same(
        [await isTaken(one, 'a'), await isTaken(other, 'a'), await isTaken(one, 'a')],
        [true, true, true],
      );
      t.notOk(await isTaken(other, 'a'));
      t.ok(await isTaken(other, 'b'));
      t.ok(await isTaken(other, 'a', { ...rule, name: 'other tries' }), 'another limit counts by itself');
      clock.advance(601);
      t.ok(await isTaken(other, 'a'));
    },
  );

  t.test(`${engine.name}: tries at the same moment are all counted`, async (t) => {
    const url = await engine.create(t);
    const processes = [await open(t, url), await open(t, url)] as const;
    const limiters = processes.map((database) => createStoredLimiter(database, { ...rule, points: 30 }));
    const tries = Array.from({ length: 60 }, (_, n) => limiters[n % 2]?.consume('a'));
    const outcomes = await Promise.allSettled(tries);
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 30);
  });
}

t.test(
  'while another program holds the file the process counts by itself, and refuses nobody for it',
  async (t) => {
    const url = await (engines[0] as (typeof engines)[number]).create(t);
    const database = await open(t, url);
    const limiter = createStoredLimiter(database, rule);
    const unlock = await lockDatabase(url.replace('sqlite:', ''));
    let isGivenUp = false;
    const patient = new AccountStore(database).create('ann', 'hash').catch(() => {
      isGivenUp = true;
    });
    for (let n = 0; n < 3; n += 1) await limiter.consume('a');
    t.match(await limiter.consume('a').catch((refusal: unknown) => refusal), { remainingPoints: 0 });
    t.notOk(isGivenUp, 'long before what waits for the lock gives up');
    await unlock();
    await patient;
    await limiter.consume('b');
  },
);

t.test('a count waits for a file that is held for a moment, and is there after the process', async (t) => {
  const url = await (engines[0] as (typeof engines)[number]).create(t);
  const database = await open(t, url);
  const limiter = createStoredLimiter(database, rule);
  const other = new Sqlite(url.replace('sqlite:', ''));
  other.exec('begin immediate');
  const counted = limiter.consume('a');
  await setImmediate();
  other.exec('rollback');
  other.close();
  await counted;
  t.match(await createStoredLimiter(await open(t, url), rule).get('a'), { consumedPoints: 1 });
});

t.test('nor when the database is gone altogether', async (t) => {
  const database = await open(t, await (engines[0] as (typeof engines)[number]).create(t));
  const limiter = createStoredLimiter(database, rule);
  if (database.counters.engine === 'sqlite') database.counters.client.close();
  await limiter.consume('a');
  t.ok(await limiter.get('a'));
});

if (postgresUrl !== undefined) {
  t.test(
    'counts that wait for each other on PostgreSQL hold up nothing else, and nobody for long',
    async (t) => {
      const url = await postgres.create(t);
      const database = await open(t, url);
      const limiter = createStoredLimiter(database, { ...rule, points: 100 });
      await limiter.consume('a');
      const other = new pg.Client({ connectionString: url });
      await other.connect();
      t.teardown(() => other.end());
      await other.query('begin; update limits set points = points');
      let counted = 0;
      const tries = Array.from({ length: 30 }, () => limiter.consume('a').then(() => (counted += 1)));
      for (let n = 0; n < 20; n += 1) t.equal(await new AccountStore(database).hasAny(), false);
      t.equal(counted, 0, 'all of it while they waited');
      await Promise.all(tries);
      t.equal(counted, 30, 'by the process itself');
    },
  );

  t.test('nor is anybody refused by us where the server is gone', async (t) => {
    const url = await postgres.create(t);
    const database = await open(t, url);
    const limiter = createStoredLimiter(database, rule);
    await limiter.consume('a');
    await asAdministrator(`drop database ${new URL(url).pathname.slice(1)} with (force)`);
    await asAdministrator(`create database ${new URL(url).pathname.slice(1)}`);
    for (let n = 0; n < 3; n += 1) await limiter.consume('a');
    t.match(await limiter.consume('a').catch((refusal: unknown) => refusal), { remainingPoints: 0 });
  });
}
