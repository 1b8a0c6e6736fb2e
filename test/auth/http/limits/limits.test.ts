// auth/http/limits/limits.ts and limit.ts: how many counters there can be, and who knows which is whose.
import t from 'tap';
import { boundsFor, countersPerLimit } from '../../../../adapters/bounds.ts';
import { createCounter } from '../../../../auth/http/limits/limit.ts';
import { openLimits } from '../../../../auth/http/limits/limits.ts';
import { shiftClock } from '../../../support/clock.ts';
import { engines, open } from '../../../support/databases.ts';

t.test('however many keys strangers make up, a limit has so many counters', (t) => {
  const [one, other] = [createCounter('one salt'), createCounter('another')];
  const keys = Array.from(
    { length: 100_000 },
    (_, n) => `2001:db8:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}`,
  );
  const counters = new Set(keys.map(one));
  t.ok(counters.size <= countersPerLimit && counters.size > countersPerLimit * 0.9, `${counters.size}`);
  const same = keys.filter((key) => one(key) === other(key)).length;
  t.ok(same < 100, `which one is whose depends on the salt: ${same} are the same`);
  t.end();
});

for (const engine of engines) {
  t.test(`${engine.name}: who was refused while the clock was ahead waits no longer for that`, async (t) => {
    const clock = shiftClock(t);
    const limits = await openLimits(await open(t, await engine.create(t)));
    for (const limit of [limits.passwords.ofPair, limits.upstream.ofNetwork, limits.polls.ofCode]) {
      const takeAll = async (): Promise<number> => {
        let taken = 0;
        while (taken < 100 && (await limit.take('192.0.2.1')) === undefined) taken += 1;
        return taken;
      };
      const most = await takeAll();
      t.ok(Number(await limit.take('192.0.2.1')) > 1, 'refused');
      clock.advance(-24 * 3600);
      t.equal(await takeAll(), most, 'and counted as before');
      t.ok(Number(await limit.take('192.0.2.1')) <= 15 * 60);
    }
  });

  t.test(
    `${engine.name}: all limits together stay within the bound of their table, and no address is stored`,
    async (t) => {
      const url = await engine.create(t);
      const database = await open(t, url);
      const limits = await openLimits(database);
      const all = Object.values(limits).flatMap((group) => Object.values(group));
      for (const limit of all) t.equal(await limit.take('192.0.2.1'), undefined);
      const rows = await database.all({ sql: 'SELECT * FROM limits', slots: [] }, {});
      t.ok(rows.length > 10, 'those that are stored');
      const bound = Number(boundsFor({ accounts: 1, grants: 1, clientsLetIn: 1 })['limits']);
      t.ok(rows.length * countersPerLimit <= bound, `${rows.length} limits`);
      t.notMatch(JSON.stringify(rows), '192.0.2.1');
      for (const limit of all) await limit.giveBack('192.0.2.1');
      const [again, atOnce] = await Promise.all([
        openLimits(await open(t, url)),
        openLimits(await open(t, url)),
      ]);
      await again.registrations.all.take('192.0.2.1');
      t.ok(await atOnce.registrations.all.has('192.0.2.1'), 'two processes count alike');
    },
  );
}
