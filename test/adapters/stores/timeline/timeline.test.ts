// adapters/stores/timeline: tries, what happened to accounts, and the ledger of sign-ins, on every engine.
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { perAccount, strangersTries } from '../../../../adapters/bounds.ts';
import type { Database } from '../../../../adapters/database/database.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { AccountEventStore } from '../../../../adapters/stores/timeline/account-events.ts';
import { LedgerStore } from '../../../../adapters/stores/timeline/ledger.ts';
import { type Try, TryStore } from '../../../../adapters/stores/timeline/tries.ts';
import { startSweep } from '../../../../adapters/sweep/sweep.ts';
import { type Clock, shiftClock } from '../../../support/clock.ts';
import { engines, openNew } from '../../../support/databases.ts';

const day = 24 * 3600;
const now = (): number => Math.floor(Date.now() / 1000);

interface World {
  readonly clock: Clock;
  readonly database: Database;
  readonly ann: string;
}

function aTry(more: Partial<Try> = {}): Try {
  const at = now();
  return {
    id: randomUUID(),
    startedAt: at,
    updatedAt: at,
    network: '192.0.2.1',
    clientId: undefined,
    accountId: undefined,
    grantId: undefined,
    request: undefined,
    cause: undefined,
    code: undefined,
    isGuessed: false,
    steps: { found: { at, network: '192.0.2.1', result: 'done', count: 1 } },
    ...more,
  };
}

