// What oidc-provider expects of an adapter, as tests that any adapter can be put through.
import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import type { createAdapterFactory } from '../../adapters/models/adapter-factory.ts';
import { shiftClock } from './clock.ts';

export type Adapter = ReturnType<ReturnType<typeof createAdapterFactory>>;
type AdapterPayload = Parameters<Adapter['upsert']>[1];

export interface ContractParts {
  readonly name: string;
  /** Makes the adapters of one empty store. */
  readonly open: (t: Test) => Promise<(model: string) => Adapter>;
  /** Runs the body of a test; the default is to call it. */
  readonly within?: (t: Test, body: () => Promise<void>) => Promise<void>;
}

/** The library takes a token for expired only this much later (its clockTolerance). */
export const clockToleranceSeconds = 15;

const opaqueModels = [
  'Session',
  'Interaction',
  'Grant',
  'AuthorizationCode',
  'DeviceCode',
  'AccessToken',
  'RefreshToken',
  'ReplayDetection',
  'InitialAccessToken',
];
const issuedModels = ['AuthorizationCode', 'DeviceCode', 'AccessToken', 'RefreshToken'];

export function opaqueValue(): string {
  return randomBytes(32).toString('base64url');
}

/** A payload as the library saves it for that model. */
export function payloadOf(model: string, jti: string, more: AdapterPayload = {}): AdapterPayload {
  const iat = Math.floor(Date.now() / 1000);
  const own: AdapterPayload = {
    Session: { uid: opaqueValue(), accountId: 'ann', authorizations: { app: { sid: 's', grantId: 'g' } } },
    Grant: { accountId: 'ann', clientId: 'app', resources: { 'https://vault.example/mcp': 'vault.read' } },
    AuthorizationCode: { accountId: 'ann', clientId: 'app', grantId: 'grant-1', scope: 'vault.read' },
    DeviceCode: { clientId: 'app', params: { client_id: 'app' }, grantId: 'grant-1' },
    AccessToken: { accountId: 'ann', clientId: 'app', grantId: 'grant-1', aud: 'https://vault.example/mcp' },
    RefreshToken: { accountId: 'ann', clientId: 'app', grantId: 'grant-1', scope: 'vault.read' },
  }[model] ?? { params: { state: 'one' } };
  return { iat, exp: iat + 60, kind: model, jti, ...own, ...more };
}

