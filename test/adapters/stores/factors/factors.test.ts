// What is kept of second factors, on every engine: a code's time step and a recovery code are taken once.
import t, { type Test } from 'tap';
import type { Database } from '../../../../adapters/database/database.ts';
import { compile } from '../../../../adapters/database/statement.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { AccountOverviewStore } from '../../../../adapters/stores/factors/account-overview.ts';
import { createFactorStores, type FactorStores } from '../../../../adapters/stores/factors/factors.ts';
import { shiftClock } from '../../../support/clock.ts';
import { engines, openNew } from '../../../support/databases.ts';

interface Kept extends FactorStores {
  readonly database: Database;
  readonly overview: AccountOverviewStore;
  readonly accounts: AccountStore;
  readonly ann: string;
  readonly bob: string;
}

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, kept: Kept) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => {
      const database = await openNew(t, engine);
      const accounts = new AccountStore(database);
      const [ann, bob] = [await accounts.create('ann', 'hash'), await accounts.create('bob', 'hash')];
      const overview = new AccountOverviewStore(database);
      const people = { accounts, ann: ann.id, bob: bob.id };
      await body(t, { ...createFactorStores(database), database, overview, ...people });
    });

  test('a time step is taken once, and none before it', async (t, { oneTimeCodes, ann, bob }) => {
    await oneTimeCodes.save({ accountId: ann, secret: 'A' }, 100);
    t.equal(await oneTimeCodes.takeStep(ann, 100, 104), false, 'the one that turned codes on is used up');
    const taken = await Promise.all(Array.from({ length: 5 }, () => oneTimeCodes.takeStep(ann, 102, 104)));
    t.equal(taken.filter(Boolean).length, 1);
    t.equal(await oneTimeCodes.takeStep(ann, 101, 104), false);
    t.equal(await oneTimeCodes.takeStep(ann, 103, 104), true);
    t.equal(await oneTimeCodes.takeStep(bob, 104, 104), false, 'who has no codes');
    t.equal(await oneTimeCodes.takeStep(ann, 51, 52), true, 'the clock was ahead, and has been set right');
    t.equal(await oneTimeCodes.takeStep(ann, 51, 52), false);
    t.equal(await oneTimeCodes.takeStep(ann, 103, 104), false, 'and the time comes there');
    t.equal(await oneTimeCodes.takeStep(ann, 100, 101), false, 'set back once more');
    await oneTimeCodes.remove(ann);
    t.equal(await oneTimeCodes.find(ann), undefined);
    await oneTimeCodes.save({ accountId: ann, secret: 'B' }, 99);
    t.equal(await oneTimeCodes.takeStep(ann, 103, 104), true, 'of another secret, these are other codes');
  });

  test('the time steps of an account that are remembered are bounded, and those of a clock that was ahead are not pushed out', async (t, {
    oneTimeCodes,
    database,
    ann,
    bob,
  }) => {
    await oneTimeCodes.save({ accountId: bob, secret: 'B' }, 1);
    await oneTimeCodes.save({ accountId: ann, secret: 'A' }, 9000);
    for (let step = 1; step <= 150; step += 1) t.ok(await oneTimeCodes.takeStep(ann, step, step + 1));
    const count = compile(database.builder('one_time_code_steps').count({ rows: '*' }));
    t.match(await database.first(count, {}), { rows: 1 + 1 + 100 });
    t.equal(await oneTimeCodes.takeStep(ann, 9000, 9001), false, 'the one that was ahead');
    t.equal(await oneTimeCodes.takeStep(ann, 51, 52), false, 'the hundredth last');
    t.equal(await oneTimeCodes.takeStep(bob, 1, 2), false);
  });

  test('a person of a provider has one account, also where two tabs make it at once', async (t, {
    upstreamLinks,
    accounts,
    overview,
    ann,
    bob,
  }) => {
    const person = { issuer: 'https://id.example', subject: '1', name: 'Ann' };
    const both = await Promise.allSettled([
      upstreamLinks.createAccount(person, 'one', 'none'),
      upstreamLinks.createAccount(person, 'two', 'none'),
    ]);
    t.same(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    t.equal((await accounts.listIds()).length, 3, 'and the other left no account behind');
    await t.rejects(upstreamLinks.link(person, ann), { name: 'UpstreamLinked' });
    await upstreamLinks.link({ ...person, subject: '2' }, ann);
    await t.rejects(upstreamLinks.link({ ...person, subject: '3' }, ann), { name: 'UpstreamLinked' });
    await upstreamLinks.link({ ...person, issuer: 'https://new.example', subject: '2' }, ann);
    t.match(await upstreamLinks.findOfAccount(ann), { issuer: 'https://new.example' }, 'of a new provider');
    t.equal(await upstreamLinks.find({ ...person, subject: '2' }), undefined);
    t.match(await overview.find(ann), { linkedAs: 'Ann' });
    t.equal(await upstreamLinks.remove(ann), true);
    t.equal(await upstreamLinks.remove(bob), false);
  });

  test('secrets are put in the place of what was read, and of nothing newer', async (t, {
    oneTimeCodes,
    ann,
    bob,
  }) => {
    await oneTimeCodes.save({ accountId: ann, secret: 'A' }, 1);
    await oneTimeCodes.save({ accountId: bob, secret: 'B' }, 1);
    const secrets = [
      { accountId: ann, secret: 'closed', was: 'A' },
      { accountId: bob, secret: 'closed', was: 'older' },
    ];
    await oneTimeCodes.replaceSecrets(secrets);
    t.match(await oneTimeCodes.find(ann), { secret: 'closed' });
    t.match(await oneTimeCodes.find(bob), { secret: 'B' });
    t.equal((await oneTimeCodes.list()).length, 2);
  });

  test('a recovery code is taken once, by its account alone, until there are others', async (t, kept) => {
    const { recoveryCodes, ann, bob } = kept;
    await recoveryCodes.replace(ann, ['one', 'two', 'three']);
    await recoveryCodes.replace(bob, ['one']);
    t.equal(await recoveryCodes.take(bob, 'two'), false);
    const taken = await Promise.all(Array.from({ length: 5 }, () => recoveryCodes.take(ann, 'one')));
    t.equal(taken.filter(Boolean).length, 1);
    t.equal(await recoveryCodes.count(ann), 2);
    t.equal(await recoveryCodes.count(bob), 1, 'another account’s of the same signs is left');
    await recoveryCodes.replace(ann, ['four']);
    t.equal(await recoveryCodes.take(ann, 'three'), false);
    t.equal(await recoveryCodes.count(ann), 1);
  });

  test('a step is found until its time, ends with a new password, and an account has a bounded number', async (t, kept) => {
    const { signInSteps, accounts, ann } = kept;
    const clock = shiftClock(t);
    const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
    await signInSteps.begin('first', { accountId: ann, value: 'v' }, inSeconds(60));
    t.same(await signInSteps.find('first'), { accountId: ann, value: 'v' });
    for (let n = 0; n < 40; n += 1)
      await signInSteps.begin(`step ${n}`, { accountId: ann, value: '' }, inSeconds(61 + n));
    t.equal(await signInSteps.find('first'), undefined, 'the oldest went');
    t.ok(await signInSteps.find('step 39'));
    clock.advance(600);
    t.equal(await signInSteps.find('step 39'), undefined);
    await signInSteps.begin('last', { accountId: ann, value: '' }, inSeconds(60));
    await accounts.setPassword(ann, 'other', false);
    t.equal(await signInSteps.find('last'), undefined);
  });

  test('a passkey is one account’s, and of uses at once with the same count one stands', async (t, kept) => {
    const { passkeys, ann, bob } = kept;
    t.equal(await passkeys.hasAny(), false);
    const one = { id: 'id', accountId: ann, publicKey: 'AA', counter: 3, transports: ['usb', 'nfc'] };
    const added = { ...one, isSynced: false, name: 'blue' };
    t.equal(await passkeys.add(added), true);
    t.equal(await passkeys.add({ ...added, accountId: bob }), false, 'the same again');
    t.match(await passkeys.find('id'), { ...added, lastUsedAt: undefined });
    const uses = [4, 4, 4].map((counter) => passkeys.use(added, { counter, isSynced: true }));
    t.equal((await Promise.all(uses)).filter(Boolean).length, 1);
    t.match(await passkeys.list(ann), [{ counter: 4, isSynced: true, lastUsedAt: Number }]);
    await passkeys.rename(bob, 'id', 'mine');
    t.equal(await passkeys.remove(bob, 'id'), false);
    t.match(await passkeys.find('id'), { name: 'blue' });
    for (let n = 1; n < 20; n += 1) await passkeys.add({ ...added, id: `id ${n}` });
    t.equal(await passkeys.add({ ...added, id: 'one more' }), false, 'twenty at most');
    t.equal(await passkeys.remove(ann, 'id'), true);
    t.equal((await passkeys.list(ann)).length, 19);
  });

  test('one that does not count is taken each time; a challenge is taken once', async (t, kept) => {
    const { passkeys, signInSteps, ann } = kept;
    const key = { id: 'id', accountId: ann, publicKey: 'AA', counter: 0, transports: [] };
    const synced = { ...key, isSynced: true, name: '' };
    await passkeys.add(synced);
    for (let n = 0; n < 2; n += 1) t.equal(await passkeys.use(synced, { counter: 0, isSynced: true }), true);
    const until = Math.floor(Date.now() / 1000) + 60;
    const taken = [1, 2, 3].map(() => signInSteps.takeOnce('challenge', ann, until));
    t.equal((await Promise.all(taken)).filter(Boolean).length, 1);
  });

  test('an operator sees what each account signs in with, and takes it away', async (t, kept) => {
    const { oneTimeCodes, recoveryCodes, passkeys, overview, ann } = kept;
    await oneTimeCodes.save({ accountId: ann, secret: 'A' }, 1);
    await recoveryCodes.replace(ann, ['one', 'two']);
    const key = { publicKey: 'AA', counter: 0, transports: [], isSynced: true, name: '' };
    await passkeys.add({ ...key, id: 'id', accountId: ann });
    const nothing = { hasCodes: false, recoveryCodes: 0, passkeys: 0, sessions: 0 };
    const [first, second] = (await overview.page()).rows.sort((a, b) => (a.username < b.username ? -1 : 1));
    t.match(first, { username: 'ann', hasCodes: true, recoveryCodes: 2, passkeys: 1, sessions: 0 });
    t.match(second, { username: 'bob', ...nothing });
    await overview.resetFactors(ann);
    t.match(await overview.find(ann), nothing);
  });
}
