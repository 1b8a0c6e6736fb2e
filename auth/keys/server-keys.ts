// The server's keys: made on first start, kept in the database, rotated without anyone noticing.
import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { KeyPurpose, KeyStore, StoredKey } from '../../adapters/stores/keys.ts';
import type { KeySeal } from './seal.ts';

export interface ServerKeys {
  /** Private JWKs, of each algorithm the one that signs first; the others are published for what they have signed. */
  readonly signing: JWK[];
  /** Secrets for signed cookies, the one that signs first. */
  readonly cookies: string[];
  /** Differs as soon as another key signs or another set is valid. */
  readonly fingerprint: string;
}

const minute = 60;
const day = 24 * 60 * minute;
// A new key is known before it is used: to clients that keep the key set, and to other processes of ours.
const knownBeforeUse: Readonly<Record<KeyPurpose, number>> = {
  signing: 10 * minute,
  'signing-es256': 10 * minute,
  cookie: minute,
};
// What a superseded key has signed must still verify: ID tokens and their use as hints; cookies of sessions (14 days).
const keptAfter: Readonly<Record<KeyPurpose, number>> = {
  signing: 2 * day,
  'signing-es256': 2 * day,
  cookie: 15 * day,
};

// RS256 is the one algorithm that every OpenID Connect client must know (OpenID Connect Core 1.0 section 15.1), and what
// a client gets that asks for none; ES256 is what newer profiles ask for.
const algorithms = { signing: 'RS256', 'signing-es256': 'ES256' } as const;
const signingPurposes = ['signing', 'signing-es256'] as const;

/** Makes the missing keys, and reads those that are valid at `now` (epoch seconds). Throws KeysUnreadable. */
export async function openKeys(store: KeyStore, seal: KeySeal, now: number): Promise<ServerKeys> {
  for (const purpose of signingPurposes) {
    if ((await store.list(purpose)).length === 0) await addSigningKey(store, seal, purpose);
  }
  if ((await store.list('cookie')).length === 0) await addCookieKey(store, seal);
  return readKeys(store, seal, now);
}

/** Reads the keys that are valid at `now`. Throws KeysUnreadable. */
export async function readKeys(store: KeyStore, seal: KeySeal, now: number): Promise<ServerKeys> {
  const valid = async (purpose: KeyPurpose): Promise<StoredKey[]> =>
    orderKeys(await store.list(purpose), now, knownBeforeUse[purpose], keptAfter[purpose]);
  const signing = (await Promise.all(signingPurposes.map(valid))).flat();
  const cookies = await valid('cookie');
  return {
    signing: await Promise.all(signing.map(async (key) => JSON.parse(await seal.open(key)) as JWK)),
    cookies: await Promise.all(cookies.map((key) => seal.open(key))),
    fingerprint: [...signing, ...cookies].map(({ id }) => id).join(' '),
  };
}

/** Adds a signing key of each algorithm and a cookie key; running servers find them within a minute. Returns the signing keys' ids. */
export async function rotateKeys(store: KeyStore, seal: KeySeal): Promise<string[]> {
  await addCookieKey(store, seal);
  return Promise.all(signingPurposes.map((purpose) => addSigningKey(store, seal, purpose)));
}

/**
 * The valid keys, the one to use first. `keys` come newest first. The one in use is the newest that is old enough
 * (or the oldest of all); those after it stay until `keptFor` seconds after their successor came into use.
 */
function orderKeys(
  keys: readonly StoredKey[],
  now: number,
  leadSeconds: number,
  keptFor: number,
): StoredKey[] {
  const inUseAt = (key: StoredKey): number => key.createdAt + leadSeconds;
  const inUse = keys.find((key) => inUseAt(key) <= now) ?? keys.at(-1);
  const upcoming = keys.filter((key) => inUseAt(key) > now && key !== inUse);
  const older = keys.filter((key, index) => {
    const successor = keys[index - 1];
    const isSuperseded = successor !== undefined && key !== inUse && !upcoming.includes(key);
    return isSuperseded && inUseAt(successor) + keptFor > now;
  });
  return [...(inUse ? [inUse] : []), ...upcoming, ...older];
}

async function addSigningKey(
  store: KeyStore,
  seal: KeySeal,
  purpose: (typeof signingPurposes)[number],
): Promise<string> {
  const alg = algorithms[purpose];
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  await store.add(purpose, kid, await seal.close(kid, JSON.stringify({ ...jwk, kid, alg, use: 'sig' })));
  return kid;
}

async function addCookieKey(store: KeyStore, seal: KeySeal): Promise<void> {
  const id = randomBytes(8).toString('base64url');
  await store.add('cookie', id, await seal.close(id, randomBytes(32).toString('base64url')));
}