export function testAdapterContract(t: Test, { name, open, within }: ContractParts): void {
  const test = (sentence: string, body: (t: Test, adapterFor: (model: string) => Adapter) => Promise<void>) =>
    t.test(`${name}: ${sentence}`, async (t) => {
      const adapterFor = await open(t);
      if (within) await within(t, () => body(t, adapterFor));
      else await body(t, adapterFor);
    });

  test('what was saved is found by its value, and by no other', async (t, adapterFor) => {
    for (const model of opaqueModels) {
      const adapter = adapterFor(model);
      const id = opaqueValue();
      const payload = payloadOf(model, id);
      await adapter.upsert(id, structuredClone(payload), 60);
      t.strictSame(await adapter.find(id), payload, model);
      t.notOk(await adapter.find(opaqueValue()), `${model}: another value`);
    }
  });

  test('saving again replaces the payload', async (t, adapterFor) => {
    for (const model of ['Session', 'Interaction', 'Grant']) {
      const adapter = adapterFor(model);
      const id = opaqueValue();
      const first = payloadOf(model, id);
      await adapter.upsert(id, structuredClone(first), 60);
      const second = { ...first, exp: Number(first.exp) + 5, result: { login: { accountId: 'ann' } } };
      await adapter.upsert(id, structuredClone(second), 65);
      t.strictSame(await adapter.find(id), second, model);
    }
  });

  test('a client has no time to live and may be replaced', async (t, adapterFor) => {
    const adapter = adapterFor('Client');
    const payload: AdapterPayload = { client_id: 'app', redirect_uris: ['https://app.example/back'] };
    await adapter.upsert('app', { ...payload }, undefined as unknown as number);
    t.strictSame(await adapter.find('app'), payload);
    await adapter.upsert('app', { ...payload, client_name: 'App' }, undefined as unknown as number);
    t.strictSame(await adapter.find('app'), { ...payload, client_name: 'App' });
    await adapter.destroy('app');
    t.notOk(await adapter.find('app'));
  });

  test('what was destroyed is not found', async (t, adapterFor) => {
    for (const model of opaqueModels) {
      const adapter = adapterFor(model);
      const id = opaqueValue();
      await adapter.upsert(id, payloadOf(model, id), 60);
      await adapter.destroy(id);
      t.notOk(await adapter.find(id), model);
    }
  });

  test('a consumed code is still found, marked as consumed', async (t, adapterFor) => {
    for (const model of ['AuthorizationCode', 'DeviceCode']) {
      const adapter = adapterFor(model);
      const id = opaqueValue();
      await adapter.upsert(id, payloadOf(model, id), 60);
      t.notOk((await adapter.find(id))?.consumed, model);
      await adapter.consume(id);
      t.ok((await adapter.find(id))?.consumed, model);
    }
  });

  test('what a user code finds is saved under its identifier as the same device code', async (t, adapterFor) => {
    const adapter = adapterFor('DeviceCode');
    const [id, userCode] = [opaqueValue(), 'WDJBMJHT'];
    const { grantId: _, ...asked } = payloadOf('DeviceCode', id, { userCode });
    await adapter.upsert(id, structuredClone(asked), 60);
    t.notOk(await adapter.findByUserCode('WDJBMJHX'), 'another code');
    const found = await adapter.findByUserCode(userCode);
    t.match(found, { userCode, clientId: 'app', exp: asked.exp });
    const standIn = String(found?.jti);
    const allowed = { ...found, accountId: 'ann', grantId: 'grant-1' };
    await adapter.upsert(standIn, structuredClone(allowed), 60);
    t.match(await adapter.find(id), { accountId: 'ann', jti: id }, 'by the device');
    t.match(
      await adapter.find(standIn),
      { accountId: 'ann', jti: standIn },
      'by the browser, in its next request',
    );
    const { userCode: __, ...withoutCode } = allowed;
    await adapter.upsert(standIn, { ...withoutCode, inFlight: true }, 60);
    t.match(await adapter.find(id), { inFlight: true });
    await adapter.revokeByGrantId('grant-1');
    t.notOk(await adapter.find(id), 'it goes with its grant');
  });

  test('revoking a grant removes what was issued under it and nothing else', async (t, adapterFor) => {
    const issued = issuedModels.map((model) => ({ adapter: adapterFor(model), model, id: opaqueValue() }));
    const others = issuedModels.map((model) => ({ adapter: adapterFor(model), model, id: opaqueValue() }));
    for (const { adapter, model, id } of issued) await adapter.upsert(id, payloadOf(model, id), 60);
    for (const { adapter, model, id } of others) {
      await adapter.upsert(id, payloadOf(model, id, { grantId: 'grant-2' }), 60);
    }
    await Promise.all(issued.map(({ adapter }) => adapter.revokeByGrantId('grant-1')));
    for (const { adapter, model, id } of issued) t.notOk(await adapter.find(id), model);
    for (const { adapter, model, id } of others) t.ok(await adapter.find(id), model);
  });

  test('a session is found by its uid until it is destroyed', async (t, adapterFor) => {
    const adapter = adapterFor('Session');
    const id = opaqueValue();
    const payload = payloadOf('Session', id);
    await adapter.upsert(id, structuredClone(payload), 60);
    t.match(await adapter.findByUid(String(payload.uid)), { accountId: 'ann', uid: payload.uid });
    t.notOk(await adapter.findByUid(opaqueValue()));
    await adapter.destroy(id);
    t.notOk(await adapter.findByUid(String(payload.uid)));
  });

  test('a session that gets a new cookie keeps its uid', async (t, adapterFor) => {
    const adapter = adapterFor('Session');
    const [oldId, newId] = [opaqueValue(), opaqueValue()];
    const payload = payloadOf('Session', oldId);
    await adapter.upsert(oldId, structuredClone(payload), 60);
    await adapter.destroy(oldId);
    await adapter.upsert(newId, { ...payload, jti: newId }, 60);
    t.notOk(await adapter.find(oldId));
    t.match(await adapter.findByUid(String(payload.uid)), { accountId: 'ann' });
  });

  test('a row outlives its expiry by the tolerance that the library allows', async (t, adapterFor) => {
    const clock = shiftClock(t);
    const adapter = adapterFor('AccessToken');
    const id = opaqueValue();
    await adapter.upsert(id, payloadOf('AccessToken', id), 60);
    clock.advance(60 + clockToleranceSeconds - 5);
    t.ok(await adapter.find(id));
  });
}
