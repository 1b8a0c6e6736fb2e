// oidc-provider's Adapter on our database: the contract, on every engine, and what we promise beyond it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { hashOpaque } from '../../../adapters/database/hash.ts';
import { compile } from '../../../adapters/database/statement.ts';
import { asUnitOfWork } from '../../../adapters/database/unit-of-work.ts';
import { createAdapterFactory } from '../../../adapters/models/adapter-factory.ts';
import { hashClientSecret } from '../../../adapters/models/client.ts';
import { AccountStore } from '../../../adapters/stores/accounts.ts';
import {
  type Adapter,
  clockToleranceSeconds,
  opaqueValue,
  payloadOf,
  testAdapterContract,
} from '../../support/adapter-contract.ts';
import { shiftClock } from '../../support/clock.ts';
import { engines, open, openNew } from '../../support/databases.ts';

const never = undefined as unknown as number;

class Refused extends Error {}
class Replayed extends Error {}

function adaptersOf(database: Database): (model: string) => Adapter {
  return createAdapterFactory(database, {
    graceSeconds: 60,
    revoked: () => new Refused('used or revoked'),
    replayed: () => new Replayed('used before'),
    audit: () => {},
  });
}

const databases = new WeakMap<Test, Database>();

async function openAdapters(t: Test, engine = engines[0]): Promise<(model: string) => Adapter> {
  const database = await openNew(t, engine);
  databases.set(t, database);
  return adaptersOf(database);
}

const { createMemoryAdapter } = (await import(
  createRequire(import.meta.url).resolve('oidc-provider/lib/adapters/memory_adapter.js')
)) as { createMemoryAdapter: (clockTolerance: number) => (model: string) => Adapter };

testAdapterContract(t, {
  name: "the library's own memory adapter",
  open: async () => createMemoryAdapter(clockToleranceSeconds),
});

for (const engine of engines) {
  testAdapterContract(t, { name: engine.name, open: (t) => openAdapters(t, engine) });
  testAdapterContract(t, {
    name: `${engine.name}, inside one request`,
    open: (t) => openAdapters(t, engine),
    within: (t, body) =>
      asUnitOfWork(databases.get(t) as Database, false, async () => {
        await body();
        return true;
      }),
  });
  testPromises(t, engine.name, (t) => openNew(t, engine));
}

