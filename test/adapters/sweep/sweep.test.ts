// The sweep: what goes, what stays, and that it is in nobody's way.
import t, { type Test } from 'tap';
import { calmGrants, perAccount, perGrant, strangersRows } from '../../../adapters/bounds.ts';
import type { Database } from '../../../adapters/database/database.ts';
import { DatabaseUnavailable } from '../../../adapters/database/errors.ts';
import { compile } from '../../../adapters/database/statement.ts';
import { createAdapterFactory } from '../../../adapters/models/adapter-factory.ts';
import { ClientDocumentStore } from '../../../adapters/stores/client-documents.ts';
import { ClientKeySetStore } from '../../../adapters/stores/client-key-sets.ts';
import { ClientStore } from '../../../adapters/stores/clients.ts';
import { createStoredLimiter } from '../../../adapters/stores/limiters.ts';
import { SetupLinkStore } from '../../../adapters/stores/setup-links.ts';
import {
  type Sweep,
  type SweepOptions,
  type SweptCounts,
  startSweep,
} from '../../../adapters/sweep/sweep.ts';
import { type Adapter, opaqueValue, payloadOf } from '../../support/adapter-contract.ts';
import { type Clock, shiftClock } from '../../support/clock.ts';
import { engines, openNew } from '../../support/databases.ts';
import { startFamily } from '../../support/refresh-exchange.ts';

const hour = 3600;
const day = 24 * hour;
const limits = { refreshTokenIdleSeconds: 90 * day, accessTokenSeconds: 60, unusedClientSeconds: day };
const never = undefined as unknown as number;

interface World {
  readonly database: Database;
  readonly clock: Clock;
  readonly adapterFor: (model: string) => Adapter;
  /** One run; only what changed is counted. */
  readonly sweep: () => Promise<SweptCounts>;
}

