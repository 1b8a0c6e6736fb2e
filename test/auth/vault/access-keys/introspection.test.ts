// auth/vault/access-keys/: what introspection says of a key in every state, to whom, and what no other route takes it for.
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { AccessKeyStore, type NewKey } from '../../../../adapters/stores/access-keys/access-keys.ts';
import { AccountStore } from '../../../../adapters/stores/accounts.ts';
import { AccountEventStore } from '../../../../adapters/stores/timeline/account-events.ts';
import { createKeyValue } from '../../../../auth/vault/access-keys/value.ts';
import { shiftClock } from '../../../support/clock.ts';
import { ann, basic, type LoopAuth, resource, startLoopAuth } from '../../../support/loop-auth.ts';
import { serveFiles } from '../../../support/served.ts';

const day = 24 * 3600;
const now = (): number => Math.floor(Date.now() / 1000);

async function startWithKey(t: Test, wish: Partial<NewKey> = {}) {
  const world = await startLoopAuth(t);
  const accounts = new AccountStore(world.database);
  const accountId = String((await accounts.findByUsername(ann.username))?.id);
  const value = createKeyValue();
  const key: NewKey = {
    id: randomUUID(),
    accountId,
    name: 'Night script',
    access: 'read',
    folders: undefined,
    madeFrom: undefined,
    expiresAt: now() + 30 * day,
    ...wish,
  };
  const keys = new AccessKeyStore(world.database);
  await keys.add(value, key);
  return { world, accounts, accountId, keys, key, value };
}

const wrongChecksum = (value: string): string => value.slice(0, -1) + (value.endsWith('x') ? 'y' : 'x');

t.test('a key introspects as a token of its account, with what it may', async (t) => {
  const { world, accountId, key, value } = await startWithKey(t);
  const { status, headers, body } = await world.introspect(value);
  t.equal(status, 200);
  t.equal(headers.get('Cache-Control'), 'no-store');
  t.same(body, {
    active: true,
    token_type: 'Bearer',
    iss: world.issuer,
    aud: resource,
    sub: accountId,
    username: 'ann',
    client_id: `key:${key.id}`,
    client_name: 'Night script',
    scope: 'vault.read',
    iat: body['iat'],
    exp: key.expiresAt,
    authorization_details: [{ type: 'vault', locations: [resource], actions: ['read'], withheld: ['write'] }],
  });
  t.ok(Math.abs(Number(body['iat']) - now()) < 60);
});

t.test('writing, folders and no end are told as a grant’s', async (t) => {
  const { world, value } = await startWithKey(t, {
    access: 'write',
    folders: ['Projects/loop', 'Projects', '일기'],
    expiresAt: undefined,
  });
  const { body } = await world.introspect(value);
  t.equal(body['scope'], 'vault.read vault.write');
  t.same(body['authorization_details'], [
    { type: 'vault', locations: [resource], actions: ['read', 'write'], folders: ['Projects', '일기'] },
  ]);
  t.ok(Number(body['exp']) > now() + 10 * 365 * day, 'loop-api takes no token without an end');
});

t.test('a key that expired, was revoked or whose account is disabled is inactive and no more', async (t) => {
  const clock = shiftClock(t);
  const { world, accounts, accountId, keys, key, value } = await startWithKey(t);
  const inactive = async (given: unknown) => t.same((await world.introspect(given)).body, { active: false });
  await inactive(wrongChecksum(value));
  await inactive(value.slice(0, -1));
  await inactive(`${value}a`);
  await inactive(value.slice(5));
  await inactive(key.id);
  t.ok(await world.isActive(value));
  clock.advance(30 * day);
  await inactive(value);
  const endless = createKeyValue();
  await keys.add(endless, { ...key, id: 'endless', expiresAt: undefined });
  t.ok(await world.isActive(endless));
  await keys.revoke(accountId, 'endless');
  await inactive(endless);
  const last = createKeyValue();
  await keys.add(last, { ...key, id: 'last', expiresAt: undefined });
  await accounts.setDisabled(accountId, true);
  await inactive(last);
});

