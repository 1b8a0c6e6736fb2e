// The server's keys: made on first start, kept in the database, so that a restart changes nobody's tokens or cookies.
import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { KeyStore } from '../adapters/key-store.ts';

export interface ServerKeys {
  /** Private JWKs, the signing one first. */
  readonly signing: JWK[];
  /** Secrets for signed cookies, the one that signs first. */
  readonly cookies: string[];
}

/** Reads the keys, making the missing ones. */
export async function openKeys(store: KeyStore): Promise<ServerKeys> {
  if ((await store.list('signing')).length === 0) await addSigningKey(store);
  if ((await store.list('cookie')).length === 0) await addCookieKey(store);
  return {
    signing: (await store.list('signing')).map(({ secret }) => JSON.parse(secret) as JWK),
    cookies: (await store.list('cookie')).map(({ secret }) => secret),
  };
}

// RS256: the one algorithm that every OpenID Connect client must know (OpenID Connect Core 1.0 section 15.1).
async function addSigningKey(store: KeyStore): Promise<void> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  await store.add('signing', kid, JSON.stringify({ ...jwk, kid, alg: 'RS256', use: 'sig' }));
}

async function addCookieKey(store: KeyStore): Promise<void> {
  await store.add('cookie', randomBytes(8).toString('base64url'), randomBytes(32).toString('base64url'));
}