for (const engine of engines) {
  const test = (sentence: string, body: (t: Test, world: World) => Promise<void>) =>
    t.test(`${engine.name}: ${sentence}`, async (t) => {
      const clock = shiftClock(t);
      const database = await openNew(t, engine);
      const sweep = await startQuiet(t, database, { batchRows: 3 });
      const adapterFor = createAdapterFactory(database, {
        graceSeconds: 60,
        revoked: () => new Error('revoked'),
        audit: () => {},
      });
      await body(t, { database, clock, adapterFor, sweep: async () => changed(await sweep.runOnce()) });
    });

  test('rows of every table go a minute after their expiry, in however many batches', async (t, world) => {
    const { clock, adapterFor, sweep, database } = world;
    const models = ['Session', 'Interaction', 'ReplayDetection', 'AuthorizationCode', 'AccessToken'];
    models.push('InitialAccessToken', 'RefreshToken', 'Grant');
    for (const model of models) {
      for (let row = 0; row < 7; row++) {
        const id = opaqueValue();
        await adapterFor(model).upsert(id, payloadOf(model, id), 60);
      }
    }
    const lasting = opaqueValue();
    await adapterFor('AccessToken').upsert(lasting, payloadOf('AccessToken', lasting), day);
    const endless = opaqueValue();
    await adapterFor('InitialAccessToken').upsert(endless, payloadOf('InitialAccessToken', endless), never);
    await new SetupLinkStore(database, undefined as never).renew('link', Math.floor(Date.now() / 1000) + 60);
    t.strictSame(await sweep(), {});
    // Ten seconds on either side, for a machine that is busy meanwhile.
    clock.advance(110);
    t.strictSame(await sweep(), {}, 'the library may still ask for them');
    clock.advance(20);
    t.strictSame(await sweep(), {
      sessions: 7,
      interactions: 7,
      replay_detections: 7,
      initial_access_tokens: 7,
      setup_links: 1,
      authorization_codes: 7,
      access_tokens: 7,
      refresh_tokens: 7,
      grants: 7,
    });
    t.ok(await adapterFor('AccessToken').find(lasting));
    t.ok(await adapterFor('InitialAccessToken').find(endless), 'what has no expiry stays');
    t.strictSame(await sweep(), {});
  });

  test('a device code that ran out is known as such for ten minutes', async (t, world) => {
    const { clock, adapterFor, sweep } = world;
    const id = opaqueValue();
    await adapterFor('DeviceCode').upsert(id, payloadOf('DeviceCode', id), 60);
    clock.advance(60 + 580);
    t.strictSame(await sweep(), {});
    clock.advance(40);
    t.strictSame(await sweep(), { device_codes: 1 });
  });

  test('a used refresh token stays until its own expiry, so that its reuse is seen', async (t, world) => {
    const { database, clock, sweep } = world;
    const { first, refresh } = await startFamily(database);
    const second = String(await refresh(first));
    clock.advance(80 * day);
    const third = String(await refresh(second));
    await sweep();
    t.equal(await refresh(first), undefined, 'ten days before its expiry');
    t.equal(await refresh(third), undefined, 'its reuse revoked the family');
  });

  test('the salt of a used token is erased once its successor was used and its grace is over', async (t, world) => {
    const { database, clock, sweep } = world;
    const { first, refresh, rows } = await startFamily(database);
    const salts = async (): Promise<number> => (await rows()).filter(({ salt }) => salt !== null).length;
    const second = String(await refresh(first));
    clock.advance(10);
    await refresh(second);
    clock.advance(30);
    t.strictSame(await sweep(), {});
    t.equal(await salts(), 3);
    t.equal(await refresh(first), second, 'the grace goes on');
    clock.advance(25);
    t.strictSame(await sweep(), { salts: 1 });
    t.equal(await salts(), 2);
    clock.advance(hour);
    t.equal(
      (await sweep())['salts'],
      undefined,
      'a successor that was not used keeps the salt of the one before',
    );
    t.ok(await refresh(second));
  });

  test('a grant goes when nothing is left under it and it is older than any refresh token', async (t, world) => {
    const { clock, adapterFor, sweep } = world;
    const forever = 50 * 365 * day;
    const grants = adapterFor('Grant');
    for (let at = 0; at < 10; at++)
      await grants.upsert(`old-${at}`, payloadOf('Grant', `old-${at}`), forever);
    const keepers = { RefreshToken: 'old-2', AccessToken: 'old-5', AuthorizationCode: 'old-8' };
    for (const [model, grantId] of Object.entries(keepers)) {
      const id = opaqueValue();
      await adapterFor(model).upsert(id, payloadOf(model, id, { grantId }), 100 * day);
    }
    clock.advance(89 * day);
    t.strictSame(await sweep(), {});
    await grants.upsert('new', payloadOf('Grant', 'new'), forever);
    clock.advance(2 * day);
    t.strictSame(await sweep(), { grants: 7 });
    for (const id of [...Object.values(keepers), 'new']) t.ok(await grants.find(id), id);
    t.notOk(await grants.find('old-0'));
    clock.advance(20 * day);
    t.match(await sweep(), { grants: 3, refresh_tokens: 1 }, 'with the last token, in one run');
    t.ok(await grants.find('new'));
  });

  test('a document that never got a grant goes, unless it was read again, and so do old key sets', async (t, world) => {
    const { database, clock, adapterFor, sweep } = world;
    const documents = new ClientDocumentStore(database);
    const read = (id: string): Promise<void> =>
      documents.save(id, { metadata: { client_id: id }, fetchedAt: 1, freshUntil: 2 });
    for (const id of ['https://a.example/unused', 'https://a.example/again', 'https://a.example/live'])
      await read(id);
    const clientId = 'https://a.example/live';
    await adapterFor('Grant').upsert('live', payloadOf('Grant', 'live', { clientId }), 50 * 365 * day);
    const expiresAt = Math.floor(Date.now() / 1000) + hour;
    const keySets = new ClientKeySetStore(database);
    const set = { uri: 'https://a.example/jwks', keys: [{ kty: 'RSA' }], freshUntil: 1, expiresAt };
    await keySets.save(clientId, set);
    t.strictSame(await keySets.find(clientId), set);
    clock.advance(day - 60);
    await read('https://a.example/again');
    clock.advance(120);
    t.strictSame(await sweep(), { client_key_sets: 1, clients: 1 });
    t.notOk(await documents.find('https://a.example/unused'));
    t.match(await documents.find('https://a.example/again'), { fetchedAt: 1, freshUntil: 2 });
    t.ok(await adapterFor('Client').find(clientId), 'it is a client like any other');
  });

  test('a client that registered itself goes when it never got a grant', async (t, world) => {
    const { database, clock, adapterFor, sweep } = world;
    const clients = adapterFor('Client');
    for (const id of ['unused', 'live', 'once', 'marked by hand'])
      await clients.upsert(id, { client_id: id }, never);
    for (const clientId of ['live', 'once']) {
      await adapterFor('Grant').upsert(clientId, payloadOf('Grant', clientId, { clientId }), 50 * 365 * day);
    }
    await adapterFor('Grant').destroy('once');
    const run = (query: object): Promise<unknown> =>
      database.commit([{ statement: compile(query as Parameters<typeof compile>[0]), values: {} }]);
    await run(database.builder('clients').where({ id: 'marked by hand' }).update({ source: 'operator' }));
    clock.advance(day - 60);
    t.strictSame(await sweep(), {});
    clock.advance(120);
    await clients.upsert('new', { client_id: 'new' }, never);
    t.strictSame(await sweep(), { clients: 1 });
    t.notOk(await clients.find('unused'));
    for (const id of ['live', 'once', 'marked by hand', 'new']) t.ok(await clients.find(id), id);
    await run(database.builder('clients').where({ id: 'live' }).update({ granted_at: null }));
    clock.advance(2 * day);
    t.strictSame(await sweep(), { clients: 1 }, 'the new one');
    t.ok(await clients.find('live'), 'a live grant keeps its client, whatever else is said of it');
  });
}