t.test('only loop-api’s own credential reads a key; to everyone else it is inactive', async (t) => {
  const { world, value } = await startWithKey(t);
  for (const [id, its] of [
    ['another', 'https://other.example/mcp'],
    ['one-for-the-vault', resource],
  ] as const) {
    const { status, body } = await world.introspect(value, await serveFiles(world, id, [its]));
    t.equal(status, 200);
    t.same(body, { active: false });
  }
  const app = await world.register({ token_endpoint_auth_method: 'client_secret_basic' });
  t.same((await world.introspect(value, basic(app.clientId, String(app.clientSecret)))).body, {
    active: false,
  });
  t.equal((await world.introspect(value, basic('loop-api', 'a wrong secret'))).status, 401);
  t.ok(await world.isActive(value));
});

t.test('what is no key is refused before anything is looked up', async (t) => {
  const { world, value } = await startWithKey(t);
  await world.introspect(value);
  const { database } = world;
  const asked: string[] = [];
  for (const name of ['first', 'all'] as const) {
    const real = database[name].bind(database) as (...given: unknown[]) => unknown;
    (database as unknown as Record<string, unknown>)[name] = (statement: { sql: string }, values: object) => {
      asked.push(statement.sql);
      return real(statement, values);
    };
  }
  t.same((await world.introspect(wrongChecksum(value))).body, { active: false });
  t.same((await world.introspect(value.slice(0, -3))).body, { active: false });
  t.same(asked, []);
  t.ok(await world.isActive(value));
  t.equal(asked.length, 1, 'and a good one costs one look');
});

t.test('no route but introspection takes a key', async (t) => {
  const { world, value } = await startWithKey(t, { access: 'write' });
  const userinfo = await world.ask('/me', { headers: { Authorization: `Bearer ${value}` } });
  t.equal(userinfo.status, 401);
  const app = await world.register();
  const refreshed = await world.refresh(app, value);
  t.match([refreshed.status, refreshed.body['error']], [400, 'invalid_grant']);
  const coded = await world.exchange(app, value, world.authorization(app));
  t.match([coded.status, coded.body['error']], [400, 'invalid_grant']);
  const exchanged = await world.token(app, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: value,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  });
  t.equal(exchanged.status, 400);
  await world.revoke(app, value);
  t.ok(await world.isActive(value), 'an app can’t revoke it either');
  const described = await world.ask('/resource-description', {
    method: 'PUT',
    headers: { Authorization: `Bearer ${value}`, 'Content-Type': 'application/json' },
    body: '{}',
  });
  t.equal(described.status, 401);
});

t.test('its last use is stored apart from the request, and its first told to its owner', async (t) => {
  const { world, accountId, keys, key, value } = await startWithKey(t);
  await world.introspect(value);
  await world.introspect(value);
  t.equal((await keys.listOfAccount(accountId))[0]?.lastUsedAt, undefined);
  await world.storeCalls();
  const lastUsedAt = Number((await keys.listOfAccount(accountId))[0]?.lastUsedAt);
  t.ok(now() - lastUsedAt < 120 && lastUsedAt % 60 === 0);
  await world.introspect(value);
  await world.storeCalls();
  await world.storeTries();
  const events = await new AccountEventStore(world.database).list(accountId);
  const told = events.filter(({ event }) => event === 'access_key.used');
  t.match(told, [{ clientId: `key:${key.id}`, isRefusal: false }]);
  const metrics = await world.readMetrics();
  t.match(metrics, 'loop_auth_events_total{event="access_key.used"} 1');
  t.match(metrics, 'loop_auth_rows{table="access_keys"} 1');
  await breakDatabase(world, async () => {
    await world.introspect(value);
    await world.storeCalls();
  });
  t.match(world.lines.join('\n'), 'when access keys were last used could not be stored');
});

/** Every write fails while `work` runs. */
async function breakDatabase({ database }: LoopAuth, work: () => Promise<void>): Promise<void> {
  const { commit } = database;
  (database as { commit: unknown }).commit = async () => {
    throw new Error('the disk is full');
  };
  await work();
  (database as { commit: unknown }).commit = commit;
}
