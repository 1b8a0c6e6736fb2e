// When apps were seen calling, and how an account's connections are read with it, on every engine.
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { GrantAdapter } from '../../../adapters/models/grant.ts';
import { AccountConnectionStore } from '../../../adapters/stores/account-connections.ts';
import { ConnectionStore } from '../../../adapters/stores/connections.ts';
import { dayOf, GrantCallStore } from '../../../adapters/stores/grant-calls.ts';
import { type Clock, shiftClock } from '../../support/clock.ts';
import { engines, openNew } from '../../support/databases.ts';

const day = 24 * 3600;

interface World {
  readonly clock: Clock;
  readonly database: Database;
  readonly calls: GrantCallStore;
  readonly connections: AccountConnectionStore;
  /** A live connection of that account, made now. */
  readonly connect: (grantId: string, accountId?: string) => Promise<void>;
}

const now = (): number => Math.floor(Date.now() / 1000);

async function insert(
  database: Database,
  table: string,
  row: Record<string, string | number>,
): Promise<void> {
  const sql = database.builder(table).insert(row).toString();
  await database.commit([{ statement: { sql, slots: [] }, values: {} }]);
}

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, world: World) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => {
      const clock = shiftClock(t);
      const database = await openNew(t, engine);
      const grants = new GrantAdapter(database, () => new Error('revoked'));
      const connect: World['connect'] = async (grantId, accountId = 'ann') => {
        const payload = { accountId, clientId: 'app', iat: now(), resources: { '/mcp': 'vault.read' } };
        await grants.upsert(grantId, payload as never, 50 * 365 * day);
        const token = { id: `token of ${grantId}`, payload: '{}', grant_id: grantId, issued_at: now() };
        await insert(database, 'refresh_tokens', { ...token, expires_at: now() + 90 * day });
      };
      const calls = new GrantCallStore(database);
      await body(t, { clock, database, calls, connections: new AccountConnectionStore(database), connect });
    });

  test('calls add up by day, and a week of them is told', async (t, {
    clock,
    calls,
    connections,
    connect,
  }) => {
    await connect('one');
    await connect('two');
    const seen = async (grantId: string) => {
      const found = await connections.find('ann', grantId);
      return [found?.lastCalledAt, found?.callsThisWeek];
    };
    t.same(await seen('one'), [undefined, 0]);
    const first = now();
    await calls.add([
      { grantId: 'two', calls: 1, lastAt: first },
      { grantId: 'one', calls: 3, lastAt: first },
      { grantId: 'gone', calls: 9, lastAt: first },
    ]);
    await calls.add([{ grantId: 'one', calls: 2, lastAt: first - 5 }]);
    t.same(await seen('one'), [first, 5], 'the later time stays, whoever is written last');
    t.same(await seen('two'), [first, 1]);
    clock.advance(6 * day);
    await calls.add([{ grantId: 'one', calls: 10, lastAt: now() }]);
    t.same((await seen('one'))[1], 15);
    clock.advance(day);
    t.same((await seen('one'))[1], 10, 'the eighth day counts no more');
    clock.advance(30 * day);
    t.same(await seen('two'), [first, 0], 'when it was is known for as long as the connection is there');
  });

  test('of a connection there are eight rows at most, and none without it', async (t, world) => {
    const { clock, database, calls, connect } = world;
    await connect('one');
    const rows = () =>
      database.all({ sql: 'SELECT day FROM grant_calls ORDER BY day', slots: [] }, {}) as Promise<
        { day: number }[]
      >;
    for (let n = 0; n < 20; n += 1) {
      await calls.add([{ grantId: 'one', calls: 1, lastAt: now() }]);
      clock.advance(day);
    }
    const kept = await rows();
    t.equal(kept.length, 7);
    t.equal(Number(kept.at(-1)?.day), dayOf(now()) - 1);
    await new ConnectionStore(database).revoke([{ grantId: 'one' }]);
    t.same(await rows(), []);
  });

  test('a page holds a hundred connections, the newest first, and leads to the older ones', async (t, world) => {
    const { connections, connect } = world;
    for (let n = 0; n < 105; n += 1) await connect(`grant-${String(n).padStart(3, '0')}`);
    await connect('of-ben', 'ben');
    const first = await connections.page('ann');
    t.equal(first.rows.length, 100);
    const rest = await connections.page('ann', first.next);
    t.equal(rest.rows.length, 5);
    t.equal(rest.next, undefined);
    const ids = [...first.rows, ...rest.rows].map(({ grantId }) => grantId);
    t.equal(new Set(ids).size, 105, 'none twice, none left out, also of one second');
    t.notOk(ids.includes('of-ben'));
    t.equal(await connections.find('ann', 'of-ben'), undefined);
    t.equal((await connections.listAll('ann')).length, 105);
  });

  test('unused is what made no call and got no token for so long', async (t, world) => {
    const { clock, database, calls, connections, connect } = world;
    for (const id of ['never', 'calls', 'refreshes', 'called']) await connect(id);
    await calls.add([{ grantId: 'called', calls: 1, lastAt: now() }]);
    clock.advance(20 * day);
    await calls.add([{ grantId: 'calls', calls: 1, lastAt: now() }]);
    const sql = `UPDATE refresh_tokens SET issued_at = ${now()} WHERE grant_id = 'refreshes'`;
    await database.commit([{ statement: { sql, slots: [] }, values: {} }]);
    const unused = async () =>
      (await connections.listUnused('ann', 30 * day)).map(({ grantId }) => grantId).sort();
    t.same(await unused(), []);
    clock.advance(11 * day);
    await connect('new');
    t.same(await unused(), ['called', 'never']);
  });

  test('the network that a connection was made from stays with it', async (t, { connections, connect }) => {
    await connect('one');
    await connections.rememberPlace('one', '203.0.113.7');
    t.match(await connections.find('ann', 'one'), { madeFrom: '203.0.113.7', grant: { accountId: 'ann' } });
  });
}