for (const engine of engines) {
  const run = async (database: Database, sql: string): Promise<unknown> =>
    database.commit([{ statement: { sql, slots: [] }, values: {} }]);
  const countOf = async (database: Database, table: string, where = '1 = 1'): Promise<number> => {
    const sql = `SELECT count(*) AS rows FROM ${table} WHERE ${where}`;
    return Number((await database.first({ sql, slots: [] }, {}))?.['rows']);
  };
  const start = async (
    t: Test,
  ): Promise<{ database: Database; clock: Clock; sweep: () => Promise<SweptCounts> }> => {
    const clock = shiftClock(t);
    const database = await openNew(t, engine);
    const sweep = await startQuiet(t, database, { batchRows: 100 });
    return { database, clock, sweep: async () => changed(await sweep.runOnce()) };
  };
  const now = (): number => Math.floor(Date.now() / 1000);

  t.test(
    `${engine.name}: of a grant that is refreshed without end the newest generations stay`,
    async (t) => {
      const { database, clock, sweep } = await start(t);
      const { first, refresh, rows } = await startFamily(database);
      let token: string = first;
      const generations = [first];
      for (let n = 0; n < 150; n += 1) {
        token = String(await refresh(token));
        generations.push(token);
        clock.advance(1);
      }
      clock.advance(120);
      t.match(await sweep(), { 'surplus refresh_tokens': Number });
      const left = (await rows()).length;
      t.ok(left >= perGrant.refreshTokens && left <= perGrant.refreshTokens + 2, `${left}`);
      const before = String(generations.at(-2));
      t.equal(
        (await rows()).filter(({ used_at: used }) => used === null).length,
        1,
        'the one that lives is there',
      );
      t.ok(await refresh(before), 'and the answer that got lost is made good');
      t.equal(await refresh(String(generations[0])), undefined, 'one of long ago is refused');
      t.ok((await rows()).length > 0, 'and ends nothing');
      t.equal(await refresh(String(generations[100])), undefined, 'a recent one is a replay');
      t.equal((await rows()).length, 0, 'and ends the family');
    },
  );

  t.test(`${engine.name}: however often its answer got lost, what a client holds stays good`, async (t) => {
    const { database, clock, sweep } = await start(t);
    const { first, refresh, rows } = await startFamily(database);
    for (let n = 0; n < 150; n += 1) {
      t.ok(await refresh(first), 'again');
      clock.advance(61);
    }
    clock.advance(day);
    await sweep();
    t.ok((await rows()).length <= perGrant.refreshTokens + 3);
    t.ok(await refresh(first), 'after a day and a sweep');
  });

  t.test(
    `${engine.name}: a grant keeps its newest access tokens, an account its newest sessions`,
    async (t) => {
      const { database, sweep } = await start(t);
      const insert = async (sql: (n: number) => string, count: number): Promise<void> => {
        for (let n = 0; n < count; n += 100) await run(database, sql(n));
      };
      const values = (n: number, row: (n: number) => string): string =>
        Array.from({ length: 100 }, (_, m) => `(${row(n + m)})`).join();
      for (const grant of ['grant-1', 'grant-2'])
        await run(
          database,
          `INSERT INTO grants (id, payload, expires_at, account_id, client_id, created_at) VALUES ('${grant}', '{}', ${now() + day}, 'ann', 'app', ${now()})`,
        );
      const token = (grant: string) => (n: number) =>
        `INSERT INTO access_tokens (id, payload, expires_at, grant_id) VALUES ${values(n, (at) => `'${grant} ${at}', '{}', ${now() + 60 + at}, '${grant}'`)}`;
      await insert(token('grant-1'), perGrant.accessTokens + 300);
      await insert(token('grant-2'), 300);
      await run(
        database,
        `INSERT INTO accounts (id, username, display_name, password_hash, created_at) VALUES ('ann', 'ann', 'ann', '', 0), ('bob', 'bob', 'bob', '', 0)`,
      );
      const session = (account: string) => (n: number) =>
        `INSERT INTO sessions (id, payload, expires_at, uid, account_id) VALUES ${values(n, (at) => `'${account} ${at}', '{}', ${now() + 60 + at}, '${account} ${at}', '${account}'`)}`;
      await insert(session('ann'), perAccount.sessions + 100);
      await insert(session('bob'), 100);
      t.strictSame(await sweep(), { 'surplus access_tokens': 300, 'surplus sessions': 100 });
      t.equal(await countOf(database, 'access_tokens', `id = 'grant-1 0'`), 0, 'the oldest went');
      t.equal(await countOf(database, 'access_tokens', `grant_id = 'grant-2'`), 300);
      t.equal(await countOf(database, 'sessions', `account_id = 'bob'`), 100);
      t.strictSame(await sweep(), {});
    },
  );

  t.test(
    `${engine.name}: of strangers’ clients beyond their bound the oldest go, none younger than an hour`,
    async (t) => {
      const { database, clock, sweep } = await start(t);
      const add = async (
        prefix: string,
        count: number,
        grantedAt = 'NULL',
        source = 'registration',
      ): Promise<void> => {
        for (let n = 0; n < count; n += 500) {
          const rows = Array.from(
            { length: Math.min(500, count - n) },
            (_, m) =>
              `('${prefix}${n + m}', '${source}', '{}', ${now() - 1800 + Math.floor(((n + m) * 1800) / count)}, ${grantedAt})`,
          );
          await run(
            database,
            `INSERT INTO clients (id, source, payload, created_at, granted_at) VALUES ${rows.join()}`,
          );
        }
      };
      await add('letin', 100, '1');
      await add('seeded', 10, 'NULL', 'seeded');
      await add('stranger', strangersRows.clients);
      await add('document', 300, 'NULL', 'document');
      t.strictSame(await sweep(), {}, 'the youngest are spared');
      clock.advance(1.5 * hour);
      await add('new', 100);
      t.match(await sweep(), { 'surplus clients': Number });
      const left = await countOf(database, 'clients', 'granted_at IS NULL');
      t.ok(left <= strangersRows.clients + 10 && left > strangersRows.clients - 30, `${left}`);
      t.equal(await countOf(database, 'clients', `id LIKE 'letin%' OR id LIKE 'seeded%'`), 110);
      t.equal(await countOf(database, 'clients', `id LIKE 'new%'`), 100);
      t.equal(await countOf(database, 'clients', `id = 'stranger0'`), 0, 'the oldest');
    },
  );

  t.test(`${engine.name}: where there are very many grants, empty ones go after a day`, async (t) => {
    const { database, clock, sweep } = await start(t);
    const add = async (prefix: string, count: number): Promise<void> => {
      for (let n = 0; n < count; n += 500) {
        const rows = Array.from(
          { length: Math.min(500, count - n) },
          (_, m) => `('${prefix}${n + m}', '{}', 9999999999, 'ann', 'app', ${now()})`,
        );
        const columns = 'id, payload, expires_at, account_id, client_id, created_at';
        await run(database, `INSERT INTO grants (${columns}) VALUES ${rows.join()}`);
      }
    };
    await add('old', calmGrants - 10);
    clock.advance(day + 1);
    t.strictSame(await sweep(), {});
    await add('new', 20);
    await run(
      database,
      `INSERT INTO access_tokens (id, payload, expires_at, grant_id) VALUES ('t', '{}', ${now() + day}, 'old7')`,
    );
    t.strictSame(await sweep(), { grants: calmGrants - 11 });
    t.equal(await countOf(database, 'grants'), 21);
  });

  t.test(`${engine.name}: counters of limits go when their time is over`, async (t) => {
    const { database, clock, sweep } = await start(t);
    const limiter = createStoredLimiter(database, { name: 'tries', points: 3, seconds: 600 });
    for (let n = 0; n < 60; n += 1) await limiter.consume(`${n}`);
    clock.advance(601);
    await limiter.consume('1');
    clock.advance(60);
    t.strictSame(await sweep(), { limits: 59 });
  });

  t.test(`${engine.name}: the keys of a client go with it, whichever way it goes`, async (t) => {
    const { database, clock, sweep } = await start(t);
    const keySets = new ClientKeySetStore(database);
    const adapterFor = createAdapterFactory(database, {
      graceSeconds: 60,
      revoked: () => new Error('revoked'),
      audit: () => {},
    });
    const expiresAt = now() + 7 * day;
    for (const id of ['swept', 'deleted', 'destroyed', 'stays']) {
      await adapterFor('Client').upsert(id, { client_id: id }, never);
      await keySets.save(id, { uri: 'https://a.example/jwks', keys: [], freshUntil: 1, expiresAt });
    }
    await adapterFor('Grant').upsert(
      'live',
      payloadOf('Grant', 'live', { clientId: 'stays' }),
      50 * 365 * day,
    );
    await new ClientStore(database).delete('deleted');
    await adapterFor('Client').destroy('destroyed');
    clock.advance(day + 1);
    await sweep();
    t.equal(await countOf(database, 'client_key_sets'), 1);
    t.ok(await keySets.find('stays'));
  });
}

