// Refresh tokens through the adapter and a real database, with a clock that is moved.
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { hashOpaque } from '../../../adapters/database/hash.ts';
import { asUnitOfWork } from '../../../adapters/database/unit-of-work.ts';
import { createRevocation } from '../../../adapters/models/revocation.ts';
import { type Clock, shiftClock } from '../../support/clock.ts';
import { engines, openNew } from '../../support/databases.ts';
import { type Family, startFamily } from '../../support/refresh-exchange.ts';

const hour = 3600;

interface World extends Family {
  readonly clock: Clock;
  readonly database: Database;
}

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, world: World) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => {
      const clock = shiftClock(t);
      const database = await openNew(t, engine);
      await body(t, { ...(await startFamily(database)), clock, database });
    });

  test('a token used in turn goes on for a year of days', async (t, { first, refresh, clock, audited }) => {
    let token: string | undefined = first;
    const seen = new Set<string>();
    for (let day = 0; day < 365 && token; day++) {
      seen.add(token);
      clock.advance(24 * hour);
      token = await refresh(token);
    }
    t.ok(token);
    t.equal(seen.size, 365, 'a new token every time');
    t.strictSame(audited, []);
  });

  test('an answer that was lost is given again at once, the same', async (t, { first, refresh, audited }) => {
    const lost = await refresh(first);
    const again = await refresh(first);
    t.ok(lost);
    t.equal(again, lost);
    t.ok(await refresh(String(again)), 'and it works');
    t.strictSame(audited, []);
  });

  test('an answer that was lost is made good an hour later by another token', async (t, world) => {
    const { first, refresh, clock, audited } = world;
    const lost = String(await refresh(first));
    clock.advance(hour);
    const again = String(await refresh(first));
    t.not(again, lost);
    t.equal(await refresh(first), again, 'and that one is repeated within its grace');
    t.strictSame(audited, ['refresh_token.reissued grant-1']);
    clock.advance(hour);
    const next = await refresh(again);
    t.ok(next, 'and it works');
    t.equal(await refresh(lost), undefined, 'the lost one, should it turn up, is theft');
    t.equal(await refresh(String(next)), undefined, 'the family is gone');
    t.strictSame(audited, ['refresh_token.reissued grant-1', 'refresh_token.replayed grant-1']);
  });

  test('answers may be lost hour after hour', async (t, { first, refresh, clock }) => {
    for (let attempt = 0; attempt < 5; attempt++) {
      t.ok(await refresh(first));
      clock.advance(hour);
    }
    t.ok(await refresh(String(await refresh(first))));
  });

  test('five requests at the same moment get one and the same successor', async (t, world) => {
    const { first, refresh, rows, clock } = world;
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(first)));
    t.equal(new Set(answers).size, 1);
    t.ok(answers[0]);
    t.equal((await rows()).length, 2, 'two generations');
    clock.advance(hour);
    t.ok(await refresh(String(answers[0])));
  });

  test('owner and thief who refresh hourly, half an hour apart, are both cut off', async (t, world) => {
    const { first, refresh, clock, audited, rows } = world;
    const copied = String(await refresh(first));
    let [owner, thief]: Array<string | undefined> = [copied, copied];
    let refreshes = 0;
    for (; owner && thief && refreshes < 10; refreshes++) {
      clock.advance(hour / 2);
      if (refreshes % 2 === 0) owner = await refresh(owner);
      else thief = await refresh(thief);
    }
    t.equal(refreshes, 3, 'owner, thief, and at the next one the theft is seen');
    t.equal(owner && (await refresh(owner)), undefined);
    t.equal(thief && (await refresh(thief)), undefined);
    t.strictSame(await rows(), []);
    t.strictSame(audited, ['refresh_token.reissued grant-1', 'refresh_token.replayed grant-1']);
  });

  test('an old generation presented once its successor was used revokes the family', async (t, world) => {
    const { first, refresh, clock, audited, adapterFor } = world;
    const second = String(await refresh(first));
    clock.advance(hour);
    const third = String(await refresh(second));
    t.equal(await refresh(first), undefined);
    t.equal(await refresh(third), undefined);
    t.notOk(await adapterFor('Grant').find('grant-1'));
    t.strictSame(audited, ['refresh_token.replayed grant-1']);
  });

  test('a salt is erased with the rotation that ends its use, or marked for the sweep', async (t, world) => {
    const { first, refresh, clock, rows } = world;
    const saltOf = async (token: string): Promise<Record<string, unknown> | undefined> =>
      (await rows()).find(({ id }) => id === hashOpaque(token));
    const second = String(await refresh(first));
    t.type((await saltOf(first))?.['salt'], 'string', 'the successor was not used yet');
    clock.advance(hour);
    const third = String(await refresh(second));
    t.equal((await saltOf(first))?.['salt'], null);
    clock.advance(10);
    await refresh(third);
    t.type((await saltOf(second))?.['salt'], 'string', 'its grace goes on');
    t.equal(
      (await saltOf(second))?.['salt_ends_at'],
      Number((await saltOf(second))?.['used_at']) + 60,
      'and the sweep knows until when',
    );
    t.equal(await refresh(second), third, 'until then the answer is repeated');
  });

  test('a grant that is revoked during the exchange: the error given, and nothing written', async (t, world) => {
    const { first, refresh, database, rows, adapterFor } = world;
    const revoke = async (): Promise<void> => {
      await database.commit(createRevocation(database).ofGrant('grant-1'));
    };
    await t.rejects(refresh(first, revoke), { name: 'Revoked' });
    t.strictSame(await rows(), []);
    t.notOk(await adapterFor('Grant').find('grant-1'));
  });

  test('a grant that is revoked during a repeated or reissued exchange refuses it, too', async (t, world) => {
    const { first, refresh, database, clock } = world;
    const revoke = async (): Promise<void> => {
      await database.commit([createRevocation(database).ofGrant('grant-1').at(-1)].filter((one) => !!one));
    };
    await refresh(first);
    await t.rejects(refresh(first, revoke), { name: 'Revoked' }, 'repeat');
    clock.advance(hour);
    t.equal(await refresh(first), undefined, 'no grant, no exchange');
  });

  test('a failure after the exchange burns nothing and tells nobody', async (t, world) => {
    const { first, refresh, rows, clock, audited } = world;
    const before = await rows();
    const broken = async (): Promise<void> => {
      throw new Error('the disk is on fire');
    };
    await t.rejects(refresh(first, broken), { message: 'the disk is on fire' });
    t.strictSame(await rows(), before);
    await refresh(first);
    clock.advance(hour);
    await t.rejects(refresh(first, broken), { message: 'the disk is on fire' });
    t.strictSame(audited, [], 'a reissue that was not committed did not happen');
    t.ok(await refresh(first));
    t.strictSame(audited, ['refresh_token.reissued grant-1']);
  });

  test('outside a token request a used token is shown as used, and can not be exchanged', async (t, world) => {
    const { first, refresh, adapterFor, database } = world;
    const tokens = adapterFor('RefreshToken');
    t.notOk((await tokens.find(first))?.consumed);
    await refresh(first);
    t.ok((await tokens.find(first))?.consumed);
    await t.rejects(tokens.consume(first), TypeError);
    await asUnitOfWork(database, false, async () => {
      t.ok((await tokens.find(first))?.consumed);
      await t.rejects(tokens.consume(first), TypeError);
      return true;
    });
  });
}
