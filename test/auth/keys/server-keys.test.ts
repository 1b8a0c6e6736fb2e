// The server's keys: made once, the same after a restart, and only their public half shown.
import t from 'tap';
import { openDatabase } from '../../../adapters/database/open.ts';
import { KeyStore } from '../../../adapters/stores/keys.ts';
import { createKeySeal } from '../../../auth/keys/seal.ts';
import { openKeys } from '../../../auth/keys/server-keys.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';

const plain = createKeySeal(undefined);
const now = (): number => Math.floor(Date.now() / 1000);

t.test('keys are made on first start and stay the same', async (t) => {
  const database = await openDatabase('sqlite::memory:');
  t.teardown(() => database.close());
  const store = new KeyStore(database);
  const first = await openKeys(store, plain, now());
  t.same(await openKeys(store, plain, now()), first);
  t.equal(first.signing.length, 1);
  t.match(first.signing[0], { kty: 'RSA', alg: 'RS256', use: 'sig', kid: /^[\w-]{43}$/, d: String });
  t.equal(Buffer.from(first.signing[0]?.n ?? '', 'base64url').length, 256, '2048 bits');
  t.equal(Buffer.from(first.cookies[0] ?? '', 'base64url').length, 32, '256 bits');
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
  t.not(one?.cookies[0], other?.cookies[0]);
});

t.test('the key set shows public halves only', async (t) => {
  const world = await startLoopAuth(t);
  const { text } = await world.ask('/jwks');
  const [key] = (JSON.parse(text) as { keys: unknown }).keys as Record<string, unknown>[];
  t.match(key, { kty: 'RSA', alg: 'RS256', use: 'sig', kid: String, n: String, e: 'AQAB' });
  t.notMatch(text, /"(d|p|q|dp|dq|qi)":/);
});