t.test('a sweep starts by itself, tells what it did, and what went wrong', async (t) => {
  const database = await openNew(t);
  const swept = Promise.withResolvers<SweptCounts>();
  const sweep = startSweep(database, { ...limits, onSwept: swept.resolve });
  t.strictSame(changed(await swept.promise), {});
  await sweep.stop();
  const failed = Promise.withResolvers<unknown>();
  const broken: Database = {
    ...database,
    commit: async () => {
      throw new DatabaseUnavailable('full');
    },
  };
  const failing = startSweep(broken, { ...limits, onFailed: failed.resolve });
  t.match(await failed.promise, { name: 'DatabaseUnavailable' });
  await t.rejects(failing.runOnce(), { name: 'DatabaseUnavailable' });
  await failing.stop();
});

t.test('a run is made again after its interval, and not after it was stopped', async (t) => {
  const database = await openNew(t);
  let runs = 0;
  const third = Promise.withResolvers<void>();
  const onSwept = (): void => {
    if (++runs === 3) third.resolve();
  };
  const keepAlive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(keepAlive));
  const sweep = startSweep(database, { ...limits, everySeconds: 0.01, pauseMs: 0, onSwept });
  await third.promise;
  await sweep.stop();
  const stoppedAt = runs;
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(runs, stoppedAt);
});

t.test('a stop waits for the transaction in hand and for nothing more', async (t) => {
  const database = await openNew(t);
  let open = 0;
  let commits = 0;
  const slow: Database = {
    ...database,
    commit: async (writes) => {
      open++;
      commits++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      open--;
      return database.commit(writes);
    },
  };
  const sweep = startSweep(slow, { ...limits, pauseMs: 60_000 });
  t.equal(open, 1);
  await sweep.stop();
  t.equal(open, 0);
  t.equal(commits, 1);
});

async function startQuiet(t: Test, database: Database, options: Partial<SweepOptions>): Promise<Sweep> {
  const sweep = startSweep(database, { ...limits, pauseMs: 0, ...options });
  t.teardown(() => sweep.stop());
  await sweep.runOnce();
  return sweep;
}

function changed(counts: SweptCounts): SweptCounts {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
