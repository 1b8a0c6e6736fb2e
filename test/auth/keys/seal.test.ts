// AUTH_ENCRYPTION_KEY: what is encrypted at rest, when, and what a wrong or missing key does.
import t, { type Test } from 'tap';
import type { Database } from '../../../adapters/database/database.ts';
import { openDatabase } from '../../../adapters/database/open.ts';
import { KeyStore, keyPurposes } from '../../../adapters/stores/keys.ts';
import { createKeySeal, KeysUnreadable, sealStoredKeys } from '../../../auth/keys/seal.ts';
import { openKeys } from '../../../auth/keys/server-keys.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';

const encryptionKey = 'an encryption key of at least 32 characters';
const now = Math.floor(Date.now() / 1000);

async function open(t: Test): Promise<{ database: Database; store: KeyStore }> {
  const database = await openDatabase('sqlite::memory:');
  t.teardown(() => database.close());
  return { database, store: new KeyStore(database) };
}

const stored = async (store: KeyStore): Promise<string[]> =>
  (await Promise.all(keyPurposes.map((purpose) => store.list(purpose)))).flat().map(({ secret }) => secret);

t.test('enabling it encrypts in place, and the keys stay the same', async (t) => {
  const { store } = await open(t);
  const before = await openKeys(store, createKeySeal(undefined), now);
  const seal = createKeySeal(encryptionKey);
  await sealStoredKeys(store, seal);
  const texts = await stored(store);
  t.equal(texts.length, 3);
  for (const text of texts) t.match(text, /^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/, 'a JWE');
  t.notOk(texts.some((text) => text.includes(before.cookies[0] ?? '-')));
  t.same(await openKeys(store, seal, now), before);
});

t.test('missing or wrong afterwards it stops the start, and nothing is overwritten', async (t) => {
  const { store } = await open(t);
  await openKeys(store, createKeySeal(encryptionKey), now);
  const before = await stored(store);
  for (const other of [undefined, 'another encryption key of 32 characters']) {
    const seal = createKeySeal(other);
    const start = async (): Promise<void> => {
      await sealStoredKeys(store, seal);
      await openKeys(store, seal, now);
    };
    await t.rejects(start(), KeysUnreadable);
    await t.rejects(start(), { message: /AUTH_ENCRYPTION_KEY/ });
    t.same(await stored(store), before);
  }
});

t.test('an encrypted key moved to another row is refused', async (t) => {
  const { store } = await open(t);
  const seal = createKeySeal(encryptionKey);
  const secret = await seal.close('one', 'secret');
  t.equal(await seal.open({ id: 'one', secret }), 'secret');
  await t.rejects(seal.open({ id: 'other', secret }), KeysUnreadable);
  await store.list('cookie');
});

t.test('with it set, no private key is found in the bytes of the database', async (t) => {
  const loop = await startLoopAuth(t, { settings: { AUTH_ENCRYPTION_KEY: encryptionKey } });
  await loop.connect({ parameters: { scope: 'openid vault.read' } });
  const bytes = await loop.storedBytes();
  t.ok(bytes.includes('eyJ'), 'the encrypted one is');
  // A plain key was there for a moment before the service opened the file; what counts is what the rows hold now.
  const rows = await stored(new KeyStore(loop.database));
  t.notOk(rows.some((row) => row.includes('"d":')));
});
