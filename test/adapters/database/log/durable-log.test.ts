// When a commit counts: only what the disk has is answered, and nothing else waits for the disk.
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Database } from '../../../../adapters/database/database.ts';
import { DurableLog } from '../../../../adapters/database/log/durable-log.ts';
import { asUnitOfWork } from '../../../../adapters/database/unit-of-work.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { createFolder } from '../../../support/databases.ts';
import { openHeld } from '../../../support/held-log.ts';
import { startFamily } from '../../../support/refresh-exchange.ts';
import { until } from '../../../support/until.ts';

t.test('a commit waits for a sync that began after it was written, and shares it', async (t) => {
  const { accounts, log } = await openWorld(t);
  log.hold(true);
  const before = log.begun();
  const ended: string[] = [];
  const create = (name: string) => accounts.create(name, 'hash').then(() => void ended.push(name));
  const all = [create('first')];
  await until(() => log.running() === 1, 'the sync of the first');
  for (const name of ['second', 'third', 'fourth']) all.push(create(name));
  await turns();
  t.strictSame(ended, [], 'nothing before the disk has it');
  log.end();
  await until(() => log.begun() === before + 2 && log.running() === 1, 'the sync of the others');
  await turns();
  t.strictSame(ended, ['first'], 'the sync that was under way is not theirs');
  log.end();
  await Promise.all(all);
  t.strictSame(ended.slice(1).sort(), ['fourth', 'second', 'third']);
  t.equal(log.begun(), before + 2, 'one for the three of them');
});

t.test('reads go on while the disk is at a sync', async (t) => {
  const { accounts, log } = await openWorld(t);
  log.hold(true);
  const creation = accounts.create('ann', 'hash');
  await until(() => log.running() === 1, 'the sync');
  t.equal(await accounts.hasAny(), true, 'what was committed is seen before it is answered');
  log.end();
  await creation;
});

t.test('an answer waits for the commit of another that it is built on', async (t) => {
  const { database, accounts, log } = await openWorld(t);
  log.hold(true);
  const creation = accounts.create('ann', 'hash');
  await until(() => log.running() === 1, 'the sync');
  const answers: string[] = [];
  const read = (name: string, isForNow: boolean, isTokenRequest: boolean): Promise<void> => {
    const work = async (): Promise<boolean> => accounts.hasAny();
    return asUnitOfWork(database, isTokenRequest, work, isForNow).then(() => void answers.push(name));
  };
  const refused = asUnitOfWork(database, true, async () => false).then(() => void answers.push('refused'));
  const waiting = [read('token', false, true), read('page', false, false), refused];
  await read('introspection', true, false);
  await turns();
  t.strictSame(answers, ['introspection'], 'which is about this moment alone');
  log.end();
  await Promise.all([creation, ...waiting]);
  t.strictSame(answers.slice(1).sort(), ['page', 'refused', 'token']);
  await read('nothing to wait for', false, true);
});

t.test(
  'a failed sync fails all that wait for it, and what was visible is vouched for by nobody',
  async (t) => {
    for (const code of ['EIO', 'ENOSPC']) {
      const { database, accounts, log } = await openWorld(t);
      log.hold(true);
      const creations = [accounts.create('ann', 'hash')];
      await until(() => log.running() === 1, 'the sync');
      creations.push(accounts.create('bob', 'hash'));
      const answer = asUnitOfWork(database, true, () => accounts.hasAny());
      const outcomes = Promise.allSettled([...creations, answer]);
      log.hold(false);
      log.end(code);
      for (const outcome of await outcomes) {
        t.match(outcome, { status: 'rejected', reason: { name: 'DatabaseUnavailable', message: code } });
      }
      await until(
        async () => (await accounts.create('eve', 'hash').catch(() => undefined)) !== undefined,
        'a log that was mended',
      );
      t.ok(await accounts.findByUsername('ann'), 'what was written is there');
      await asUnitOfWork(database, true, () => accounts.hasAny());
    }
  },
);

t.test('a refresh whose sync failed gets the same successor when it comes again', async (t) => {
  const { database, log } = await openWorld(t);
  const family = await startFamily(database);
  log.hold(true);
  const lost = t.rejects(family.refresh(family.first), { name: 'DatabaseUnavailable' });
  await until(() => log.running() === 1, 'the sync');
  log.hold(false);
  log.end('EIO');
  await lost;
  let next: string | undefined;
  await until(async () => {
    next = await family.refresh(family.first).catch(() => undefined);
    return next !== undefined;
  }, 'a log that was mended');
  t.equal(await family.refresh(family.first), next);
  t.type(await family.refresh(String(next)), 'string');
  t.strictSame(family.audited, [], 'no replay');
});

t.test('after a failed sync nothing is written or answered until the log was written again', async (t) => {
  const syncs: PromiseWithResolvers<void>[] = [];
  const mends: PromiseWithResolvers<void>[] = [];
  const begin = (all: PromiseWithResolvers<void>[]): Promise<void> => {
    const one = Promise.withResolvers<void>();
    all.push(one);
    return one.promise;
  };
  const log = new DurableLog({
    file: { datasync: () => begin(syncs), close: async () => {} },
    mend: () => begin(mends),
    onSynced: () => {},
  });
  t.teardown(() => log.close());
  log.wrote();
  const waiting = t.rejects(log.settled(), { name: 'DatabaseUnavailable' });
  syncs[0]?.reject(Object.assign(new Error('no'), { code: 'EIO' }));
  await waiting;
  t.throws(() => log.assertTrusted(), { name: 'DatabaseUnavailable', message: /EIO/ });
  await t.rejects(log.settled(), { name: 'DatabaseUnavailable' });
  t.equal(syncs.length, 1, 'a second sync would succeed and mean nothing');
  mends[0]?.reject(new Error('no'));
  await until(() => mends.length === 2, 'another try');
  t.throws(() => log.assertTrusted(), { name: 'DatabaseUnavailable' }, 'as long as it fails');
  mends[1]?.resolve();
  await until(() => isTrusted(log), 'trust');
  await log.settled();
  t.equal(syncs.length, 1, 'the log was synced with it');
});

t.test('a checkpoint that finds the disk failing fails the sync beside it', async (t) => {
  const sync = Promise.withResolvers<void>();
  const log = new DurableLog({
    file: { datasync: () => sync.promise, close: async () => {} },
    mend: () => new Promise<void>(() => {}),
    onSynced: () => {},
  });
  log.wrote();
  const waiting = t.rejects(log.settled(), { name: 'DatabaseUnavailable' });
  log.doubt(new Error('the disk'));
  sync.resolve();
  await waiting;
});

function isTrusted(log: DurableLog): boolean {
  try {
    log.assertTrusted();
    return true;
  } catch {
    return false;
  }
}

async function openWorld(t: Test): Promise<{
  database: Database;
  accounts: AccountStore;
  log: Awaited<ReturnType<typeof openHeld>>['log'];
}> {
  const { database, log } = await openHeld(join(createFolder(t), 'auth.db'));
  t.teardown(() => {
    log.hold(false);
    for (; log.running() > 0; ) log.end();
    return database.close();
  });
  return { database, accounts: new AccountStore(database), log };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}