async function run(database: Database, sql: string): Promise<void> {
  await database.commit([{ statement: { sql, slots: [] }, values: {} }]);
}

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, world: World) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => {
      const clock = shiftClock(t);
      const database = await openNew(t, engine);
      const { id: ann } = await new AccountStore(database).create('ann', 'scrypt');
      await body(t, { clock, database, ann });
    });

  test('a try is found by its grant, request, client and network, and is replaced as a whole', async (t, {
    database,
    ann,
  }) => {
    const tries = new TryStore(database);
    const one = aTry({ grantId: 'g', request: 'r', clientId: 'c', accountId: ann, code: 'the-code' });
    await tries.save([one]);
    for (const [by, value] of [
      ['grantId', 'g'],
      ['request', 'r'],
      ['clientId', 'c'],
      ['network', '192.0.2.1'],
    ] as const) {
      t.strictSame(await tries.findLast(by, value, { since: 0 }), one, by);
      t.equal(await tries.findLast(by, value, { since: now() + 60 }), undefined, `${by}, later`);
      t.equal(await tries.findLast(by, 'another', { since: 0 }), undefined, `another ${by}`);
    }
    await tries.save([{ ...one, cause: 'denied', isGuessed: true }]);
    t.match(await tries.listByCode('the-code'), [{ id: one.id, cause: 'denied', isGuessed: true }]);
    t.equal((await tries.list(ann)).length, 1);
  });

  test('strangers push out strangers only, and one network its own', async (t, { clock, database, ann }) => {
    const tries = new TryStore(database);
    const own = aTry({ accountId: ann });
    const neighbour = aTry({ network: '192.0.2.2' });
    await tries.save([own, neighbour]);
    clock.advance(1);
    await tries.save(
      Array.from({ length: strangersTries.ofNetwork + 20 }, () => aTry({ network: '198.51.100.9' })),
    );
    t.equal((await tries.list(undefined)).length, strangersTries.ofNetwork + 2);
    clock.advance(1);
    const flood = Array.from({ length: strangersTries.ofAll + 100 }, (_, n) =>
      aTry({ network: `10.0.0.${n}` }),
    );
    await tries.save(flood);
    const count = await database.first({ sql: 'select count(*) as rows from tries', slots: [] }, {});
    t.equal(Number(count?.['rows']), strangersTries.ofAll + 1);
    t.match(await tries.list(ann), [{ id: own.id }]);
  });

  test('of one account the newest tries stay', async (t, { clock, database, ann }) => {
    const tries = new TryStore(database);
    const first = aTry({ accountId: ann, grantId: 'first' });
    await tries.save([first]);
    clock.advance(1);
    await tries.save(Array.from({ length: perAccount.tries }, () => aTry({ accountId: ann })));
    t.equal(await tries.findLast('grantId', 'first', { since: 0 }), undefined);
  });

  test('the sweep takes what nothing was added to for 14 days', async (t, { clock, database, ann }) => {
    const tries = new TryStore(database);
    const events = new AccountEventStore(database);
    const [old, used] = [aTry({ accountId: ann }), aTry({ accountId: ann })];
    await tries.save([old, used]);
    await events.add([event(ann)]);
    clock.advance(13 * day);
    await tries.save([{ ...used, updatedAt: now() }]);
    clock.advance(1 * day + 120);
    const limits = {
      refreshTokenIdleSeconds: 90 * day,
      accessTokenSeconds: 3600,
      unusedClientSeconds: 30 * day,
      pauseMs: 0,
    };
    const sweep = startSweep(database, limits);
    await sweep.runOnce();
    await sweep.stop();
    t.match(await tries.list(ann), [{ id: used.id }]);
    t.equal((await tries.list(ann)).length, 1);
    t.same(await events.list(ann), []);
  });

  test('what is refused at an account pushes out none of what it did', async (t, { database, ann }) => {
    const events = new AccountEventStore(database);
    await events.add([event(ann), event('nobody')]);
    const refusal = { ...event(ann), event: 'sign_in.failed', isRefusal: true, reason: 'password' };
    await events.add(
      Array.from({ length: perAccount.events + 50 }, (_, n) => ({ ...refusal, at: now() + n })),
    );
    const count = await database.first({ sql: 'select count(*) as rows from account_events', slots: [] }, {});
    t.equal(Number(count?.['rows']), perAccount.events + 1);
    t.same(await events.list('nobody'), []);
    t.same((await events.list(ann, now() + 1)).at(-1)?.event, 'account.password_set');
  });

  test('an account that is deleted takes all of it along', async (t, { database, ann }) => {
    await new TryStore(database).save([aTry({ accountId: ann })]);
    await new AccountEventStore(database).add([event(ann)]);
    await new LedgerStore(database).add(signIn(ann), undefined);
    await run(database, 'delete from accounts');
    for (const table of ['tries', 'account_events', 'ledger']) {
      t.same(await database.all({ sql: `select * from ${table}`, slots: [] }, {}), [], table);
    }
    await new TryStore(database).save([aTry({ accountId: ann })]);
    t.match(await new TryStore(database).list(undefined), [{ accountId: undefined }]);
  });

  test('the last sign-in of an app is found with what there is of its connection', async (t, {
    clock,
    database,
    ann,
  }) => {
    const ledger = new LedgerStore(database);
    t.equal(await ledger.findEarlier(ann, 'App https://app.example'), undefined);
    await ledger.add({ ...signIn(ann), grantId: 'older' }, undefined);
    clock.advance(10);
    await ledger.add(signIn(ann), 'idle');
    t.match(await ledger.findEarlier(ann, 'App https://app.example'), {
      grantId: 'g',
      cause: 'idle',
      scopes: ['vault.read', 'vault.write'],
      isGranted: false,
      lastIssuedAt: undefined,
      restoredFrom: undefined,
    });
    await ledger.note(new Map([['g', now() + 5]]), new Map([['g', 'replay']]));
    await run(
      database,
      `insert into grants (id, payload, account_id, client_id, created_at) values ('g', '{}', '${ann}', 'c', 1)`,
    );
    await run(database, `insert into backups (made_at) values (${now()})`);
    t.match(await ledger.findEarlier(ann, 'App https://app.example'), {
      isGranted: true,
      endedBy: 'replay',
      restoredFrom: now(),
    });
    t.match(await ledger.list(), [{ grantId: 'g' }, { grantId: 'older', cause: undefined }]);
    t.equal((await ledger.list('nobody')).length, 0);
  });
}

function event(accountId: string) {
  return {
    accountId,
    at: now(),
    event: 'account.password_set',
    isRefusal: false,
    reason: undefined,
    network: '192.0.2.1',
    clientId: undefined,
  };
}

function signIn(accountId: string) {
  return {
    grantId: 'g',
    accountId,
    clientId: 'c',
    app: 'App https://app.example',
    network: '192.0.2.1',
    scopes: ['vault.read', 'vault.write'],
  };
}
