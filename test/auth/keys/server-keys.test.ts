// The server's keys: made once, the same after a restart, and only their public half shown.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import t from 'tap';
import { openDatabase } from '../../../adapters/database/open.ts';
import { KeyStore } from '../../../adapters/stores/keys.ts';
import { createKeySeal } from '../../../auth/keys/seal.ts';
import { openKeys, readKeys, rotateKeys } from '../../../auth/keys/server-keys.ts';
import { Browser } from '../../../scripts/demo/browser.ts';
import { shiftClock } from '../../support/clock.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';

const hour = 3600;
const day = 24 * hour;
const plain = createKeySeal(undefined);
const now = (): number => Math.floor(Date.now() / 1000);

t.test('keys are made on first start and stay the same', async (t) => {
  const database = await openDatabase('sqlite::memory:');
  t.teardown(() => database.close());
  const store = new KeyStore(database);
  const first = await openKeys(store, plain, now());
  t.same(await openKeys(store, plain, now()), first);
  t.match(first.signing, [
    { kty: 'RSA', alg: 'RS256', use: 'sig', kid: /^[\w-]{43}$/, d: String },
    { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: /^[\w-]{43}$/, d: String },
  ]);
  t.equal(first.signing.length, 2);
  t.equal(Buffer.from(first.signing[0]?.n ?? '', 'base64url').length, 256, '2048 bits');
  t.equal(Buffer.from(first.cookies[0] ?? '', 'base64url').length, 32, '256 bits');
});

t.test('a database that knows one algorithm gets the other on start, and signs as before', async (t) => {
  const database = await openDatabase('sqlite::memory:');
  t.teardown(() => database.close());
  const store = new KeyStore(database);
  for (const seal of [plain, createKeySeal('a key of thirty-two characters!!')]) {
    const made = await openKeys(store, seal, now());
    const without = { sql: "DELETE FROM server_keys WHERE purpose = 'signing-es256'", slots: [] };
    await database.commit([{ statement: without, values: {} }]);
    const upgraded = await openKeys(store, seal, now());
    t.same(upgraded.signing[0], made.signing[0], 'what signs ID tokens for everyone is the same');
    t.same(upgraded.cookies, made.cookies);
    t.match(upgraded.signing[1], { alg: 'ES256' });
    t.not(upgraded.signing[1]?.kid, made.signing[1]?.kid);
    t.same(await openKeys(store, seal, now()), upgraded);
  }
  const [stored] = await store.list('signing-es256');
  t.notMatch(stored?.secret, '"d"', 'and it is encrypted like the other');
});

t.test('an app chooses what its ID tokens are signed with', async (t) => {
  const world = await startLoopAuth(t);
  const keys = createLocalJWKSet(JSON.parse((await world.ask('/jwks')).text) as JSONWebKeySet);
  const { body } = await world.ask('/.well-known/openid-configuration');
  t.same(body['id_token_signing_alg_values_supported'], ['RS256', 'ES256']);
  for (const [chosen, alg] of [
    [undefined, 'RS256'],
    ['RS256', 'RS256'],
    ['ES256', 'ES256'],
  ] as const) {
    const app = await world.register({ id_token_signed_response_alg: chosen });
    const { tokens } = await world.connect({ app, parameters: { scope: 'openid vault.read' } });
    for (const { id_token: idToken } of [tokens, (await world.refresh(app, tokens.refresh_token)).body] as {
      id_token: string;
    }[]) {
      const { protectedHeader, payload } = await jwtVerify(idToken, keys, {
        issuer: world.issuer,
        audience: app.clientId,
      });
      t.equal(protectedHeader.alg, alg, `chose ${chosen}`);
      t.type(payload.sub, 'string');
    }
  }
  const refused = await world.tryRegister({
    redirect_uris: ['https://a.example/'],
    id_token_signed_response_alg: 'PS256',
  });
  t.match(refused.body['error_description'], 'id_token_signed_response_alg');
});

t.test('two servers share no key', async (t) => {
  const [one, other] = await Promise.all(
    [1, 2].map(async () => {
      const database = await openDatabase('sqlite::memory:');
      t.teardown(() => database.close());
      return openKeys(new KeyStore(database), plain, now());
    }),
  );
  t.not(one?.signing[0]?.n, other?.signing[0]?.n);
  t.not(one?.signing[1]?.x, other?.signing[1]?.x);
  t.not(one?.cookies[0], other?.cookies[0]);
});

t.test('the key set shows public halves only', async (t) => {
  const world = await startLoopAuth(t);
  const { text } = await world.ask('/jwks');
  const { keys } = JSON.parse(text) as { keys: Record<string, unknown>[] };
  t.match(keys, [
    { kty: 'RSA', alg: 'RS256', use: 'sig', kid: String, n: String, e: 'AQAB' },
    { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: String, x: String, y: String },
  ]);
  t.notMatch(text, /"(d|p|q|dp|dq|qi)":/);
});

t.test('a cookie that was signed before a rotation is good for the 14 days of its session', async (t) => {
  const clock = shiftClock(t);
  const world = await startLoopAuth(t);
  const app = await world.register();
  const browser = new Browser();
  await world.code(world.authorization(app), browser);
  // Kept by hand, so that it is the server that decides.
  const Cookie = await browser.cookiesFor(`${world.issuer}/auth`);
  const [session, signature] = ['loop_session=', 'loop_session.sig='];
  t.ok(Cookie.includes(session) && Cookie.includes(signature));
  const isSignedIn = async (cookie: string): Promise<boolean> => {
    const { search } = world.authorization(app, { prompt: 'none' }).url;
    const { headers } = await world.ask(`/auth${search}`, { headers: { Cookie: cookie } });
    return new URL(String(headers.get('Location'))).searchParams.get('error') !== 'login_required';
  };
  const store = new KeyStore(world.database);
  const before = await readKeys(store, plain, now());
  await rotateKeys(store, plain);
  const rotatedAt = now();
  for (const days of [1, 13]) {
    clock.advance(days * day - (now() - rotatedAt));
    await world.refreshKeys();
    t.not((await readKeys(store, plain, now())).cookies[0], before.cookies[0], 'another key signs');
    t.ok(await isSignedIn(Cookie), `${days} days later`);
  }
  t.notOk(
    await isSignedIn(Cookie.replace(/(loop_session\.sig=)[^;]*/, '$1forged')),
    'by its signature alone',
  );
  const ofTheOldKey = (at: number): Promise<boolean> =>
    readKeys(store, plain, rotatedAt + at).then(({ cookies }) => cookies.includes(String(before.cookies[0])));
  t.ok(await ofTheOldKey(14 * day + hour), 'for a session that began just before');
  t.notOk(await ofTheOldKey(16 * day), 'and no longer than needed');
});