function testPromises(t: Test, name: string, openDatabase: (t: Test) => Promise<Database>): void {
  t.test(`${name}: what is found is a copy: changing it changes nothing stored`, async (t) => {
    const database = await openDatabase(t);
    const adapter = adaptersOf(database)('Grant');
    const read = async (): Promise<void> => {
      const grant = await adapter.find('grant-1');
      (grant?.resources as Record<string, string>)['https://vault.example/mcp'] = 'vault.write';
      t.match(await adapter.find('grant-1'), { resources: { 'https://vault.example/mcp': 'vault.read' } });
    };
    await adapter.upsert('grant-1', payloadOf('Grant', 'grant-1'), 60);
    await read();
    await asUnitOfWork(database, false, async () => {
      await adapter.upsert('grant-1', payloadOf('Grant', 'grant-1'), 60);
      await read();
      return true;
    });
  });

  t.test(`${name}: the stored form of a value is not a value`, async (t) => {
    const adapterFor = adaptersOf(await openDatabase(t));
    for (const model of ['AccessToken', 'RefreshToken', 'AuthorizationCode', 'Session', 'Interaction']) {
      const id = opaqueValue();
      await adapterFor(model).upsert(id, payloadOf(model, id), 60);
      t.notOk(await adapterFor(model).find(hashOpaque(id)), model);
    }
    await adapterFor('DeviceCode').upsert(
      'code',
      payloadOf('DeviceCode', 'code', { userCode: 'WDJBMJHT' }),
      60,
    );
    t.notOk(await adapterFor('DeviceCode').findByUserCode(hashOpaque('WDJBMJHT')));
    await adapterFor('Client').upsert('app', { client_secret: 'a secret' }, never);
    const stored = String((await adapterFor('Client').find('app'))?.client_secret);
    t.equal(stored, hashClientSecret('a secret'));
    t.not(hashClientSecret(stored), stored, 'a stored secret presented as one does not match');
  });

  t.test(`${name}: of two requests that exchange one code, one loses with the error given`, async (t) => {
    const database = await openDatabase(t);
    const adapterFor = adaptersOf(database);
    const code = opaqueValue();
    await adapterFor('AuthorizationCode').upsert(code, payloadOf('AuthorizationCode', code), 60);
    const found = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const exchange = async (token: string, at: 0 | 1): Promise<void> =>
      asUnitOfWork(database, true, async () => {
        t.notOk((await adapterFor('AuthorizationCode').find(code))?.consumed);
        found[at].resolve();
        await Promise.all(found.map(({ promise }) => promise));
        await adapterFor('AuthorizationCode').consume(code);
        await adapterFor('AccessToken').upsert(token, payloadOf('AccessToken', token), 60);
        return true;
      });
    const outcomes = await Promise.allSettled([exchange('token-1', 0), exchange('token-2', 1)]);
    t.strictSame(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const lost = outcomes.findIndex(({ status }) => status === 'rejected');
    t.ok((outcomes[lost] as PromiseRejectedResult).reason instanceof Refused);
    t.notOk(await adapterFor('AccessToken').find(`token-${lost + 1}`), 'the loser got nothing');
    t.ok(await adapterFor('AccessToken').find(`token-${2 - lost}`), 'the winner is unaffected');
  });

  t.test(`${name}: what stands in for a device code in a browser’s sign-in becomes no tokens`, async (t) => {
    const database = await openDatabase(t);
    const adapter = adaptersOf(database)('DeviceCode');
    const code = opaqueValue();
    await adapter.upsert(code, payloadOf('DeviceCode', code, { userCode: 'WDJBMJHT' }), 60);
    const standIn = String((await adapter.findByUserCode('WDJBMJHT'))?.jti);
    t.ok(standIn.includes(hashOpaque(code)), 'a thief of the database could make it');
    t.ok(await adapter.find(standIn));
    await asUnitOfWork(database, true, async () => {
      t.notOk(await adapter.find(standIn));
      t.ok(await adapter.find(code));
      return true;
    });
  });

  t.test(`${name}: of two requests with one assertion, one loses; a refused one uses it up`, async (t) => {
    const clock = shiftClock(t);
    const database = await openDatabase(t);
    const seen = adaptersOf(database)('ReplayDetection');
    const id = opaqueValue();
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const request = (at: 0 | 1): Promise<void> =>
      asUnitOfWork(database, true, async () => {
        t.notOk(await seen.find(id));
        both[at].resolve();
        await Promise.all(both.map(({ promise }) => promise));
        await seen.upsert(id, payloadOf('ReplayDetection', id), 60);
        return false;
      });
    const outcomes = await Promise.allSettled([request(0), request(1)]);
    t.strictSame(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const lost = outcomes.find((one) => one.status === 'rejected');
    t.ok(lost?.reason instanceof Replayed);
    t.ok(await seen.find(id), 'used up, though both requests were refused');
    clock.advance(60);
    await seen.upsert(id, payloadOf('ReplayDetection', id), 60);
    t.ok(await seen.find(id), 'a row whose time is over is replaced');
  });

  t.test(`${name}: what a refused request deleted or revoked of codes and tokens is gone`, async (t) => {
    const database = await openDatabase(t);
    const adapterFor = adaptersOf(database);
    for (const model of ['AuthorizationCode', 'AccessToken', 'RefreshToken', 'Grant', 'Session']) {
      const adapter = adapterFor(model);
      const [destroyed, revoked, other] = [opaqueValue(), opaqueValue(), opaqueValue()];
      await adapter.upsert(destroyed, payloadOf(model, destroyed, { grantId: 'kept' }), 60);
      await adapter.upsert(revoked, payloadOf(model, revoked, { grantId: 'ended' }), 60);
      await adapter.upsert(other, payloadOf(model, other, { grantId: 'kept' }), 60);
      await asUnitOfWork(database, false, async () => {
        await adapter.destroy(destroyed);
        await adapter.revokeByGrantId('ended');
        return false;
      });
      t.notOk(await adapter.find(destroyed), `${model}: deleted`);
      const isIssued = ['AuthorizationCode', 'AccessToken', 'RefreshToken'].includes(model);
      t.equal((await adapter.find(revoked)) === undefined, isIssued, `${model}: revoked`);
      t.ok(await adapter.find(other), `${model}: another`);
    }
  });

  t.test(`${name}: a client goes with its grants and all that was issued under them`, async (t) => {
    const database = await openDatabase(t);
    const adapterFor = adaptersOf(database);
    await connect(adapterFor, 'app', 'ann');
    await connect(adapterFor, 'other', 'ann');
    await adapterFor('Client').destroy('app');
    t.strictSame(await counts(database), {
      clients: 1,
      grants: 1,
      access_tokens: 1,
      refresh_tokens: 1,
      sessions: 0,
    });
    t.ok(await adapterFor('RefreshToken').find('refresh-other-ann'));
  });

  t.test(`${name}: disabling an account or resetting its password takes its rights along`, async (t) => {
    const database = await openDatabase(t);
    const adapterFor = adaptersOf(database);
    const accounts = new AccountStore(database);
    const [ann, bob, eve] = await Promise.all(
      ['ann', 'bob', 'eve'].map((name) => accounts.create(name, 'hash')),
    );
    if (!ann || !bob || !eve) throw new Error('no accounts');
    for (const { id } of [ann, bob, eve]) {
      await connect(adapterFor, 'app', id);
      await adapterFor('Session').upsert(opaqueValue(), payloadOf('Session', 'x', { accountId: id }), 60);
    }
    await accounts.setDisabled(ann.id, true);
    t.equal((await accounts.findById(ann.id))?.isDisabled, true);
    t.strictSame(await counts(database), {
      clients: 1,
      grants: 2,
      access_tokens: 2,
      refresh_tokens: 2,
      sessions: 2,
    });
    await accounts.setPassword(bob.id, 'another hash', true);
    t.equal((await accounts.findById(bob.id))?.passwordHash, 'another hash');
    t.strictSame(await counts(database), {
      clients: 1,
      grants: 1,
      access_tokens: 1,
      refresh_tokens: 1,
      sessions: 1,
    });
    await accounts.setPassword(eve.id, 'another hash', false);
    t.strictSame(await counts(database), {
      clients: 1,
      grants: 1,
      access_tokens: 1,
      refresh_tokens: 1,
      sessions: 0,
    });
    await accounts.setDisabled(ann.id, false);
    t.equal((await accounts.findById(ann.id))?.isDisabled, false);
    t.notOk(await adapterFor('Grant').find(`grant-app-${ann.id}`), 'enabling gives nothing back');
  });

  t.test(`${name}: a lookup with characters that no row can hold finds nothing`, async (t) => {
    const database = await openDatabase(t);
    const adapterFor = adaptersOf(database);
    t.equal(await adapterFor('Client').find('a\u0000b'), undefined);
    t.equal(await adapterFor('Client').find('a\ud800b'), undefined);
    t.equal(await adapterFor('Grant').find('a\u0000b'), undefined);
    t.equal(await new AccountStore(database).findByUsername('a\u0000b'), undefined);
  });

  t.test(`${name}: a request that finds a token has its grant and client from the same query`, async (t) => {
    const database = await openDatabase(t);
    let queries = 0;
    const first: Database['first'] = (...query) => {
      queries++;
      return database.first(...query);
    };
    const adapterFor = adaptersOf({ ...database, first });
    await connect(adapterFor, 'app', 'ann');
    const request = (work: () => Promise<void>) =>
      asUnitOfWork(database, false, async () => {
        queries = 0;
        t.match(await adapterFor('AccessToken').find('access-app-ann'), { clientId: 'app' });
        await work();
        t.equal(queries, 1);
        return true;
      });
    await request(async () => {
      t.match(await adapterFor('Grant').find('grant-app-ann'), { jti: 'grant-app-ann', accountId: 'ann' });
      t.match(await adapterFor('Client').find('app'), { client_id: 'app' });
    });
    await request(async () => {
      await adapterFor('Client').upsert('app', { client_id: 'app', client_name: 'new' }, never);
      await adapterFor('Grant').destroy('grant-app-ann');
      t.match(await adapterFor('AccessToken').find('access-app-ann'), { clientId: 'app' });
      queries--;
      t.match(await adapterFor('Client').find('app'), { client_name: 'new' }, 'its own changes come first');
      t.equal(await adapterFor('Grant').find('grant-app-ann'), undefined);
    });
    await request(async () => {
      t.equal(await adapterFor('Grant').find('grant-app-ann'), undefined, 'a token whose grant is gone');
    });
    await adapterFor('Grant').upsert(
      'grant-app-ann',
      payloadOf('Grant', 'grant-app-ann', { clientId: 'x' }),
      60,
    );
    await request(async () => {
      t.equal(await adapterFor('Client').find('x'), undefined, 'a grant whose client is not kept here');
    });
  });

  t.test(`${name}: an assertion is remembered for ten minutes, whatever it says of itself`, async (t) => {
    const database = await openDatabase(t);
    const replays = adaptersOf(database)('ReplayDetection');
    const now = Math.floor(Date.now() / 1000);
    for (const seconds of [50 * 365 * 24 * 3600, 60.5])
      await replays.upsert(`${seconds}`, payloadOf('ReplayDetection', `${seconds}`), seconds);
    const expiry = compile(database.builder('replay_detections').select('expires_at').orderBy('expires_at'));
    const [short, long] = (await database.all(expiry, {})).map((row) => Number(row['expires_at']) - now);
    t.ok(Number(short) >= 61 && Number(short) <= 63 && Number.isInteger(short));
    t.ok(Number(long) >= 600 && Number(long) <= 620);
  });

  t.test(`${name}: a saved grant marks its client as used, once`, async (t) => {
    const database = await openDatabase(t);
    const adapterFor = adaptersOf(database);
    const grantedAt = compile(database.builder('clients').select('granted_at'));
    await adapterFor('Client').upsert('app', { client_id: 'app' }, never);
    t.equal((await database.first(grantedAt, {}))?.['granted_at'], null);
    await adapterFor('Grant').upsert('grant-1', payloadOf('Grant', 'grant-1'), 60);
    t.type((await database.first(grantedAt, {}))?.['granted_at'], 'number');
  });
}

t.test('nothing in the files of the database is a live value', async (t) => {
  const url = await (engines[0] as (typeof engines)[number]).create(t);
  const database = await open(t, url);
  const adapterFor = adaptersOf(database);
  const secrets: string[] = [];
  const save = async (model: string, more: (id: string) => object = () => ({})): Promise<void> => {
    const id = opaqueValue();
    secrets.push(id);
    await adapterFor(model).upsert(id, payloadOf(model, id, { ...more(id) }), 60);
  };
  for (const model of ['AccessToken', 'RefreshToken', 'AuthorizationCode', 'Session', 'InitialAccessToken']) {
    await save(model);
  }
  const cookie = opaqueValue();
  secrets.push(cookie, 'a client secret');
  await save('Interaction', (id) => ({
    returnTo: `https://auth.example/auth/${id}`,
    session: { accountId: 'ann', uid: 'u', cookie },
  }));
  const interactionId = String(secrets.at(-1));
  await save('DeviceCode', () => ({ userCode: 'WDJBMJHT' }));
  secrets.push('WDJBMJHT');
  t.match(await adapterFor('Interaction').find(interactionId), {
    returnTo: `https://auth.example/auth/${interactionId}`,
    session: { accountId: 'ann', uid: 'u' },
  });
  await adapterFor('Client').upsert('app', { client_secret: 'a client secret' }, never);
  const path = url.replace(/^sqlite:/, '');
  const files = Buffer.concat([path, `${path}-wal`].map((file) => readFileSync(file))).toString('latin1');
  t.match(files, 'https://auth.example/auth/{uid}', 'the rows are in these files');
  for (const secret of secrets) t.notOk(files.includes(secret));
});

t.test('a model of a feature that is off is refused by name', async (t) => {
  const adapterFor = adaptersOf(await openNew(t));
  t.throws(() => adapterFor('PushedAuthorizationRequest'), {
    message: 'loop-auth keeps no PushedAuthorizationRequest',
  });
  await t.rejects(async () => adapterFor('Client').consume('app'), TypeError);
  await t.rejects(async () => adapterFor('Session').consume('id'), TypeError);
  t.equal(await adapterFor('Session').findByUserCode('code'), undefined);
});

async function connect(
  adapterFor: (model: string) => Adapter,
  clientId: string,
  accountId: string,
): Promise<void> {
  const grantId = `grant-${clientId}-${accountId}`;
  const more = { clientId, accountId, grantId };
  await adapterFor('Client').upsert(clientId, { client_id: clientId }, never);
  await adapterFor('Grant').upsert(grantId, payloadOf('Grant', grantId, { clientId, accountId }), 600);
  for (const [model, prefix] of [
    ['AccessToken', 'access'],
    ['RefreshToken', 'refresh'],
  ] as const) {
    const id = `${prefix}-${clientId}-${accountId}`;
    await adapterFor(model).upsert(id, payloadOf(model, id, more), 60);
  }
}

async function counts(database: Database): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const table of ['clients', 'grants', 'access_tokens', 'refresh_tokens', 'sessions']) {
    counted[table] = (await database.all(compile(database.builder(table).select('id')), {})).length;
  }
  return counted;
}
