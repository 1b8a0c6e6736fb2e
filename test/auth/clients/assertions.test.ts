// auth/clients/assertions.ts: how long an assertion may be valid, and what it leaves behind.
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import t, { type Test } from 'tap';
import { startClientHosts } from '../../support/client-hosts.ts';
import { shiftClock } from '../../support/clock.ts';
import { type Answer, type LoopAuth, redirectUri, startLoopAuth } from '../../support/loop-auth.ts';
import { connectOver } from '../../support/recorded-clients.ts';

const minute = 60;
const year = 365 * 24 * 3600;
const routes = ['/token', '/token/revocation', '/token/introspection'];

const { privateKey, publicKey } = await generateKeyPair('ES256');
const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' };

interface Signed {
  readonly clientId: string;
  readonly exp: number;
  readonly jti?: string;
}

async function prove(world: LoopAuth, { clientId, exp, jti = randomUUID() }: Signed) {
  const claims = { iss: clientId, sub: clientId, aud: world.issuer, jti, exp };
  const assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: 'key-1' })
    .sign(privateKey);
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
}

async function present(world: LoopAuth, route: string, signed: Signed): Promise<Answer> {
  const fields = { grant_type: 'refresh_token', refresh_token: 'x', token: 'x' };
  return world.post(route, { ...fields, ...(await prove(world, signed)) });
}

async function replays(world: LoopAuth): Promise<Record<string, unknown>[]> {
  return world.database.all({ sql: 'SELECT * FROM replay_detections', slots: [] }, {});
}

const now = (): number => Math.floor(Date.now() / 1000);

/** Every kind of client that signs for itself. */
async function startWithSigners(t: Test): Promise<{ world: LoopAuth; clients: Record<string, string> }> {
  const hosts = await startClientHosts(t);
  const world = await startLoopAuth(t, { fetchJson: hosts.fetchJson });
  const jwksUri = 'https://client.example/jwks';
  hosts.serve(jwksUri, { keys: [jwk] });
  const signing = { token_endpoint_auth_method: 'private_key_jwt' };
  const clients = {
    'registered with its keys': (await world.register({ ...signing, jwks: { keys: [jwk] } })).clientId,
    'registered with the address of its keys': (await world.register({ ...signing, jwks_uri: jwksUri }))
      .clientId,
    'described with its keys': 'https://client.example/keys.json',
    'described with the address of its keys': 'https://client.example/address.json',
  };
  for (const [url, keys] of [
    [clients['described with its keys'], { jwks: { keys: [jwk] } }],
    [clients['described with the address of its keys'], { jwks_uri: jwksUri }],
  ] as const) {
    hosts.serve(url, {
      client_id: url,
      client_name: 'A client',
      redirect_uris: [redirectUri],
      ...signing,
      ...keys,
    });
    await world.ask(`/auth${world.authorization({ clientId: url }).url.search}`);
  }
  return { world, clients };
}

t.test(
  'an assertion that expires more than 10 minutes ahead is invalid_client and leaves no row',
  async (t) => {
    const { world, clients } = await startWithSigners(t);
    for (const [kind, clientId] of Object.entries(clients)) {
      for (const route of routes) {
        for (const ahead of [11 * minute, 24 * 3600, 50 * year, 1e300]) {
          const { status, body } = await present(world, route, { clientId, exp: now() + ahead });
          t.same([status, body['error']], [401, 'invalid_client'], `${kind}, ${route}, ${ahead} s ahead`);
        }
      }
    }
    t.same(await replays(world), []);
  },
);

t.test('one within 10 minutes is taken once, and remembered no longer than that', async (t) => {
  const { world, clients } = await startWithSigners(t);
  for (const [kind, clientId] of Object.entries(clients)) {
    const signed = { clientId, exp: now() + 10 * minute, jti: randomUUID() };
    t.equal((await present(world, '/token/revocation', signed)).status, 200, kind);
    t.equal((await present(world, '/token/revocation', signed)).status, 401, `${kind}: again`);
    const fraction = { clientId, exp: now() + 60.5 };
    t.equal((await present(world, '/token/revocation', fraction)).status, 200, `${kind}: half a second`);
  }
  const rows = await replays(world);
  t.equal(rows.length, 8);
  for (const { expires_at: expiresAt } of rows) {
    t.ok(Number(expiresAt) <= now() + 10 * minute + 15);
    t.ok(Number.isInteger(expiresAt));
  }
});

t.test('a stranger’s assertions are counted: 60 in ten minutes', async (t) => {
  const clock = shiftClock(t);
  const { world, clients } = await startWithSigners(t);
  const clientId = clients['registered with its keys'] ?? '';
  const statuses: number[] = [];
  for (let n = 0; n < 65; n += 1)
    statuses.push((await present(world, '/token/revocation', { clientId, exp: now() + minute })).status);
  t.same(statuses, [...Array.from({ length: 60 }, () => 200), ...Array.from({ length: 5 }, () => 429)]);
  t.equal((await replays(world)).length, 60);
  const refused = await present(world, '/token/revocation', { clientId, exp: now() + minute });
  t.match(refused.headers.get('Retry-After'), /^[1-9]\d*$/);
  t.equal(refused.body['error'], 'too_many_requests');
  clock.advance(10 * minute + 1);
  t.equal((await present(world, '/token/revocation', { clientId, exp: now() + minute })).status, 200);
});

t.test('a client that was let in signs far more often than any does', async (t) => {
  const { world, clients } = await startWithSigners(t);
  const clientId = clients['registered with its keys'] ?? '';
  const proof = () => prove(world, { clientId, exp: now() + minute });
  const { status, body } = await connectOver(world, { clientId }, { redirectUri, proof });
  t.equal(status, 200);
  let token = body['refresh_token'];
  for (let n = 0; n < 100; n += 1) {
    const refreshed = await world.refresh({ clientId }, token, await proof());
    if (refreshed.status !== 200) t.equal(refreshed.status, 200, `refresh ${n}: ${refreshed.text}`);
    token = refreshed.body['refresh_token'];
  }
});
