// The sweep: what goes, what stays, and that it is in nobody's way.
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { DatabaseUnavailable } from '../../../adapters/database/errors.ts';
import { compile } from '../../../adapters/database/statement.ts';
import { createAdapterFactory } from '../../../adapters/models/adapter-factory.ts';
import { AccountSessionStore } from '../../../adapters/stores/account-sessions.ts';
import { ClientDocumentStore } from '../../../adapters/stores/client-documents.ts';
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
const limits = { refreshTokenIdleSeconds: 90 * day, unusedClientSeconds: day };
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
    await new AccountSessionStore(database).begin('value', 'ann', 60);
    t.strictSame(await sweep(), {});
    clock.advance(119);
    t.strictSame(await sweep(), {}, 'the library may still ask for them');
    clock.advance(2);
    t.strictSame(await sweep(), {
      sessions: 7,
      interactions: 7,
      replay_detections: 7,
      initial_access_tokens: 7,
      setup_links: 1,
      account_sessions: 1,
      authorization_codes: 7,
      access_tokens: 7,
      refresh_tokens: 7,
      grants: 7,
    });
    t.ok(await adapterFor('AccessToken').find(lasting));
    t.ok(await adapterFor('InitialAccessToken').find(endless), 'what has no expiry stays');
    t.strictSame(await sweep(), {});
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
    clock.advance(49);
    t.strictSame(await sweep(), {});
    t.equal(await salts(), 3);
    t.equal(await refresh(first), second, 'the grace goes on');
    clock.advance(2);
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
    await documents.saveKeySet('https://a.example/jwks', {
      keys: [{ kty: 'RSA' }],
      freshUntil: 1,
      expiresAt,
    });
    t.strictSame(await documents.findKeySet('https://a.example/jwks'), {
      keys: [{ kty: 'RSA' }],
      freshUntil: 1,
      expiresAt,
    });
    clock.advance(day - 1);
    await read('https://a.example/again');
    clock.advance(2);
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
    clock.advance(day - 1);
    t.strictSame(await sweep(), {});
    clock.advance(2);
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
