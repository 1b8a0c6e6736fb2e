// adapters/stores/access-keys/, on every engine: who finds a key, how many there may be, and how each comes to its end.
import t, { type Test } from 'tap';
import { perAccount } from '../../../../adapters/bounds.ts';
import type { Database } from '../../../../adapters/database/database.ts';
import {
  AccessKeyStore,
  KeyExists,
  type NewKey,
  TooManyKeys,
} from '../../../../adapters/stores/access-keys/access-keys.ts';
import { KeyUseStore } from '../../../../adapters/stores/access-keys/uses.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { ConnectionStore } from '../../../../adapters/stores/connections.ts';
import { startSweep } from '../../../../adapters/sweep/sweep.ts';
import { type Clock, holdClock } from '../../../support/clock.ts';
import { engines, openNew } from '../../../support/databases.ts';

const day = 24 * 3600;

interface World {
  readonly clock: Clock;
  readonly database: Database;
  readonly accounts: AccountStore;
  readonly keys: AccessKeyStore;
  readonly accountId: string;
  readonly newKey: (wish?: Partial<NewKey>) => NewKey;
}

const now = (): number => Math.floor(Date.now() / 1000);

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, world: World) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => {
      const clock = holdClock(t);
      const database = await openNew(t, engine);
      const accounts = new AccountStore(database);
      const { id: accountId } = await accounts.create('ann', 'a hash');
      const newKey: World['newKey'] = (wish) => ({
        id: 'one',
        accountId,
        name: 'A script',
        access: 'read',
        folders: undefined,
        madeFrom: undefined,
        expiresAt: undefined,
        ...wish,
      });
      const keys = new AccessKeyStore(database);
      await body(t, { clock, database, accounts, keys, accountId, newKey });
    });

  test('a key is found by its value alone, with all that was said of it', async (t, world) => {
    const { keys, accountId, newKey } = world;
    const expiresAt = now() + day;
    await keys.add(
      'value of one',
      newKey({ access: 'write', folders: ['일기', 'a"b'], madeFrom: '198.51.100.7', expiresAt }),
    );
    const found = await keys.findLive('value of one');
    t.match(found, { id: 'one', accountId, username: 'ann', access: 'write', folders: ['일기', 'a"b'] });
    t.match(found, { madeFrom: '198.51.100.7', expiresAt, lastUsedAt: undefined });
    t.equal(await keys.findLive('one'), undefined);
    t.equal(await keys.findLive('value of on'), undefined);
    t.same(
      (await keys.page()).rows.map(({ id, username }) => [id, username]),
      [['one', 'ann']],
    );
  });

  test('a key that expired, was revoked or whose account is disabled is found no more', async (t, world) => {
    const { clock, accounts, keys, accountId, newKey } = world;
    await keys.add('expiring', newKey({ id: 'expiring', expiresAt: now() + day }));
    await keys.add('endless', newKey({ id: 'endless' }));
    await keys.add('revoked', newKey({ id: 'revoked' }));
    t.equal(await keys.revoke('somebody else', 'revoked'), false);
    t.ok(await keys.findLive('revoked'));
    t.equal(await keys.revoke(accountId, 'revoked'), true);
    t.equal(await keys.findLive('revoked'), undefined);
    clock.advance(day - 1);
    t.ok(await keys.findLive('expiring'));
    clock.advance(1);
    t.equal(await keys.findLive('expiring'), undefined);
    t.ok(await keys.findLive('endless'));
    await accounts.setDisabled(accountId, true);
    t.equal(await keys.findLive('endless'), undefined);
    await keys.add('late', newKey({ id: 'late' }));
    t.equal(await keys.findLive('late'), undefined, 'nor one that was under way meanwhile');
    await accounts.setDisabled(accountId, false);
    t.equal(await keys.findLive('endless'), undefined, 'enabling gives nothing back');
  });

  test('revoking everything takes keys along, a new password alone does not', async (t, world) => {
    const { database, accounts, keys, accountId, newKey } = world;
    await keys.add('one', newKey());
    await accounts.setPassword(accountId, 'another hash', false);
    t.ok(await keys.findLive('one'));
    await accounts.setPassword(accountId, 'another hash', true);
    t.equal(await keys.findLive('one'), undefined);
    await keys.add('two', newKey({ id: 'two' }));
    await new ConnectionStore(database).revokeAll();
    t.equal(await keys.findLive('two'), undefined);
  });

  test('an account has so many keys and no more, however many are asked for at once', async (t, world) => {
    const { accounts, keys, accountId, newKey } = world;
    const most = perAccount.accessKeys;
    for (let at = 2; at < most; at += 1) await keys.add(`value ${at}`, newKey({ id: `key ${at}` }));
    const racing = ['a', 'b', 'c', 'd'].map((id) => keys.add(`value ${id}`, newKey({ id })));
    const settled = await Promise.allSettled(racing);
    const refused = settled.filter((one) => one.status === 'rejected');
    t.equal(refused.length, 2);
    t.ok(refused.every(({ reason }) => reason instanceof TooManyKeys));
    t.equal((await keys.listOfAccount(accountId)).length, most);
    const { id: other } = await accounts.create('ben', 'a hash');
    await keys.add('of ben', newKey({ id: 'of ben', accountId: other }));
    t.ok(await keys.findLive('of ben'), 'each account has its own');
  });

  test('one id is for one key', async (t, { keys, newKey }) => {
    await keys.add('one', newKey());
    await t.rejects(keys.add('two', newKey({ name: 'Another' })), KeyExists);
    t.equal(await keys.findLive('two'), undefined);
  });

  test('its use is kept to the minute, and the first one is told', async (t, world) => {
    const { database, keys, accountId, newKey } = world;
    await keys.add('one', newKey());
    const uses = new KeyUseStore(database);
    const start = now() - (now() % 60) + 60;
    const last = async () => (await keys.listOfAccount(accountId))[0]?.lastUsedAt;
    t.equal(await uses.note({ id: 'one', at: start + 59 }), true);
    t.equal(await last(), start);
    t.equal(await uses.note({ id: 'one', at: start + 61 }), false);
    t.equal(await last(), start + 60);
    await uses.note({ id: 'one', at: start });
    t.equal(await last(), start + 60, 'what comes late takes nothing back');
    t.equal(await uses.note({ id: 'gone', at: start }), false);
  });

  test('the sweep takes an expired key after a month, and no other', async (t, world) => {
    const { clock, database, keys, accountId, newKey } = world;
    await keys.add('expiring', newKey({ id: 'expiring', expiresAt: now() + day }));
    await keys.add('endless', newKey({ id: 'endless' }));
    const sweep = startSweep(database, {
      refreshTokenIdleSeconds: day,
      accessTokenSeconds: 3600,
      unusedClientSeconds: day,
      pauseMs: 0,
    });
    t.teardown(() => sweep.stop());
    const left = async () => {
      await sweep.runOnce();
      return (await keys.listOfAccount(accountId)).map(({ id }) => id).sort();
    };
    clock.advance(30 * day);
    t.same(await left(), ['endless', 'expiring']);
    clock.advance(day + 1);
    t.same(await left(), ['endless']);
  });
}
